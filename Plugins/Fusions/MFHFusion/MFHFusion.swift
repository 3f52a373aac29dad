import FusionComponents
import FusionCore

/// Multimodal factorized high-order pooling (Yu et al. 2018, equations 8 to 10): blocks of `mfb`, each of which multiplies its
/// products by those of the block before; the results side by side.
public struct MFHFusion: CascadedPoolingFusion {
  /// Its name in configurations.
  public static let name = "mfh"
  /// What `fusionkit list` says of it.
  public static let summary = "factorized high-order pooling: a cascade of mfb blocks side by side (Yu 2018)"

  /// The keys of `fusion: {type: mfh}`.
  public struct Configuration: FactorizedPoolingConfiguration {
    /// The width of a block's result.
    public var width = 64
    /// How many products are summed for each value.
    public var factor = 5
    /// Share of products set to zero in training.
    public var dropout = 0.1
    /// Whether a signed root and a scaling to length one follow.
    public var normalize = true
    /// What follows the projections of both modalities.
    public var activation = Activation.none
    /// The width of a linear layer at the end; none if not given.
    public var output: Int?
    /// What follows the result.
    public var outputActivation = Activation.none
    /// The number of blocks in the cascade.
    public var order = 2
    /// The defaults.
    public init() {}
    enum CodingKeys: String, CodingKey {
      case width, factor, dropout, normalize, activation, output, order
      case outputActivation = "output_activation"
    }
    /// Each key with its meaning and the values that it takes.
    public static let options =
      Option.factorizedPooling + [Option("order", "the number of blocks in the cascade", .range(1, 16))]
  }

  /// The projections, and the pooling of their product.
  public let pooling: CascadedPooling
  /// A fusion by this pooling.
  public init(pooling: CascadedPooling) { self.pooling = pooling }
}
