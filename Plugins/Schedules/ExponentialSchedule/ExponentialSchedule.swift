import Foundation
import FusionCore

/// As `torch.optim.lr_scheduler.ExponentialLR`, called after every epoch: η γ^epoch.
public struct ExponentialSchedule: Schedule {
  /// `exponential`.
  public static let name = "exponential"
  /// What it is.
  public static let summary = "times gamma every epoch"

  /// As `ExponentialLR`.
  public struct Configuration: ComponentConfiguration {
    /// The factor; PyTorch has no default.
    public var gamma = 0.95

    /// Down by a twentieth.
    public init() {}

    /// See the properties.
    public static let options = [Option("gamma", "the factor", .above(0))]
  }

  private let gamma: Double
  private let length: ScheduleLength

  /// A schedule.
  public init(_ configuration: Configuration, length: ScheduleLength) {
    gamma = configuration.gamma
    self.length = length
  }

  /// The rate, the same for all steps of an epoch.
  public func learningRate(base: Double, step: Int) -> Double { base * pow(gamma, Double(length.epoch(of: step))) }
}
