/// What the model of another run makes of the samples of a batch: see ``TrainingStep/teacher(_:)``. No gradients flow into
/// it.
public struct TeacherPass {
  /// The features of its modalities, `[N, …features]`, in its own order.
  public let features: Features
  /// What its fusion gave, `[N, …fused]`.
  public let fused: Tensor
  /// What its fusion named beside its result.
  public let sideOutputs: [String: Tensor]
  /// What its decoder gave, `[N, …output]`: logits, or the values of a regression in their own units.
  public let output: Tensor

  /// A pass.
  public init(features: Features, fused: Tensor, sideOutputs: [String: Tensor] = [:], output: Tensor) {
    self.features = features
    self.fused = fused
    self.sideOutputs = sideOutputs
    self.output = output
  }
}
