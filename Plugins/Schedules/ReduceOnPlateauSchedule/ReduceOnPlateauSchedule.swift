import FusionCore

/// Down by a factor whenever a metric no longer improves: `torch.optim.lr_scheduler.ReduceLROnPlateau`.
///
/// It remembers the best value, the epochs since then, the epochs of rest that are left, and how often the rate has fallen.
public struct ReduceOnPlateauSchedule: Schedule {
  /// `reduce_on_plateau`.
  public static let name = "reduce_on_plateau"
  /// What it is.
  public static let summary = "times factor when a metric has not improved for patience epochs"

  /// Whether the threshold is a share of the best value or a difference from it.
  public enum ThresholdMode: String, Sendable, CaseIterable, Codable {
    /// A share of the best value.
    case rel
    /// A difference from it.
    case abs
  }

  /// As `ReduceLROnPlateau`.
  public struct Configuration: ComponentConfiguration {
    /// What is watched: `split.metric`.
    public var metric = "validation.loss"
    /// Which direction is better.
    public var mode = WatchedMetric.Mode.auto
    /// What the rate is multiplied by.
    public var factor = 0.1
    /// Epochs without improvement that are borne.
    public var patience = 10
    /// What counts as an improvement.
    public var threshold = 1e-4
    /// How ``threshold`` is meant.
    public var thresholdMode = ThresholdMode.rel
    /// Epochs of rest after each fall.
    public var cooldown = 0
    /// The lowest rate.
    public var minimum = 0.0
    /// The smallest change of the rate that is made.
    public var eps = 1e-8

    /// PyTorch's defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case metric, mode, factor, patience, threshold
      case thresholdMode = "threshold_mode"
      case cooldown
      case minimum = "min_lr"
      case eps
    }

    /// See the properties.
    public static let options = [
      Option("metric", "what is watched: split.metric"),
      Option(
        "mode", "which direction is better; auto: losses and errors fall, everything else rises",
        WatchedMetric.Mode.self),
      Option("factor", "what the rate is multiplied by", .range(0, 1, includesUpper: false)),
      Option("patience", "epochs without improvement that are borne", .range(0, 1_000_000_000)),
      Option("threshold", "smallest change that counts as an improvement", .atLeast(0)),
      Option(
        "threshold_mode", "whether the threshold is a share of the best value or a difference from it",
        ThresholdMode.self),
      Option("cooldown", "epochs of rest after each fall", .range(0, 1_000_000_000)),
      Option("min_lr", "the lowest rate", .atLeast(0)),
      Option("eps", "smallest change of the rate that is made", .atLeast(0)),
    ]
  }

  /// The metric of the configuration.
  public static func watchedMetric(_ configuration: Configuration) -> WatchedMetric? {
    WatchedMetric(configuration.metric, mode: configuration.mode)
  }

  private let configuration: Configuration
  private var best: Double?
  private var badEpochs = 0
  private var rest = 0
  private var falls = 0

  /// A schedule that has seen nothing yet.
  public init(_ configuration: Configuration, length: ScheduleLength) { self.configuration = configuration }

  /// The rate after all falls so far.
  public func learningRate(base: Double, step: Int) -> Double {
    var rate = base
    for _ in 0..<falls {
      let next = max(rate * configuration.factor, configuration.minimum)
      // The same rate again: further falls change nothing either.
      guard rate - next > configuration.eps else { break }
      rate = next
    }
    return rate
  }

  /// Counts an epoch without improvement, and lowers the rate where there were too many.
  public mutating func endEpoch(metric: Double, higherIsBetter: Bool) {
    if isBetter(metric, higherIsBetter) {
      (best, badEpochs) = (metric, 0)
    } else {
      badEpochs += 1
    }
    if rest > 0 { (rest, badEpochs) = (rest - 1, 0) }
    if badEpochs > configuration.patience {
      falls += 1
      (rest, badEpochs) = (configuration.cooldown, 0)
    }
  }

  private func isBetter(_ value: Double, _ higherIsBetter: Bool) -> Bool {
    guard value.isFinite else { return false }
    guard let best else { return true }
    let threshold = configuration.threshold
    return switch (higherIsBetter, configuration.thresholdMode) {
    case (false, .rel): value < best * (1 - threshold)
    case (false, .abs): value < best - threshold
    case (true, .rel): value > best * (1 + threshold)
    case (true, .abs): value > best + threshold
    }
  }

  /// PyTorch's names, and `reductions`.
  public var state: [String: Double] {
    var state = [
      "num_bad_epochs": Double(badEpochs), "cooldown_counter": Double(rest), "reductions": Double(falls),
    ]
    state["best"] = best
    return state
  }

  /// Takes over what ``state`` gave.
  public mutating func restore(_ state: [String: Double]) -> [String] {
    let counts = ["num_bad_epochs", "cooldown_counter", "reductions"]
    var problems = state.keys.filter { !(counts + ["best"]).contains($0) }.sorted().map {
      "the schedule '\(Self.name)' knows no state '\($0)'"
    }
    for name in counts where !(state[name].map { $0 >= 0 && $0 < 1e9 && $0 == $0.rounded() } ?? false) {
      problems.append("the state '\(name)' of the schedule '\(Self.name)' is not a number of epochs")
    }
    guard problems.isEmpty, let bad = state["num_bad_epochs"], let rest = state["cooldown_counter"],
      let falls = state["reductions"]
    else { return problems }
    (best, badEpochs, self.rest, self.falls) = (state["best"], Int(bad), Int(rest), Int(falls))
    return []
  }
}
