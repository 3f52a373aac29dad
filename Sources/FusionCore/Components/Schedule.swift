/// The course of the learning rate over a run, as `torch.optim.lr_scheduler` has it.
///
/// A configuration names it in `training.schedule`. The warm-up, `warmup_epochs`, is the trainer's: a schedule counts steps
/// from its end. Most schedules are pure functions of the step; one that follows a metric keeps state, which checkpoints
/// hold.
///
/// ```swift
/// public struct InverseSquareRootSchedule: Schedule {
///   …
///   public func learningRate(base: Double, step: Int) -> Double { base / Double(step + 1).squareRoot() }
/// }
/// ```
public protocol Schedule: Component {
  /// Whether the rates of the first epochs depend on how many will follow: such a run cannot get more epochs later.
  static func dependsOnLength(_ configuration: Configuration) -> Bool

  /// Whether ``momentum(step:)`` gives values, which not every optimizer takes.
  static func changesMomentum(_ configuration: Configuration) -> Bool

  /// What is watched and which direction is better; nil, the default: nothing is.
  static func watchedMetric(_ configuration: Configuration) -> WatchedMetric?

  /// A schedule for a run of this length.
  init(_ configuration: Configuration, length: ScheduleLength)

  /// The learning rate of a step.
  ///
  /// - Parameters:
  ///   - base: the learning rate of the optimizer's configuration, or of a group's.
  ///   - step: counted from 0 at the end of the warm-up.
  func learningRate(base: Double, step: Int) -> Double

  /// The momentum of a step; nil, the default: that of the optimizer's configuration.
  func momentum(step: Int) -> Double?

  /// Takes note of the watched metric at the end of an epoch.
  mutating func endEpoch(metric: Double, higherIsBetter: Bool)

  /// What it remembers, finite numbers by name; empty by default.
  var state: [String: Double] { get }

  /// Takes over what ``state`` gave.
  ///
  /// - Returns: everything wrong with it, one sentence each; with any problem, nothing is changed.
  mutating func restore(_ state: [String: Double]) -> [String]
}

extension Schedule {
  /// A schedule.
  public static var kind: ComponentKind { .schedule }
  /// No.
  public static func dependsOnLength(_ configuration: Configuration) -> Bool { false }
  /// No.
  public static func changesMomentum(_ configuration: Configuration) -> Bool { false }
  /// Nothing.
  public static func watchedMetric(_ configuration: Configuration) -> WatchedMetric? { nil }
  /// As configured.
  public func momentum(step: Int) -> Double? { nil }
  /// Nothing to note.
  public mutating func endEpoch(metric: Double, higherIsBetter: Bool) {}
  /// Nothing to remember.
  public var state: [String: Double] { [:] }
  /// Refuses any state.
  public mutating func restore(_ state: [String: Double]) -> [String] {
    state.keys.sorted().map { "the schedule '\(Self.name)' knows no state '\($0)'" }
  }
}

/// How long a run is, for a schedule: without its warm-up.
public struct ScheduleLength: Sendable, Equatable {
  /// The steps of an epoch; 0 where there is nothing to train on.
  public let stepsPerEpoch: Int
  /// The epochs of the whole run, the warm-up included.
  public let epochs: Int
  /// The steps after the warm-up, at least 1.
  public let steps: Int

  /// A run of so many epochs.
  public init(stepsPerEpoch: Int, epochs: Int, warmupSteps: Int = 0) {
    self.stepsPerEpoch = stepsPerEpoch
    self.epochs = epochs
    steps = max(stepsPerEpoch * epochs - warmupSteps, 1)
  }

  /// The epoch, from 0 at the end of the warm-up, that a step lies in.
  public func epoch(of step: Int) -> Int { step / max(stepsPerEpoch, 1) }
}

/// A metric that a schedule follows.
public struct WatchedMetric: Sendable, Equatable {
  /// Which direction is better.
  public enum Mode: String, Sendable, CaseIterable, Codable {
    /// As the metric says: losses and errors fall, everything else rises.
    case auto
    /// Lower.
    case min
    /// Higher.
    case max
  }

  /// `validation.loss`, `train.accuracy`, ….
  public let metric: String
  /// Which direction is better.
  public let mode: Mode

  /// A metric and its direction.
  public init(_ metric: String, mode: Mode = .auto) {
    self.metric = metric
    self.mode = mode
  }
}
