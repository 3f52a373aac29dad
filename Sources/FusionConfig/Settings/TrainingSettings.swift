import FusionCore

/// How a pipeline is trained: `training:`.
@dynamicMemberLookup
public struct TrainingSettings: Sendable {
  /// What `training.optimizer` is where no file says it.
  static let usualOptimizer = "sgd"
  /// What `training.schedule` is where no file says it.
  static let usualSchedule = "constant"

  /// Epochs, batches, stopping; its members are reachable through this type.
  public var loop = TrainingLoopSettings()
  /// How weights are changed.
  public var optimizer: ConfiguredOptimizer
  /// How the learning rate changes.
  public var schedule: ConfiguredSchedule
  /// What is minimised, and what changes gradients; nil: the task's own loss alone.
  public var objectives: [ObjectiveSettings]?
  /// Parts with another learning rate, decay or warm-up, in the order of the file.
  public var groups: [GroupSettings] = []
  /// Where weights come from that the whole run starts from, in the order of the file; empty: all are drawn.
  public var initialiseFrom: [WeightSource] = []
  /// What is told of the training, in the order of the file.
  public var callbacks: [ConfiguredCallback] = []
  /// One after the other, each with settings of its own; empty: everything is trained at once.
  public var stages: [StageSettings] = []

  /// A member of ``loop``.
  public subscript<Value>(dynamicMember path: WritableKeyPath<TrainingLoopSettings, Value>) -> Value {
    get { loop[keyPath: path] }
    set { loop[keyPath: path] = newValue }
  }

  /// With every key; without `objective`, `stages` and `metrics` where there are none: runs of older versions stay runs of
  /// this configuration.
  var configValue: ConfigValue {
    // Keys that came later are written where they are set: runs of older versions stay runs of this configuration.
    var entries = loop.configValue.entries.filter { entry in
      switch entry.key {
      case "metrics": !loop.metrics.isEmpty
      case "accumulate": loop.accumulate != nil
      case "average": loop.average != nil
      default: true
      }
    }
    entries += [.init("optimizer", optimizer.configValue), .init("schedule", schedule.configValue)]
    if let objectives { entries.append(.init("objective", .list(objectives.map(\.configValue)))) }
    if !groups.isEmpty { entries.append(.init("groups", groupsValue)) }
    if !initialiseFrom.isEmpty { entries.append(.init(WeightSource.section, initialiseFrom.configValue)) }
    if !callbacks.isEmpty { entries.append(.init("callbacks", .list(callbacks.map(\.configValue)))) }
    if !stages.isEmpty { entries.append(.init("stages", .list(stages.map(stageValue)))) }
    return .map(entries)
  }

  /// A stage, with the keys that it takes away from the training's.
  private func stageValue(_ stage: StageSettings) -> ConfigValue {
    var entries = stage.configValue.entries
    if loop.accumulate != nil, stage.training.accumulate == nil { entries.append(.init("accumulate", .null)) }
    if loop.average != nil, stage.training.average == nil { entries.append(.init("average", .null)) }
    if !groups.isEmpty, stage.training.groups.isEmpty { entries.append(.init("groups", .map([]))) }
    return .map(entries)
  }
}

extension TrainingSettings {
  /// A name that stands for several parts is written once.
  private var groupsValue: ConfigValue {
    .map(
      groups.enumerated().filter { index, group in groups.firstIndex { $0.name == group.name } == index }
        .map { .init($1.name, $1.configValue) })
  }
}

extension TrainingSettings: Equatable {
  /// Whether all keys have the same values.
  public static func == (a: TrainingSettings, b: TrainingSettings) -> Bool { a.configValue == b.configValue }
}

extension ConfiguredComponent {
  /// With its type and all its keys.
  var configValue: ConfigValue { .map([.init("type", .string(type.name))] + configuration.configValue.entries) }
}

extension ConfiguredOptimizer: Equatable {
  /// With its type and all its keys.
  public var configValue: ConfigValue { component.configValue }
  /// Whether all keys have the same values.
  public static func == (a: ConfiguredOptimizer, b: ConfiguredOptimizer) -> Bool { a.configValue == b.configValue }
}

extension ConfiguredSchedule: Equatable {
  /// With its type and all its keys.
  public var configValue: ConfigValue { .map(component.configValue.entries + part.configValue.entries) }
  /// Whether all keys have the same values.
  public static func == (a: ConfiguredSchedule, b: ConfiguredSchedule) -> Bool { a.configValue == b.configValue }

  var part: SchedulePartSettings {
    var part = SchedulePartSettings()
    part.warmupEpochs = warmupEpochs
    return part
  }
}

