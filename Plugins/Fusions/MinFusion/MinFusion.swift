import FusionComponents
import FusionCore

/// Fusion by the smallest value of all modalities, element by element: y = min_m P_m x_m.
public struct MinFusion: ElementwiseFusion {
  /// Its name in configurations.
  public static let name = "min"
  /// What `fusionkit list` says of it.
  public static let summary =
    "the smallest value of all modalities, mapped to one width where theirs differ: y = min_m P_m x_m"
  /// What stands for a modality that is missing: it changes no result.
  public static let neutral = Float.infinity

  /// The projections to one width, where the widths of the modalities differ.
  public let common: CommonWidth
  /// A fusion over these projections.
  public init(common: CommonWidth) { self.common = common }

  /// The smallest of the terms, element by element, each `[N, width]`.
  public static func join(_ terms: [Tensor]) -> Tensor { terms.joined(Tensor.minimum) }
}
