import FusionComponents
import FusionCore

/// Multimodal factorized bilinear pooling (Yu et al. 2017, equations 3 and 4): y = sum pooling of U x_1 ⊙ V x_2 over windows
/// of `factor`, then a signed root and a scaling to length one.
public struct MFBFusion: CascadedPoolingFusion {
  /// Its name in configurations.
  public static let name = "mfb"
  /// What `fusionkit list` says of it.
  public static let summary = "factorized bilinear pooling: windows of a product are summed and normalised (Yu 2017)"

  /// The keys of `fusion: {type: mfb}`.
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
    /// One block; `MFHFusion` is the cascade of several.
    public var order: Int { 1 }
    /// The defaults.
    public init() {}
    enum CodingKeys: String, CodingKey {
      case width, factor, dropout, normalize, activation, output
      case outputActivation = "output_activation"
    }
    /// Each key with its meaning and the values that it takes.
    public static let options = Option.factorizedPooling
  }

  /// The projections, and the pooling of their product.
  public let pooling: CascadedPooling
  /// A fusion by this pooling.
  public init(pooling: CascadedPooling) { self.pooling = pooling }
}