/// The keys of `training:` beside `optimizer` and `schedule`.
public struct TrainingLoopSettings: ComponentConfiguration, Equatable {
  /// Which weights a run keeps.
  public enum Selection: String, Sendable, CaseIterable, Codable { case best, last }

  /// Passes over the training part; 0 saves the initial weights.
  public var epochs = 20
  /// Samples in a step.
  public var batchSize = 40
  /// Batches whose gradients make one step of the optimizer; nil: each batch makes one.
  public var accumulate: Int?
  /// Samples in a step of evaluation; nil: as many as in training.
  public var evaluateBatchSize: Int?
  /// Whether the order of samples is drawn anew every epoch.
  public var shuffle = true
  /// Whether a last, smaller batch is left out in training.
  public var dropLast = false
  /// The largest norm of all gradients together; nil: not clipped.
  public var gradientClip: Double?
  /// How often a modality is taken from a sample.
  public var modalityDropout = ModalityDropout.all(0)
  /// An average of the weights that is evaluated and saved in their place; nil: none.
  public var average: AverageSettings?
  /// When to stop before the last epoch; nil: never.
  public var earlyStopping: EarlyStopping?
  /// Which epoch's weights `model.safetensors` holds.
  public var select = Selection.best
  /// What `best` is judged by.
  public var monitor = "validation.loss"
  /// Metrics that reports hold beside the usual ones of the task.
  public var metrics: [String] = []
  /// Epochs between checkpoints.
  public var checkpointEvery = 1

  /// PyKale's batch size, 20 epochs.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case epochs
    case batchSize = "batch_size"
    case accumulate
    case evaluateBatchSize = "evaluate_batch_size"
    case shuffle
    case dropLast = "drop_last"
    case gradientClip = "gradient_clip"
    case modalityDropout = "modality_dropout"
    case average
    case earlyStopping = "early_stopping"
    case select
    case monitor
    case metrics
    case checkpointEvery = "checkpoint_every"
  }

  /// See the properties.
  public static let options = [
    Option("epochs", "passes over the training part; 0 saves the initial weights", .atLeast(0)),
    Option("batch_size", "samples in a step", .atLeast(1)),
    Option(
      "accumulate", "batches whose gradients make one step of the optimizer; none: each batch makes one",
      .range(1, 1_000_000)),
    Option("evaluate_batch_size", "samples in a step of evaluation; none: batch_size", .atLeast(1)),
    Option("shuffle", "draw the order of samples anew every epoch"),
    Option("drop_last", "leave out a last, smaller batch in training"),
    Option("gradient_clip", "largest norm of all gradients together; none: not clipped", .above(0)),
    Option(
      "modality_dropout", "probability that a modality is taken from a sample: one, or one by name; never all of them",
      .range(0, 1, includesUpper: false)),
    Option(
      "average", "moving average of the weights, evaluated and saved in their place; none: the weights themselves"),
    Option("early_stopping", "when to stop before the last epoch; none: never"),
    Option("select", "which epoch's weights model.safetensors holds", Selection.self),
    Option("monitor", "what the best epoch is judged by: split.metric"),
    Option("metrics", "metrics to report beside the usual ones of the task", isDistinct: true),
    Option("checkpoint_every", "epochs between checkpoints", .atLeast(1)),
  ]
}

/// Stops training once a metric no longer improves.
public struct EarlyStopping: ComponentConfiguration, Equatable {
  /// Which direction is better.
  public enum Mode: String, Sendable, CaseIterable, Codable { case auto, min, max }

  /// `split.metric`.
  public var metric = "validation.loss"
  /// Epochs without improvement before stopping.
  public var patience = 5
  /// What counts as an improvement.
  public var minimumDelta = 0.0
  /// `auto`: as the metric says.
  public var mode = Mode.auto

  /// Watches the validation loss.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case metric, patience
    case minimumDelta = "minimum_delta"
    case mode
  }

  /// See the properties.
  public static let options = [
    Option("metric", "what is watched: split.metric"),
    Option("patience", "epochs without improvement before stopping", .atLeast(1)),
    Option("minimum_delta", "smallest change that counts as an improvement", .atLeast(0)),
    Option("mode", "which direction is better; auto: as the metric says", Mode.self),
  ]
}

extension EarlyStopping.Mode {
  /// The direction that is meant, where a metric has one of its own.
  public func direction(of own: MetricDirection) -> MetricDirection {
    switch self {
    case .auto: own
    case .min: .lowerIsBetter
    case .max: .higherIsBetter
    }
  }
}
