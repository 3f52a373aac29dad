import FusionConfig
import FusionCore
import FusionData

// From what a configuration says to what does it.

extension OptimizerSettings {
  /// An optimizer over these parameters.
  func make(_ parameters: [Parameter]) -> any Optimizer {
    switch self {
    case .sgd(let it):
      SGD(
        parameters, learningRate: it.learningRate, momentum: it.momentum, dampening: it.dampening,
        weightDecay: it.weightDecay, nesterov: it.nesterov)
    case .adam(let it):
      Adam(
        parameters, learningRate: it.learningRate, betas: (it.betas[0], it.betas[1]), epsilon: it.eps,
        weightDecay: it.weightDecay)
    case .adamw(let it):
      Adam.decoupled(
        parameters, learningRate: it.learningRate, betas: (it.betas[0], it.betas[1]), epsilon: it.eps,
        weightDecay: it.weightDecay)
    }
  }
}

extension ScheduleSettings {
  /// The schedule for epochs of so many steps. The warm-up's line begins at zero one step before the first, and reaches
  /// the full rate with the first step after it.
  func make(stepsPerEpoch: Int) -> LearningRateSchedule {
    let curve: LearningRateSchedule.Curve =
      switch self {
      case .constant: .constant
      case .step(let it): .step(size: it.stepSize, gamma: it.gamma)
      case .cosine(let it): .cosine(minimum: it.minimum)
      }
    let steps = Int((min(warmupEpochs, 1e6) * Double(stepsPerEpoch)).rounded())
    return LearningRateSchedule(curve, warmUpSteps: steps, warmUpStart: 1 / Double(steps + 1))
  }

  /// Whether the rates of the first epochs depend on how many will follow.
  var dependsOnEpochs: Bool {
    if case .cosine = self { true } else { false }
  }
}

extension TaskSettings {
  /// The loss for a training part.
  ///
  /// - Throws: `PipelineError` where the targets are of another kind, or class weights do not fit.
  func objective(for train: DataSplit) throws(PipelineError) -> Objective {
    switch (self, train.targets) {
    case (_, nil):
      throw PipelineError(problems: [
        Problem(path: ["data"], "the part '\(train.name)' has no targets: nothing can be learned from it")
      ])
    case (.classification(let it), .classes):
      return Objective(loss: .crossEntropy(weights: try it.weights(for: train), smoothing: it.labelSmoothing))
    case (.multilabel(let it), .flags): return Objective(loss: .binaryCrossEntropy(threshold: it.threshold))
    case (.regression(let it), .values):
      return switch it.loss {
      case .mse: Objective(loss: .squared)
      case .mae: Objective(loss: .absolute)
      case .huber: Objective(loss: .huber(delta: it.delta))
      }
    case (_, .some(let targets)):
      throw PipelineError(problems: [
        Problem(path: ["task", "type"], "'\(typeName)' does not suit the data, which hold \(targets.inWords)")
      ])
    }
  }
}

extension Targets {
  /// For messages.
  fileprivate var inWords: String {
    switch self {
    case .classes: "one class for each sample (task: {type: classification})"
    case .flags: "any number of classes for each sample (task: {type: multilabel})"
    case .values: "numbers for each sample (task: {type: regression})"
    }
  }
}

extension ClassificationSettings {
  /// One weight per class; nil: all alike. `balanced` is scikit-learn's n / (classes · n_class).
  fileprivate func weights(for train: DataSplit) throws(PipelineError) -> [Float]? {
    let counts = train.classCounts
    switch classWeights {
    case .none: return nil
    case .balanced:
      // A class without samples never weighs anything; zero keeps it finite.
      return counts.map { $0 == 0 ? 0 : Float(Double(train.count) / Double(counts.count * $0)) }
    case .given(let weights):
      guard weights.count == counts.count, weights.contains(where: { $0 > 0 }) else {
        throw PipelineError(problems: [
          Problem(
            path: ["task", "class_weights"], "\(weights.count) weights do not fit the data's \(counts.count) classes",
            hint: "one weight for each class, not all of them zero")
        ])
      }
      return weights.map(Float.init)
    }
  }
}
