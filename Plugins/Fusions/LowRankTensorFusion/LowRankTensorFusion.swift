import FusionCore

/// Low-rank tensor fusion (Liu et al. 2018, "Efficient Low-rank Multimodal Fusion with Modality-Specific Factors", eq. 6):
///
/// y = Σ_r w_r · ⊙_m ([1; x_m]ᵀ F_m^(r)) + b
///
/// the product of all modalities' outer product [1; x_1] ⊗ … ⊗ [1; x_M] with a weight tensor of rank R, without ever
/// forming either. Every factor is a parameter: trained, and saved with the model.
public struct LowRankTensorFusion: Fusion {
  /// Its name in configurations.
  public static let name = "low_rank_tensor"
  /// What `fusionkit list` says of it.
  public static let summary = "the outer product of all modalities through a weight tensor of low rank (Liu 2018)"

  /// The keys of `fusion: {type: low_rank_tensor}`.
  public struct Configuration: ComponentConfiguration {
    /// The width of the result.
    public var width = 120
    /// The rank of the weight tensor.
    public var rank = 40
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("width", "the width of the result", .size),
      Option("rank", "the rank of the weight tensor", .size),
    ]
  }

  /// One or more, in any order; a missing one leaves its factor out; with `missing: zero` what is left of it is the
  /// row of the constant 1.
  public static let traits = FusionTraits(orderMatters: false, missing: .skip)

  /// One factor `[R, d_m + 1, D]` a modality; row 0 belongs to the constant 1.
  private let factors: [Parameter]
  /// w, `[1, R]`.
  private let weights: Parameter
  /// b, `[1, D]`.
  private let bias: Parameter

  /// Draws the parameters: `factors.<modality>` `[R, d_m + 1, width]` and `weights` `[1, R]`, Xavier normal; `bias`
  /// `[1, width]`, zero. All of them are trained and saved; in two published implementations the factors sit in a
  /// plain list and are neither.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let (rank, width) = (configuration.rank, configuration.width)
    factors = inputs.map {
      context.parameter("factors.\($0.modality)", [rank, $0.width + 1, width], .xavierNormal())
    }
    weights = context.parameter("weights", [1, rank], .xavierNormal())
    bias = context.parameter("bias", [1, width], .zeros)
  }

  /// Fuses a batch: x_m `[N, d_m]` → y `[N, width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let terms = zip(factors, features.vectors).map { factor, x in
      let one = Tensor(repeating: 1, shape: [x.shape[0], 1], device: pass.device)
      return Tensor.concatenated([one, x], axis: 1).matmul(pass[factor])  // [R, N, D]
    }
    let product = features.leavingOut(terms, as: 1, axis: 1).joined(*)
    let (rank, batch, width) = (product.shape[0], product.shape[1], product.shape[2])
    let sum = pass[weights].matmul(product.reshaped([rank, batch * width])).reshaped([batch, width])
    return sum + pass[bias]
  }
}
