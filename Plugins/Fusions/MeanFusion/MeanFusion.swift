import FusionComponents
import FusionCore

/// Fusion by the mean of all modalities, element by element: y = 1/M Σ_m P_m x_m.
public struct MeanFusion: ElementwiseFusion {
  /// Its name in configurations.
  public static let name = "mean"
  /// What `fusionkit list` says of it.
  public static let summary = "the mean of all modalities, mapped to one width where theirs differ: y = 1/M Σ_m P_m x_m"
  /// What is done where a modality is missing.
  public static let missing = MissingModalityPolicy.renormalise

  /// The projections to one width, where the widths of the modalities differ.
  public let common: CommonWidth
  /// A fusion over these projections.
  public init(common: CommonWidth) { self.common = common }

  /// The mean of the terms that are there, each `[N, width]`.
  public static func join(_ terms: [Tensor]) -> Tensor { terms.total() * (1 / Float(terms.count)) }
}
