/// An optimizer and its configuration.
public struct ConfiguredOptimizer: Sendable {
  /// The component's type.
  public let type: any Optimizer.Type
  /// Its configuration, a `type.Configuration`.
  public let configuration: any ComponentConfiguration
  /// An optimizer over these parameters.
  public let make: @Sendable ([Parameter]) -> any Optimizer

  /// Pairs a type with a configuration.
  public init<O: Optimizer>(_ type: O.Type, _ configuration: O.Configuration) {
    self.type = type
    self.configuration = configuration
    make = { O(configuration, parameters: $0) }
  }

  /// With its kind forgotten.
  public var component: ConfiguredComponent { ConfiguredComponent(erasing: type, configuration) }
}

/// A schedule, its configuration, and the warm-up in front of it.
public struct ConfiguredSchedule: Sendable {
  /// The component's type.
  public let type: any Schedule.Type
  /// Its configuration, a `type.Configuration`.
  public let configuration: any ComponentConfiguration
  /// Epochs, parts of one too, over which the rate rises in a straight line to its full value.
  public let warmupEpochs: Double
  /// See ``Schedule/dependsOnLength(_:)``.
  public let dependsOnLength: Bool
  /// See ``Schedule/changesMomentum(_:)``.
  public let changesMomentum: Bool
  /// See ``Schedule/watchedMetric(_:)``.
  public let watchedMetric: WatchedMetric?
  /// A schedule for a run of this length.
  public let make: @Sendable (ScheduleLength) -> any Schedule

  /// Pairs a type with a configuration.
  public init<S: Schedule>(_ type: S.Type, _ configuration: S.Configuration, warmupEpochs: Double = 0) {
    self.type = type
    self.configuration = configuration
    self.warmupEpochs = warmupEpochs
    dependsOnLength = S.dependsOnLength(configuration)
    changesMomentum = S.changesMomentum(configuration)
    watchedMetric = S.watchedMetric(configuration)
    make = { S(configuration, length: $0) }
  }

  /// With its kind forgotten.
  public var component: ConfiguredComponent { ConfiguredComponent(erasing: type, configuration) }
}
