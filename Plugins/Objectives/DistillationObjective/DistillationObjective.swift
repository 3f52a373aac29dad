import FusionCore

/// Learning from another run's softened classes (Hinton, Vinyals, Dean 2015): T² · KL(softmax(t / T) ‖ softmax(s / T)), the
/// mean over the samples, for the teacher's logits t and the model's own s.
public struct DistillationObjective: Objective {
  /// Its name in configurations.
  public static let name = "distillation"
  /// What `fusionkit list` says of it.
  public static let summary = "the divergence from the softened classes of another run, its teacher"

  /// The keys of `training.objective: [{type: distillation}]`.
  public struct Configuration: ComponentConfiguration {
    /// The folder of the run to learn from.
    public var teacher = ""
    /// T, what logits are divided by: the larger, the more counts how alike the wrong classes are.
    public var temperature = 4.0

    /// A temperature of 4; the teacher has to be named.
    public init() {}

    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("teacher", "the folder of the finished run to learn from"),
      Option("temperature", "what the logits of both are divided by", .above(0)),
    ]
  }

  private let configuration: Configuration

  /// Trains all parts, by the output.
  public static func traits(_ configuration: Configuration) -> ObjectiveTraits {
    ObjectiveTraits(tasks: [.classification], teacher: configuration.teacher)
  }

  /// Makes no parameters.
  public init(_ configuration: Configuration, model: ModelShapes, context: BuildContext) {
    self.configuration = configuration
  }

  /// The loss `[]` of the logits `[N, K]`.
  ///
  /// The factor T² keeps its gradients as large as those of the labels' cross-entropy, whatever T is.
  public func loss(_ step: TrainingStep) throws(PipelineError) -> ObjectiveLoss? {
    let temperature = Float(configuration.temperature)
    let teacher = try step.teacher(configuration.teacher).output
    let wanted = (teacher.detached / temperature).logSoftmax()
    let own = (step.output / temperature).logSoftmax()
    let divergence = (wanted.exp() * (wanted - own)).sum() / Float(step.count)
    let agreeing = zip(teacher.argmax(), step.output.detached.argmax()).count { $0 == $1 }
    return ObjectiveLoss(
      divergence * (temperature * temperature),
      values: [ObjectiveValue("agreement", Double(agreeing) / Double(step.count), samples: step.count)])
  }
}
