import FusionCore

/// An exponential moving average of the weights: `training.average`.
public struct AverageSettings: ComponentConfiguration, Equatable {
  /// The share of the average before that is kept at each step.
  public var decay = 0.999
  /// Epochs before the average begins.
  public var startEpoch = 0

  /// PyTorch's decay, from the first step on.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case decay
    case startEpoch = "start_epoch"
  }

  /// See the properties.
  public static let options = [
    Option("decay", "share of the average before that is kept at each step", .range(0, 1, includesUpper: false)),
    Option("start_epoch", "epochs before the average begins", .atLeast(0)),
  ]
}
