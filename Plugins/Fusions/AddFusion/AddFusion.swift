import FusionComponents
import FusionCore

/// Fusion by the sum of all modalities, element by element: y = Σ_m P_m x_m.
public struct AddFusion: ElementwiseFusion {
  public static let name = "add"
  public static let summary = "the sum of all modalities, mapped to one width where theirs differ: y = Σ_m P_m x_m"

  public let common: CommonWidth
  public init(common: CommonWidth) { self.common = common }

  public static func join(_ terms: [Tensor]) -> Tensor { terms.joined(+) }
}
