import FusionComponents
import FusionCore

/// Fusion by the largest value of all modalities, element by element: y = max_m P_m x_m.
public struct MaxFusion: ElementwiseFusion {
  public static let name = "max"
  public static let summary =
    "the largest value of all modalities, mapped to one width where theirs differ: y = max_m P_m x_m"
  public static let neutral = -Float.infinity

  public let common: CommonWidth
  public init(common: CommonWidth) { self.common = common }

  public static func join(_ terms: [Tensor]) -> Tensor { terms.joined(Tensor.maximum) }
}
