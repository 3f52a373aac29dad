import FusionCore

/// One objective of a training, with its weight: an entry of `training.objective`.
public struct ObjectiveSettings: Sendable, Equatable {
  /// The component, its configuration and its weight.
  public let objective: ConfiguredObjective

  /// An entry.
  public init(_ objective: ConfiguredObjective) { self.objective = objective }

  /// With its type, its weight where it has a loss, and all keys of its own.
  var configValue: ConfigValue {
    let weight = objective.traits.hasLoss ? [ConfigValue.Entry("weight", .number(objective.weight))] : []
    return .map(
      [.init("type", .string(objective.name))] + weight + objective.configuration.configValue.entries)
  }

  /// Whether both say the same.
  public static func == (a: ObjectiveSettings, b: ObjectiveSettings) -> Bool { a.configValue == b.configValue }
}

/// The keys of an objective that stand beside its own.
struct ObjectivePartSettings: ComponentConfiguration, Equatable {
  /// What the loss is multiplied by.
  var weight = 1.0

  static let options = [
    Option("weight", "what the loss is multiplied by; 0: it is reported, and trains nothing")
  ]
}

extension TaskSettings {
  /// What kind of task it is.
  public var kind: TaskKind {
    switch self {
    case .classification: .classification
    case .multilabel: .multilabel
    case .regression: .regression
    }
  }
}
