import FusionComponents
import FusionCore

/// Multimodal factorized high-order pooling (Yu et al. 2018, equations 8 to 10): blocks of `mfb`, each of which multiplies its
/// products by those of the block before; the results side by side.
public struct MFHFusion: CascadedPoolingFusion {
  public static let name = "mfh"
  public static let summary = "factorized high-order pooling: a cascade of mfb blocks side by side (Yu 2018)"

  public struct Configuration: FactorizedPoolingConfiguration {
    public var width = 64
    public var factor = 5
    public var dropout = 0.1
    public var normalize = true
    public var activation = Activation.none
    public var output: Int?
    public var outputActivation = Activation.none
    public var order = 2
    public init() {}
    enum CodingKeys: String, CodingKey {
      case width, factor, dropout, normalize, activation, output, order
      case outputActivation = "output_activation"
    }
    public static let options =
      Option.factorizedPooling + [Option("order", "the number of blocks in the cascade", .range(1, 16))]
  }

  public let pooling: CascadedPooling
  public init(pooling: CascadedPooling) { self.pooling = pooling }
}
