import FusionConfig
import FusionCore
import FusionData

extension TaskSettings {
  /// Whether the part's targets are of the task's kind.
  ///
  /// - Parameter readsTargetType: whether `data.target_type` says how targets are read.
  func check(_ part: DataSplit, readsTargetType: Bool) throws(PipelineError) {
    let type: String
    switch (self, part.targets) {
    case (_, nil):
      throw PipelineError(problems: [
        Problem(path: ["data"], "the part '\(part.name)' has no targets: nothing can be learned from it")
      ])
    case (.classification, .classes), (.multilabel, .flags), (.regression, .values): return
    case (.regression, _): type = "values, if these whole numbers are values"
    case (.classification, _): type = "classes, if these numbers [N] are classes"
    case (.multilabel, _): type = "multi_label, if these numbers [N, K] are zeros and ones"
    }
    throw PipelineError(problems: [
      Problem(
        path: ["task", "type"], "'\(typeName)' does not suit the data, which hold \(part.targets!.description)",
        hint: readsTargetType ? "or set data.target_type: \(type)" : nil)
    ])
  }

  /// The loss for data that suit the task.
  ///
  /// - Parameters:
  ///   - classes: how many there are.
  ///   - counts: how many training samples each class has; nil: not known.
  /// - Throws: `PipelineError` where class weights do not fit, or cannot be known.
  func objective(classes: Int, counts: [Int]?) throws(PipelineError) -> TaskLoss {
    switch self {
    case .classification(let it):
      let weights = try it.weights(classes: classes, counts: counts)
      return TaskLoss(loss: .crossEntropy(weights: weights, smoothing: it.labelSmoothing))
    case .multilabel(let it): return TaskLoss(loss: .binaryCrossEntropy(threshold: it.threshold))
    case .regression(let it):
      return switch it.loss {
      case .mse: TaskLoss(loss: .squared)
      case .mae: TaskLoss(loss: .absolute)
      case .huber: TaskLoss(loss: .huber(delta: it.delta))
      }
    }
  }
}

extension Targets {
  /// For messages.
  fileprivate var description: String {
    switch self {
    case .classes: "one class for each sample (task: {type: classification})"
    case .flags: "any number of classes for each sample (task: {type: multilabel})"
    case .values: "numbers for each sample (task: {type: regression})"
    }
  }
}

extension ClassificationSettings {
  /// One weight per class; nil: all alike. `balanced` is scikit-learn's n / (classes · n_class).
  fileprivate func weights(classes: Int, counts: [Int]?) throws(PipelineError) -> [Float]? {
    switch classWeights {
    case .none: return nil
    case .balanced:
      guard let counts else {
        throw PipelineError(problems: [
          Problem(
            path: ["task", "class_weights"],
            "'balanced' needs the class counts of the training part, and the run's environment.json holds none",
            hint: "evaluate on the data that the run was trained on")
        ])
      }
      let total = counts.reduce(0.0) { $0 + Double($1) }
      // A class without samples never weighs anything; zero keeps it finite.
      return counts.map { $0 == 0 ? 0 : Float(total / (Double(counts.count) * Double($0))) }
    case .given(let weights):
      guard weights.count == classes, weights.contains(where: { $0 > 0 }) else {
        throw PipelineError(problems: [
          Problem(
            path: ["task", "class_weights"], "\(weights.count) weights do not fit the data's \(classes) classes",
            hint: "one weight for each class, not all of them zero")
        ])
      }
      return weights.map(Float.init)
    }
  }
}
