import FusionCore

/// A part of the pipeline that is trained with another learning rate, decay or warm-up, or not at all: an entry of `training.groups`.
public struct GroupSettings: Sendable, Equatable {
  /// What the configuration calls it: `encoders.audio`.
  public let name: String
  /// The part.
  public let part: PipelinePart
  /// The optimizer of the training with the group's own keys laid over its configuration.
  public let optimizer: ConfiguredOptimizer
  /// Epochs over which the rate rises to its full value; nil: as the schedule says.
  public let warmupEpochs: Double?
  /// Whether the part stays as it is.
  public let isFrozen: Bool

  /// The keys of the group: those of the optimizer, and the warm-up where it has one of its own; of a frozen one that alone.
  var configValue: ConfigValue {
    if isFrozen { return .map([.init("frozen", .boolean(true))]) }
    return .map(
      optimizer.configuration.configValue.entries
        + (warmupEpochs.map { [.init("warmup_epochs", .number($0))] } ?? []))
  }
}

/// The keys of a group beside those of the optimizer.
struct GroupPartSettings: ComponentConfiguration, Equatable {
  var warmupEpochs: Double?
  var frozen = false

  private enum CodingKeys: String, CodingKey {
    case warmupEpochs = "warmup_epochs"
    case frozen
  }

  static let options = [
    Option(
      "warmup_epochs", "epochs over which the rate rises to its full value; none: as the schedule says", .atLeast(0)),
    Option("frozen", "whether the part stays as it is: no gradients, batch norm as in evaluation"),
  ]
}

extension [GroupSettings] {
  /// The parts that are not trained.
  public var frozenParts: [PipelinePart] { filter(\.isFrozen).map(\.part) }
}
