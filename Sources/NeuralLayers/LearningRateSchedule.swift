import Foundation

/// The learning rate as a pure function of the place in a run, so that a resumed run needs no state of a schedule.
///
/// The values are those of `torch.optim.lr_scheduler`: ``Curve/constant``; `StepLR`, called after every epoch;
/// `CosineAnnealingLR`, called after every step; with a warm-up, `LinearLR` in front of one of them, by `SequentialLR`.
public struct LearningRateSchedule: Sendable, Equatable {
  /// The course of the rate after the warm-up.
  public enum Curve: Sendable, Equatable {
    /// The base rate throughout.
    case constant
    /// Multiplied by `gamma` after every `size` epochs.
    case step(size: Int, gamma: Double)
    /// Half a cosine from the base rate down to `minimum` at the end of the run (Loshchilov and Hutter 2017).
    case cosine(minimum: Double)
  }

  /// The course after the warm-up.
  public var curve: Curve
  /// The number of steps over which the rate first rises in a straight line; 0: none.
  public var warmUpSteps: Int
  /// The share of the base rate at which the warm-up starts; PyTorch's default is a third.
  public var warmUpStart: Double

  /// A schedule.
  public init(_ curve: Curve = .constant, warmUpSteps: Int = 0, warmUpStart: Double = 1.0 / 3) {
    self.curve = curve
    self.warmUpSteps = warmUpSteps
    self.warmUpStart = warmUpStart
  }

  /// The rate of one step.
  ///
  /// - Parameters:
  ///   - base: the learning rate of the configuration.
  ///   - step: the step, counted from 0 at the start of the run.
  ///   - stepsPerEpoch: the number of steps in each epoch.
  ///   - epochs: the number of epochs of the whole run.
  public func rate(base: Double, step: Int, stepsPerEpoch: Int, epochs: Int) -> Double {
    if step < warmUpSteps {
      return base * (warmUpStart + (1 - warmUpStart) * Double(step) / Double(warmUpSteps))
    }
    let done = step - warmUpSteps
    switch curve {
    case .constant: return base
    case .step(let size, let gamma): return base * pow(gamma, Double(done / max(stepsPerEpoch, 1) / max(size, 1)))
    case .cosine(let minimum):
      let share = min(1, Double(done) / Double(max(stepsPerEpoch * epochs - warmUpSteps, 1)))
      return minimum + (base - minimum) * (1 + cos(.pi * share)) / 2
    }
  }
}
