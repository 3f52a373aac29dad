import FusionCore

/// Why a training stopped on its way.
public enum TrainingError: UserError, Equatable {
  /// The loss, or a parameter, is no finite number any more.
  case diverged(Divergence)
  /// The user asked for it; the run can be resumed.
  case interrupted(run: String, epoch: Int, step: Int)
  /// The run cannot be resumed.
  case notResumable(run: String, reason: String)

  /// What is known of a training that diverged.
  public struct Divergence: Sendable, Equatable {
    /// What was not finite: `the loss`, or the name of a parameter.
    public let what: String
    /// Its value.
    public let value: Float
    /// The epoch, from 1.
    public let epoch: Int
    /// The step since the beginning, from 1.
    public let step: Int
    /// The learning rate of the step.
    public let learningRate: Double
    /// The parameter whose gradient held the largest value, and that value: of this step, or, where this step has no
    /// gradients yet, of the one before.
    public let largestGradient: (parameter: String, value: Float)?

    /// Equal in all that is told; NaN equals NaN.
    public static func == (a: Self, b: Self) -> Bool {
      TrainingError.diverged(a).description == TrainingError.diverged(b).description
    }
  }

  /// 1 failed, 130 interrupted.
  public var exitStatus: Int32 {
    switch self {
    case .diverged, .notResumable: 1
    case .interrupted: 130
    }
  }

  /// A training that diverged does so again.
  public var isLasting: Bool { if case .diverged = self { true } else { false } }

  /// What happened, and what to do.
  public var description: String {
    switch self {
    case .diverged(let it):
      "training diverged: \(it.what) is \(described(it.value)) at step \(it.step) (epoch \(it.epoch)), learning rate \(it.learningRate)\n"
        + (it.largestGradient.map { "  largest gradient: \(described($0.value)) in '\($0.parameter)'\n" } ?? "")
        + "  try a smaller training.optimizer.learning_rate, a training.gradient_clip, or look for outliers in the data; "
        + "the last checkpoint is kept"
    case .interrupted(let run, let epoch, let step):
      "interrupted in epoch \(epoch) after step \(step); continue with: fusionkit train --resume \(run.shellWord)"
    case .notResumable(let run, let reason): "\(run) cannot be resumed: \(reason)"
    }
  }
}

/// The user asked for the end before a run had begun: its folder is as it was.
public struct InterruptedEarly: UserError, Equatable {
  /// Interrupted.
  public var exitStatus: Int32 { 130 }
  /// What happened.
  public var description: String { "interrupted before the training began; nothing was written" }
}

/// A NaN without its sign.
private func described(_ value: Float) -> String { value.isNaN ? "NaN" : "\(value)" }

extension ParameterStore {
  /// The largest value of all gradients by magnitude, NaN counting as the largest, and whose it is.
  var largestGradient: (parameter: String, value: Float)? {
    var largest: (parameter: String, value: Float)?
    for parameter in parameters {
      for value in parameter.gradient?.storage.values ?? UnsafeMutableBufferPointer(start: nil, count: 0) {
        if value.isNaN { return (parameter.name, value) }
        if abs(value) > abs(largest?.value ?? -0.0) || largest == nil { largest = (parameter.name, value) }
      }
    }
    return largest
  }

  /// The first parameter or buffer that holds a value that is not finite.
  var firstNotFinite: (parameter: String, value: Float)? {
    for parameter in parameters {
      if let value = parameter.value.storage.values.first(where: { !$0.isFinite }) { return (parameter.name, value) }
    }
    return nil
  }
}
