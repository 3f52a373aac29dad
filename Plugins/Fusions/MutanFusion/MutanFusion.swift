import FusionComponents
import FusionCore

/// Bilinear pooling by a Tucker decomposition whose core has slices of low rank (Ben-younes et al. 2017, equation 9):
///
/// y = O Σ_r (M_r u) ⊙ (N_r v) + b,  u = act(U x_1),  v = act(V x_2)
///
/// with act = tanh in the paper, and none in the code that its authors released.
public struct MutanFusion: Fusion {
  /// Its name in configurations.
  public static let name = "mutan"
  /// What `fusionkit list` says of it.
  public static let summary = "bilinear pooling through a core tensor whose slices have low rank (Ben-younes 2017)"

  /// The keys of `fusion: {type: mutan}`.
  public struct Configuration: ComponentConfiguration {
    /// The width of the result.
    public var width = 64
    /// The width that both modalities are mapped to, and that of their product.
    public var inner = 48
    /// The rank of the core's slices.
    public var rank = 5
    /// What follows the projections of both modalities.
    public var activation = Activation.tanh
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("width", "the width of the result", .size),
      Option("inner", "the width that both modalities are mapped to, and that of their product", .range(1, 4096)),
      Option("rank", "the rank of the core's slices", .range(1, 1024)),
      Option("activation", "what follows the projections of both modalities", Activation.self),
    ]
  }

  /// Exactly two; the mean of the training features takes the place of a missing one.
  public static let traits = FusionTraits.bilinear

  private let projections: ModalityLinears
  private let core: FactorizedProduct
  private let output: Linear
  private let activation: Activation

  /// Draws the parameters: `projections.<modality>.weight` `[inner, d_m]`, `core.<modality>.weight` `[inner · rank,
  /// inner]`, the ranks of one value side by side, `output.weight` `[width, inner]`, each with `.bias`.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let inner = configuration.inner
    activation = configuration.activation
    projections = ModalityLinears("projections", inputs, width: inner, context: context)
    core = FactorizedProduct(
      inputs.pair("core").names, (inner, inner), width: inner, rank: configuration.rank, context: context)
    output = Linear(inputs: inner, outputs: configuration.width, context: context.scope("output"))
  }

  /// Fuses a batch: x_m `[N, d_m]` → y `[N, width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let x = projections(features.vectors, pass).map { activation($0) }
    return output(core(x[0], x[1], pass), pass)
  }
}
