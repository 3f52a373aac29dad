/// Is told what happens in a training, and writes it down or shows it: logs, plots, copies of checkpoints.
///
/// `training.callbacks` lists them. A callback gets values, nothing that it could change, so it never changes a result. Its
/// hooks are called in the order of the list, on the thread that trains, which waits for them.
///
/// A hook that throws ends no training: a warning names the callback, the hook and the error, and the callback is not called
/// again. With `on_error: stop` the run ends with the error once the epoch is saved, and can be resumed.
///
/// ```swift
/// public struct MarkdownLog: Callback {
///   public static let name = "markdown_log"
///   public static let summary = "a row of a Markdown table per epoch"
///   public typealias Configuration = NoConfiguration
///   public static func files(_: Configuration) -> [String] { ["log.md"] }
///   private let file: LineFile
///   public init(_: Configuration, folder: String) { file = LineFile("log.md", in: folder) }
///   public mutating func onRunStart(_ run: CallbackRun) throws { try file.begin(["| epoch | loss |", "| --- | --- |"]) … }
///   public mutating func onEpochEnd(_ epoch: CallbackEpoch) throws { try file.append(["| … |"]) }
/// }
/// ```
public protocol Callback: Component {
  /// The files of the run's folder that it writes, by name; no two callbacks of a run may write the same.
  static func files(_ configuration: Configuration) -> [String]

  /// A callback of one run. To be cheap and to touch no file: the run may not come to begin.
  ///
  /// - Parameter folder: the folder of the run, the only place that it writes to.
  init(_ configuration: Configuration, folder: String)

  /// The run begins or goes on: its first checkpoint is there.
  mutating func onRunStart(_ run: CallbackRun) throws
  /// A batch has been learnt from.
  mutating func onStepEnd(_ step: CallbackStep) throws
  /// An epoch is over, its validation included; its checkpoint is not saved yet.
  mutating func onEpochEnd(_ epoch: CallbackEpoch) throws
  /// A checkpoint lies in the folder.
  mutating func onCheckpointSaved(_ checkpoint: CallbackCheckpoint) throws
  /// The run has ended, in whatever way but by being killed.
  mutating func onRunEnd(_ end: CallbackRunEnd) throws
}

extension Callback {
  /// A callback.
  public static var kind: ComponentKind { .callback }
  /// None.
  public static func files(_ configuration: Configuration) -> [String] { [] }
  /// Does nothing.
  public mutating func onRunStart(_ run: CallbackRun) throws {}
  /// Does nothing.
  public mutating func onStepEnd(_ step: CallbackStep) throws {}
  /// Does nothing.
  public mutating func onEpochEnd(_ epoch: CallbackEpoch) throws {}
  /// Does nothing.
  public mutating func onCheckpointSaved(_ checkpoint: CallbackCheckpoint) throws {}
  /// Does nothing.
  public mutating func onRunEnd(_ end: CallbackRunEnd) throws {}
}

/// A place in a run.
public struct CallbackPlace: Sendable, Equatable, Codable {
  /// The stage's name; nil where the training has no stages.
  public var stage: String?
  /// The epochs that are done, of all stages together; in a step, the one under way counts.
  public var epoch: Int
  /// The steps that are done, of all stages together.
  public var step: Int

  /// A place.
  public init(stage: String? = nil, epoch: Int, step: Int) {
    self.stage = stage
    self.epoch = epoch
    self.step = step
  }
}

/// What is known of a run when it begins or goes on.
public struct CallbackRun: Sendable {
  /// The name of the experiment.
  public var name: String
  /// The resolved configuration, as `config.yaml` holds it.
  public var configuration: String
  /// The values that the model learns.
  public var parameters: Int
  /// The samples of each part of the data, by the part's name.
  public var samples: [String: Int]
  /// The epochs that are planned, of all stages together.
  public var epochs: Int
  /// The names of the stages; empty where there are none.
  public var stages: [String]
  /// The place that a resumed run goes on from; nil where it begins. What was told of later places is told again.
  public var resumedAfter: CallbackPlace?
  /// The epochs up to there.
  public var history: [CallbackEpoch]

