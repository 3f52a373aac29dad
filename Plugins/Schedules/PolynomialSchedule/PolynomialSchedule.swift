import Foundation
import FusionCore

/// As `torch.optim.lr_scheduler.PolynomialLR`, called after every step, the steps after the warm-up being its
/// `total_iters`: η (1 − step / steps)^power.
public struct PolynomialSchedule: Schedule {
  /// `polynomial`.
  public static let name = "polynomial"
  /// What it is.
  public static let summary = "down to zero by a power of what is left of the run"

  /// As `PolynomialLR`.
  public struct Configuration: ComponentConfiguration {
    /// 1: a straight line.
    public var power = 1.0

    /// A straight line.
    public init() {}

    /// See the properties.
    public static let options = [Option("power", "1: a straight line; 2: a parabola", .atLeast(0))]
  }

  /// Yes.
  public static func dependsOnLength(_ configuration: Configuration) -> Bool { true }

  private let power: Double
  private let steps: Int

  /// A schedule.
  public init(_ configuration: Configuration, length: ScheduleLength) {
    power = configuration.power
    steps = length.steps
  }

  /// The rate.
  public func learningRate(base: Double, step: Int) -> Double {
    base * pow(1 - Double(min(step, steps)) / Double(steps), power)
  }
}
