import FusionComponents
import FusionCore

/// Multimodal factorized bilinear pooling (Yu et al. 2017, equations 3 and 4): y = sum pooling of U x_1 ⊙ V x_2 over windows
/// of `factor`, then a signed root and a scaling to length one.
public struct MFBFusion: CascadedPoolingFusion {
  public static let name = "mfb"
  public static let summary = "factorized bilinear pooling: windows of a product are summed and normalised (Yu 2017)"

  public struct Configuration: FactorizedPoolingConfiguration {
    public var width = 64
    public var factor = 5
    public var dropout = 0.1
    public var normalize = true
    public var activation = Activation.none
    public var output: Int?
    public var outputActivation = Activation.none
    public var order: Int { 1 }
    public init() {}
    enum CodingKeys: String, CodingKey {
      case width, factor, dropout, normalize, activation, output
      case outputActivation = "output_activation"
    }
    public static let options = Option.factorizedPooling
  }

  public let pooling: CascadedPooling
  public init(pooling: CascadedPooling) { self.pooling = pooling }
}
