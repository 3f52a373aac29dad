import FusionComponents
import FusionCore

/// Each modality decides for itself, and their probabilities are multiplied (Kittler et al. 1998, the product rule):
///
/// y = log softmax Σ_m log softmax(h_m(x_m))
public struct DecisionProductFusion: DecisionFusion {
  public static let name = "decision_product"
  public static let summary = "each modality decides for itself; the product of their probabilities, as logarithms"

  public let heads: ModalityHeads
  public init(heads: ModalityHeads) { self.heads = heads }

  public static func join(_ decisions: [Tensor], _ features: Features) -> Tensor {
    features.leavingOut(decisions.map { $0.logSoftmax() }).total().logSoftmax()
  }
}
