import FusionComponents
import FusionCore

/// The product of Gaussian experts, one a modality, as in the multimodal variational autoencoder (Wu and Goodman 2018,
/// section 2.1): with means μ_m = A_m x_m, log variances v_m = B_m x_m and the prior expert N(0, 1),
///
/// μ = Σ_m T_m μ_m / Σ_m T_m,  T_m = exp(−v_m),  log σ² = −log Σ_m T_m
///
/// The weights T_m / Σ T are a softmax of −v over the experts, which is how they are computed: nothing overflows.
public struct ProductOfExpertsFusion: Fusion {
  /// Its name in configurations.
  public static let name = "product_of_experts"
  /// What `fusionkit list` says of it.
  public static let summary = "each modality a Gaussian, their product's mean: precise ones count more (Wu 2018)"

  /// What is handed on of the product.
  public enum Output: String, Codable, CaseIterable, Sendable {
    case mean
    case meanAndVariance = "mean_and_variance"
  }

  /// The keys of `fusion: {type: product_of_experts}`.
  public struct Configuration: ComponentConfiguration {
    /// The width of the Gaussians.
    public var width = 64
    /// Whether a standard normal is one of the experts.
    public var prior = true
    /// The mean alone, or beside it the logarithm of the variance.
    public var output = Output.mean
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("width", "the width of the Gaussians", .size),
      Option("prior", "whether a standard normal is one of the experts"),
      Option("output", "the mean alone, or beside it the logarithm of the variance", Output.self),
    ]
  }

  /// One or more, in any order; without a missing one the product is that of the others.
  public static func traits(_ configuration: Configuration) -> FusionTraits {
    // The variance of a lone expert without a prior weighs nothing: its weights would get no gradient.
    FusionTraits(
      fewest: configuration.prior || configuration.output == .meanAndVariance ? 1 : 2, orderMatters: false,
      missing: .skip)
  }

  private let configuration: Configuration
  private let mean, logVariance: ModalityLinears

  /// Draws the parameters: `mean.<modality>.weight` `[width, d_m]`, `.bias` `[width]`; `log_variance.<modality>`
  /// the same.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    self.configuration = configuration
    mean = ModalityLinears("mean", inputs, width: configuration.width, context: context)
    logVariance = ModalityLinears("log_variance", inputs, width: configuration.width, context: context)
  }

  /// Fuses a batch: x_m `[N, d_m]` → y `[N, width]`; `[N, 2 · width]` with `output: mean_and_variance`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let vectors = features.vectors
    let prior =
      configuration.prior
      ? [Tensor(repeating: 0, shape: [vectors[0].shape[0], configuration.width], device: pass.device)] : []
    // [experts, N, width]; a missing modality is an expert without any precision.
    let means = Tensor.stacked(prior + features.leavingOut(mean(vectors, pass)))
    let logPrecisions = Tensor.stacked(
      prior + features.leavingOut(logVariance(vectors, pass).map { -$0 }, as: -.infinity))
    let product = (means * logPrecisions.softmax(axis: 0)).sum(axes: [0])
    guard configuration.output == .meanAndVariance else { return product }
    return .concatenated([product, -logPrecisions.logSumExp(axes: [0])], axis: 1)
  }
}
