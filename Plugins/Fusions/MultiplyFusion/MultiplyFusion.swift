import FusionComponents
import FusionCore

/// Fusion by the product of all modalities, element by element: y = ⊙_m P_m x_m.
public struct MultiplyFusion: ElementwiseFusion {
  /// Its name in configurations.
  public static let name = "multiply"
  /// What `fusionkit list` says of it.
  public static let summary = "the product of all modalities, mapped to one width where theirs differ: y = ⊙_m P_m x_m"
  /// What stands for a modality that is missing: it changes no result.
  public static let neutral: Float = 1

  /// The projections to one width, where the widths of the modalities differ.
  public let common: CommonWidth
  /// A fusion over these projections.
  public init(common: CommonWidth) { self.common = common }

  /// The product of the terms, element by element, each `[N, width]`.
  public static func join(_ terms: [Tensor]) -> Tensor { terms.joined(*) }
}
