import FusionComponents
import FusionCore

/// Fusion by the mean of all modalities, element by element: y = 1/M Σ_m P_m x_m.
public struct MeanFusion: ElementwiseFusion {
  public static let name = "mean"
  public static let summary = "the mean of all modalities, mapped to one width where theirs differ: y = 1/M Σ_m P_m x_m"
  public static let missing = MissingModalityPolicy.renormalise

  public let common: CommonWidth
  public init(common: CommonWidth) { self.common = common }

  public static func join(_ terms: [Tensor]) -> Tensor { terms.total() * (1 / Float(terms.count)) }
}
