import Foundation
import FusionComponents
import FusionCore

/// Each modality decides for itself, and their probabilities are averaged (Kittler et al. 1998, the sum rule):
///
/// y = log 1/M Σ_m softmax(h_m(x_m))
///
/// computed with logarithms, so that no probability is lost.
public struct DecisionAverageFusion: DecisionFusion {
  /// Its name in configurations.
  public static let name = "decision_average"
  /// What `fusionkit list` says of it.
  public static let summary = "each modality decides for itself; the mean of their probabilities, as logarithms"

  /// The head of each modality, from its features to a decision.
  public let heads: ModalityHeads
  /// A fusion of the decisions of these heads.
  public init(heads: ModalityHeads) { self.heads = heads }

  /// The logarithm of the mean probability of each class; every decision is `[N, classes]`.
  public static func join(_ decisions: [Tensor], _ features: Features) -> Tensor {
    // [M, N, classes]; the probabilities of a missing modality are zeros.
    let all = Tensor.stacked(features.leavingOut(decisions.map { $0.logSoftmax() }, as: -.infinity))
    let mean = all.logSumExp(axes: [0]) - log(Float(decisions.count))
    return features.renormalisation.map { mean + $0.log() } ?? mean
  }
}
