import Foundation
import FusionCore

/// As `torch.optim.lr_scheduler.StepLR`, called after every epoch: η γ^⌊epoch / step_size⌋.
public struct StepSchedule: Schedule {
  /// `step`.
  public static let name = "step"
  /// What it is.
  public static let summary = "times gamma every step_size epochs"

  /// As `StepLR`.
  public struct Configuration: ComponentConfiguration {
    /// Epochs between two changes.
    public var stepSize = 10
    /// The factor.
    public var gamma = 0.1

    /// A tenth every ten epochs.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case stepSize = "step_size"
      case gamma
    }

    /// See the properties.
    public static let options = [
      Option("step_size", "epochs between two changes", .range(1, 1_000_000_000)),
      Option("gamma", "the factor", .above(0)),
    ]
  }

  private let configuration: Configuration
  private let length: ScheduleLength

  /// A schedule.
  public init(_ configuration: Configuration, length: ScheduleLength) {
    self.configuration = configuration
    self.length = length
  }

  /// The rate, the same for all steps of an epoch.
  public func learningRate(base: Double, step: Int) -> Double {
    base * pow(configuration.gamma, Double(length.epoch(of: step) / configuration.stepSize))
  }
}
