import FusionComponents
import FusionCore

/// Fusion by the smallest value of all modalities, element by element: y = min_m P_m x_m.
public struct MinFusion: ElementwiseFusion {
  public static let name = "min"
  public static let summary =
    "the smallest value of all modalities, mapped to one width where theirs differ: y = min_m P_m x_m"
  public static let neutral = Float.infinity

  public let common: CommonWidth
  public init(common: CommonWidth) { self.common = common }

  public static func join(_ terms: [Tensor]) -> Tensor { terms.joined(Tensor.minimum) }
}
