import Foundation
import FusionCore

/// Half a cosine down to a minimum (Loshchilov and Hutter 2017): `torch.optim.lr_scheduler.CosineAnnealingLR`, called after
/// every step of the run, the steps after the warm-up being T_max.
public struct CosineSchedule: Schedule {
  /// `cosine`.
  public static let name = "cosine"
  /// What it is.
  public static let summary = "half a cosine down to a minimum"

  /// As `CosineAnnealingLR`.
  public struct Configuration: ComponentConfiguration {
    /// The learning rate at the end.
    public var minimum = 0.0

    /// Down to zero.
    public init() {}

    /// See the properties.
    public static let options = [Option("minimum", "learning rate at the end", .atLeast(0))]
  }

  /// Yes.
  public static func dependsOnLength(_ configuration: Configuration) -> Bool { true }

  private let minimum: Double
  private let steps: Int

  /// A schedule.
  public init(_ configuration: Configuration, length: ScheduleLength) {
    minimum = configuration.minimum
    steps = length.steps
  }

  /// The rate.
  public func learningRate(base: Double, step: Int) -> Double {
    let share = min(1, Double(step) / Double(steps))
    return minimum + (base - minimum) * (1 + cos(.pi * share)) / 2
  }
}
