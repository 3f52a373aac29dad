import FusionComponents
import FusionCore

/// A sum of all modalities weighted by attention that sees them all, as in TorchMultimodal's attention fusion:
///
/// y = Σ_m a_m P_m x_m,  a = softmax(W [x_1; …; x_M] + b)
public struct AttentionSumFusion: Fusion {
  /// Its name in configurations.
  public static let name = "attention_sum"
  /// What `fusionkit list` says of it.
  public static let summary = "a sum of all modalities, one weight each, from a softmax that sees them all"
  /// Its keys, which others of its kind share.
  public typealias Configuration = CommonWidthConfiguration

  /// A softmax over one modality is constant. The rows and columns of W are in the order of the modalities.
  public static let traits = FusionTraits(fewest: 2, missing: .renormalise)

  private let common: CommonWidth
  private let attention: Linear

  /// Draws the parameters: `attention.weight` `[M, Σ d_m]`, `.bias` `[M]`; P_m: `projections.<modality>.weight`
  /// `[width, d_m]`, `.bias` `[width]`, where needed.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    common = CommonWidth(inputs, asked: configuration.width, context: context)
    attention = Linear(
      inputs: inputs.totalWidth, outputs: inputs.count, context: context.scope("attention"))
  }

  /// Fuses a batch: x_m `[N, d_m]` → y `[N, width]`; width: as asked for, else the largest d_m.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    // Missing modalities are seen as zeros, get no weight, and leave theirs to the others.
    let seen = features.leavingOut(features.vectors)
    var logits = attention(Tensor.concatenated(seen, axis: 1), pass)
    if features.presence != nil {
      logits = .concatenated(features.leavingOut(logits.chunked(seen.count, axis: 1), as: -.infinity), axis: 1)
    }
    return Tensor.weightedSum(features.leavingOut(common(features, pass)), logits.softmax(axis: 1))
  }
}
