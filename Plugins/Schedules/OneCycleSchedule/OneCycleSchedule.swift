import Foundation
import FusionCore

/// Up to the full rate and down to almost nothing, the momentum the other way round (Smith and Topin 2019):
/// `torch.optim.lr_scheduler.OneCycleLR`, called after every step. Its `max_lr` is the optimizer's `learning_rate`, its
/// `total_steps` the steps of the run after the warm-up.
public struct OneCycleSchedule: Schedule {
  /// `one_cycle`.
  public static let name = "one_cycle"
  /// What it is.
  public static let summary = "up to the learning rate and down to almost nothing (Smith and Topin 2019)"

  /// The curve between two rates.
  public enum Annealing: String, Sendable, CaseIterable, Codable {
    /// Half a cosine.
    case cos
    /// A straight line.
    case linear
  }

  /// As `OneCycleLR`.
  public struct Configuration: ComponentConfiguration {
    /// The share of the run in which the rate rises.
    public var pctStart = 0.3
    /// The curve.
    public var annealStrategy = Annealing.cos
    /// Whether the momentum falls while the rate rises.
    public var cycleMomentum = true
    /// The lowest momentum.
    public var baseMomentum = 0.85
    /// The highest momentum.
    public var maxMomentum = 0.95
    /// The full rate divided by the first one.
    public var divFactor = 25.0
    /// The first rate divided by the last one.
    public var finalDivFactor = 1e4
    /// Whether the rate first falls as it rose, before it falls to the last one.
    public var threePhase = false

    /// PyTorch's defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case pctStart = "pct_start"
      case annealStrategy = "anneal_strategy"
      case cycleMomentum = "cycle_momentum"
      case baseMomentum = "base_momentum"
      case maxMomentum = "max_momentum"
      case divFactor = "div_factor"
      case finalDivFactor = "final_div_factor"
      case threePhase = "three_phase"
    }

    /// See the properties.
    public static let options = [
      Option("pct_start", "share of the run in which the rate rises", .range(0, 1)),
      Option("anneal_strategy", "the curve between two rates", Annealing.self),
      Option("cycle_momentum", "whether the momentum falls while the rate rises; wants an optimizer with momentum"),
      Option("base_momentum", "lowest momentum", .range(0, 1)),
      Option("max_momentum", "highest momentum", .range(0, 1)),
      Option("div_factor", "the full rate, which is the optimizer's, divided by the first one", .above(0)),
      Option("final_div_factor", "the first rate divided by the last one", .above(0)),
      Option("three_phase", "whether the rate first falls as it rose, before it falls to the last one"),
    ]
  }

  /// Yes.
  public static func dependsOnLength(_ configuration: Configuration) -> Bool { true }
  /// As asked for.
  public static func changesMomentum(_ configuration: Configuration) -> Bool { configuration.cycleMomentum }

  private let configuration: Configuration
  private let steps: Int

  /// A schedule.
  public init(_ configuration: Configuration, length: ScheduleLength) {
    self.configuration = configuration
    steps = length.steps
  }

  /// The rate.
  public func learningRate(base: Double, step: Int) -> Double {
    let first = base / configuration.divFactor
    let last = first / configuration.finalDivFactor
    return value(step, configuration.threePhase ? [first, base, first, last] : [first, base, last])
  }

  /// The momentum; nil where it is not to change.
  public func momentum(step: Int) -> Double? {
    guard configuration.cycleMomentum else { return nil }
    let (low, high) = (configuration.baseMomentum, configuration.maxMomentum)
    return value(step, configuration.threePhase ? [high, low, high, high] : [high, low, high])
  }

  /// The value of a step on the way from each of `turns` to the next one.
  private func value(_ step: Int, _ turns: [Double]) -> Double {
    let (share, total) = (configuration.pctStart, Double(steps))
    // The last step of each phase, as PyTorch counts.
    let ends =
      configuration.threePhase
      ? [share * total - 1, 2 * share * total - 2, total - 1] : [share * total - 1, total - 1]
    let step = min(Double(step), total - 1)
    let phase = ends.firstIndex { step <= $0 } ?? ends.count - 1
    let start = phase == 0 ? 0 : ends[phase - 1]
    let way = ends[phase] - start
    return between(turns[phase], turns[phase + 1], at: way == 0 ? 1 : (step - start) / way)
  }

  private func between(_ start: Double, _ end: Double, at share: Double) -> Double {
    switch configuration.annealStrategy {
    case .cos: end + (start - end) / 2 * (cos(.pi * share) + 1)
    case .linear: (end - start) * share + start
    }
  }
}