  /// A run.
  public init(
    name: String, configuration: String, parameters: Int, samples: [String: Int], epochs: Int, stages: [String] = [],
    resumedAfter: CallbackPlace? = nil, history: [CallbackEpoch] = []
  ) {
    self.name = name
    self.configuration = configuration
    self.parameters = parameters
    self.samples = samples
    self.epochs = epochs
    self.stages = stages
    self.resumedAfter = resumedAfter
    self.history = history
  }
}

/// The result of one step.
public struct CallbackStep: Sendable {
  /// Where it ended.
  public var place: CallbackPlace
  /// The loss of the batch; nil where there was nothing to learn from it.
  public var loss: Double?
  /// Values that objectives named, the last of a name counts.
  public var values: [String: Double]
  /// The learning rates: that of parameters in no group is called `default`, the others as `training.groups` calls them.
  public var learningRates: [String: Double]

  /// A step.
  public init(
    place: CallbackPlace, loss: Double?, values: [String: Double] = [:], learningRates: [String: Double] = [:]
  ) {
    self.place = place
    self.loss = loss
    self.values = values
    self.learningRates = learningRates
  }
}

/// The result of one epoch. A metric that is not defined is absent; values may be infinite or NaN.
public struct CallbackEpoch: Sendable, Equatable {
  /// Where it ended.
  public var place: CallbackPlace
  /// The learning rate of its last step.
  public var learningRate: Double
  /// Means over the batches of the training part, in training mode; the losses of several objectives by their names.
  public var train: [String: Double]
  /// The metrics on the validation part; empty without one.
  public var validation: [String: Double]
  /// The names in ``train`` that are losses of objectives, in the order of the configuration.
  public var objectives: [String]
  /// Seconds of training, evaluation not counted.
  public var seconds: Double
  /// Training speed.
  public var samplesPerSecond: Double

  /// An epoch.
  public init(
    place: CallbackPlace, learningRate: Double, train: [String: Double], validation: [String: Double] = [:],
    objectives: [String] = [], seconds: Double = 0, samplesPerSecond: Double = 0
  ) {
    self.place = place
    self.learningRate = learningRate
    self.train = train
    self.validation = validation
    self.objectives = objectives
    self.seconds = seconds
    self.samplesPerSecond = samplesPerSecond
  }
}

/// A checkpoint that was saved.
public struct CallbackCheckpoint: Sendable {
  /// The place that it goes on from.
  public var place: CallbackPlace
  /// Its file; to be copied, never to be changed.
  public var file: String

  /// A checkpoint.
  public init(place: CallbackPlace, file: String) {
    self.place = place
    self.file = file
  }
}

/// How a run has ended.
public struct CallbackRunEnd: Sendable {
  /// `finished`, `interrupted` or `failed`.
  public var status: String
  /// The metrics of the selected model, by the part's name; empty where the run did not finish.
  public var metrics: [String: [String: Double]]
  /// What went wrong; nil where the run finished.
  public var error: String?

  /// An end.
  public init(status: String, metrics: [String: [String: Double]] = [:], error: String? = nil) {
    self.status = status
    self.metrics = metrics
    self.error = error
  }
}

/// A callback, its configuration, and what an error in it does.
public struct ConfiguredCallback: Sendable {
  /// The component's type.
  public let type: any Callback.Type
  /// Its configuration, a `type.Configuration`.
  public let configuration: any ComponentConfiguration
  /// Whether an error in it ends the run.
  public let stopsOnError: Bool
  /// See ``Callback/files(_:)``.
  public let files: [String]
  /// A callback of the run in a folder.
  public let make: @Sendable (String) -> any Callback

  /// Pairs a type with a configuration.
  public init<C: Callback>(_ type: C.Type, _ configuration: C.Configuration, stopsOnError: Bool = false) {
    self.type = type
    self.configuration = configuration
    self.stopsOnError = stopsOnError
    files = C.files(configuration)
    make = { C(configuration, folder: $0) }
  }

  /// With its kind forgotten.
  public var component: ConfiguredComponent { ConfiguredComponent(erasing: type, configuration) }
}
