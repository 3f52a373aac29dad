import FusionCore

/// The task's own loss over the output of the pipeline, as the section `task` configures it: the default objective.
public struct TaskObjective: Objective {
  public static let name = "task"
  public static let summary = "the task's own loss over the pipeline's output"
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
