import FusionConfig
import FusionCore

/// The learning rate of each step of a stage: a warm-up, then the schedule.
///
/// The warm-up's line begins at zero one step before the first, and reaches the full rate with the first step after it.
package struct LearningRateCourse {
  /// The schedule behind the warm-up, with what it remembers.
  private(set) var schedule: any Schedule
  private let watched: String?
  private let higherIsBetter: Bool
  private let warmupSteps: Int
  private let stepsPerEpoch: Int

  /// The course for epochs of so many steps.
  ///
  /// - Parameter direction: of the metric that the schedule follows, unless its configuration says another.
  package init(
    _ settings: ConfiguredSchedule, stepsPerEpoch: Int, epochs: Int, direction: MetricDirection = .lowerIsBetter
  ) {
    self.stepsPerEpoch = stepsPerEpoch
    warmupSteps = Self.steps(settings.warmupEpochs, stepsPerEpoch)
    watched = settings.watchedMetric?.metric
    higherIsBetter =
      switch settings.watchedMetric?.mode {
      case .min: false
      case .max: true
      case .auto, nil: direction == .higherIsBetter
      }
    // Bounded, so that products of steps and epochs cannot overflow.
    schedule = settings.make(
      ScheduleLength(stepsPerEpoch: stepsPerEpoch, epochs: min(epochs, 1 << 31), warmupSteps: warmupSteps))
  }

  private static func steps(_ epochs: Double, _ stepsPerEpoch: Int) -> Int {
    Int((min(epochs, 1e6) * Double(stepsPerEpoch)).rounded())
  }

  /// The rate of a step that is counted from 0 at the start of the stage.
  ///
  /// - Parameters:
  ///   - base: the rate of the optimizer's configuration.
  ///   - warmupEpochs: those of a group; nil: as the schedule's section says. The schedule behind it is no later for that.
  package func learningRate(base: Double, step: Int, warmupEpochs: Double? = nil) -> Double {
    let behind = max(step - self.warmupSteps, 0)
    let warmupSteps = warmupEpochs.map { Self.steps($0, stepsPerEpoch) } ?? self.warmupSteps
    guard step < warmupSteps else { return schedule.learningRate(base: base, step: behind) }
    let start = 1 / Double(warmupSteps + 1)
    return base * (start + (1 - start) * Double(step) / Double(warmupSteps))
  }

  /// The momentum of a step; nil: that of the optimizer's configuration. In the warm-up it is that of the schedule's start.
  func momentum(step: Int) -> Double? { schedule.momentum(step: max(step - warmupSteps, 0)) }

  /// Shows the schedule an epoch that is over.
  mutating func close(_ record: EpochRecord) {
    guard let watched, let value = record.value(of: watched) else { return }
    schedule.endEpoch(metric: value, higherIsBetter: higherIsBetter)
  }

  /// Takes over what the schedule of a checkpoint remembered.
  ///
  /// - Returns: everything wrong with it.
  mutating func restore(_ state: [String: Double]) -> [String] { schedule.restore(state) }
}
