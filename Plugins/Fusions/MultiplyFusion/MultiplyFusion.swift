import FusionComponents
import FusionCore

/// Fusion by the product of all modalities, element by element: y = ⊙_m P_m x_m.
public struct MultiplyFusion: ElementwiseFusion {
  public static let name = "multiply"
  public static let summary = "the product of all modalities, mapped to one width where theirs differ: y = ⊙_m P_m x_m"
  public static let neutral: Float = 1

  public let common: CommonWidth
  public init(common: CommonWidth) { self.common = common }

  public static func join(_ terms: [Tensor]) -> Tensor { terms.joined(*) }
}
