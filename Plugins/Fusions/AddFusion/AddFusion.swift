import FusionComponents
import FusionCore

/// Fusion by the sum of all modalities, element by element: y = Σ_m P_m x_m.
public struct AddFusion: ElementwiseFusion {
  /// Its name in configurations.
  public static let name = "add"
  /// What `fusionkit list` says of it.
  public static let summary = "the sum of all modalities, mapped to one width where theirs differ: y = Σ_m P_m x_m"

  /// The projections to one width, where the widths of the modalities differ.
  public let common: CommonWidth
  /// A fusion over these projections.
  public init(common: CommonWidth) { self.common = common }

  /// The sum of the terms, each `[N, width]`.
  public static func join(_ terms: [Tensor]) -> Tensor { terms.joined(+) }
}
