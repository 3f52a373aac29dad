import FusionCore

/// The task's own loss over the output of the pipeline, as the section `task` configures it: the default objective.
public struct TaskObjective: Objective {
  /// Its name in configurations.
  public static let name = "task"
  /// What `fusionkit list` says of it.
  public static let summary = "the task's own loss over the pipeline's output"
  /// It has no keys.
  public typealias Configuration = NoConfiguration

  /// Trains the whole pipeline, for any task.
  public static func traits(_ configuration: Configuration) -> ObjectiveTraits { ObjectiveTraits() }

  /// No parameters.
  public init(_ configuration: Configuration, model: ModelShapes, context: BuildContext) {}

  /// The task's mean loss, `[]`.
  public func loss(_ step: TrainingStep) -> ObjectiveLoss? {
    ObjectiveLoss(step.taskLoss(step.output), reported: step.reportedTaskLoss(step.output))
  }
}
