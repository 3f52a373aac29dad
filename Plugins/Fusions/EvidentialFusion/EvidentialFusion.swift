import FusionComponents
import FusionCore

/// Trusted multi-view classification (Han et al. 2021): each modality gives evidence e_m = softplus(h_m(x_m)) for each of
/// K classes, an opinion with beliefs e_m / S_m and uncertainty K / S_m, S_m = K + Σ e_m; Dempster's rule joins them.
///
/// Written for evidence, the rule (their definition 4) is 1 + e/K = Π_m (1 + e_m/K): its normalisation cancels, and a
/// modality without evidence changes nothing. The output is the logarithm of the expected probabilities,
///
/// y = log (e + 1) / Σ (e + 1)
///
/// whose cross entropy is the loss log S − log α of Sensoy et al. (2018, equation 3).
public struct EvidentialFusion: DecisionFusion {
  /// Its name in configurations.
  public static let name = "evidential"
  /// What `fusionkit list` says of it.
  public static let summary = "each modality gives evidence for each class, joined by Dempster's rule (Han 2021)"

  /// The head of each modality, from its features to a decision.
  public let heads: ModalityHeads
  /// A fusion of the decisions of these heads.
  public init(heads: ModalityHeads) { self.heads = heads }

  /// The logarithm of the probabilities that the evidence of all modalities together gives, `[N, classes]`.
  public static func join(_ decisions: [Tensor], _ features: Features) -> Tensor {
    let classes = Float(decisions[0].shape[1])
    // With l = Σ_m log(1 + e_m/K), α = K exp(l) − (K − 1); its logarithm is taken so that nothing overflows.
    let sum = features.leavingOut(decisions.map { ($0.softplus() * (1 / classes)).log1p() }).total()
    let strength = sum + ((-sum).exp() * ((1 - classes) / classes)).log1p()
    return strength.logSoftmax()
  }
}
