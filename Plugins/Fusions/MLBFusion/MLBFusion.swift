import FusionComponents
import FusionCore

/// Multimodal low-rank bilinear pooling (Kim et al. 2017, equation 8): y = P (act(U x_1) ⊙ act(V x_2)) + b, with biases in
/// U and V as well, and an activation after it where one is asked for.
public struct MLBFusion: Fusion {
  /// Its name in configurations.
  public static let name = "mlb"
  /// What `fusionkit list` says of it.
  public static let summary = "low-rank bilinear pooling: a product of two activated projections, projected (Kim 2017)"

  /// The keys of `fusion: {type: mlb}`.
  public struct Configuration: ComponentConfiguration {
    /// The width of the result.
    public var width = 64
    /// The width of the product.
    public var rank = 64
    /// What follows the projections of both modalities.
    public var activation = Activation.tanh
    /// What follows the result.
    public var outputActivation = Activation.none
    /// The defaults.
    public init() {}
    enum CodingKeys: String, CodingKey {
      case width, rank, activation
      case outputActivation = "output_activation"
    }
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("width", "the width of the result", .size),
      Option("rank", "the width of the product", .size),
      Option("activation", "what follows the projections of both modalities", Activation.self),
      Option("output_activation", "what follows the result", Activation.self),
    ]
  }

  /// Exactly two; the mean of the training features takes the place of a missing one.
  public static let traits = FusionTraits.bilinear

  private let activation, outputActivation: Activation
  private let product: FactorizedProduct
  private let output: Linear

  /// Draws the parameters: `projections.<modality>.weight` `[rank, d_m]`, `output.weight` `[width, rank]`, each
  /// with `.bias`.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let pair = inputs.pair("projections")
    (activation, outputActivation) = (configuration.activation, configuration.outputActivation)
    product = FactorizedProduct(pair.names, pair.widths, width: configuration.rank, rank: 1, context: context)
    output = Linear(inputs: configuration.rank, outputs: configuration.width, context: context.scope("output"))
  }

  /// Fuses a batch: x_m `[N, d_m]` → y `[N, width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let (x1, x2) = features.pair
    return outputActivation(output(product.expanded(x1, x2, pass) { activation($0) }, pass))
  }
}
