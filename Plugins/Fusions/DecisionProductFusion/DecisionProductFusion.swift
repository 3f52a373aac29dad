import FusionComponents
import FusionCore

/// Each modality decides for itself, and their probabilities are multiplied (Kittler et al. 1998, the product rule):
///
/// y = log softmax Σ_m log softmax(h_m(x_m))
public struct DecisionProductFusion: DecisionFusion {
  /// Its name in configurations.
  public static let name = "decision_product"
  /// What `fusionkit list` says of it.
  public static let summary = "each modality decides for itself; the product of their probabilities, as logarithms"

  /// The head of each modality, from its features to a decision.
  public let heads: ModalityHeads
  /// A fusion of the decisions of these heads.
  public init(heads: ModalityHeads) { self.heads = heads }

  /// The logarithm of the product of the probabilities, normalised; every decision is `[N, classes]`.
  public static func join(_ decisions: [Tensor], _ features: Features) -> Tensor {
    features.leavingOut(decisions.map { $0.logSoftmax() }).total().logSoftmax()
  }
}
