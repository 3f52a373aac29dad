import FusionCore

/// One stage of a training in several: an element of `training.stages`.
public struct StageSettings: Sendable, Equatable {
  /// What the stage is called; no other stage is.
  public let name: String
  /// What it trains; everything else is frozen.
  public let parts: [PipelinePart]
  /// Epochs, optimizer and schedule: the stage's own where it says so, else those of `training:`.
  public let training: TrainingSettings
  let keys: StageKeys

  /// What is minimised.
  public var objective: StageObjective { keys.objective }
  /// What is minimised, in words: `unimodal`, or `task + 0.5 · info_nce` for a list.
  public var objectiveDescription: String { training.objectives?.map(\.objective).description ?? objective.rawValue }
  /// Widths of the hidden layers of each head, for ``StageObjective/unimodal``.
  public var head: [Int] { keys.head }
  /// Where the encodings are kept, if all encoders are frozen.
  public var cache: EncodingCachePolicy { keys.cache }

  /// The stage with every key; a list of objectives takes the place of the word.
  var configValue: ConfigValue {
    let own = keys.configValue.entries.filter { $0.key != "objective" || training.objectives == nil }
    return .map(own + training.configValue.entries)
  }
}

/// What a stage minimises.
public enum StageObjective: String, Sendable, CaseIterable, Codable {
  /// The loss of the task, of the whole pipeline.
  case task
  /// The mean squared error of each encoder's input, rebuilt from its features by a mirrored decoder.
  case reconstruction
  /// The loss of the task, for each encoder alone, through a head of its own.
  case unimodal
}

/// Where the encodings of frozen encoders are kept.
public enum EncodingCachePolicy: String, Sendable, CaseIterable, Codable {
  /// In memory up to a gibibyte, else in a file.
  case auto
  /// In memory.
  case memory
  /// In a temporary file in the run folder.
  case file
  /// Nowhere: they are computed again in every epoch.
  case none
}

/// The keys that a stage has beside those of `training:`.
struct StageKeys: ComponentConfiguration, Equatable {
  var name: String?
  var objective = StageObjective.task
  var train: [String]?
  var head: [Int] = []
  var cache = EncodingCachePolicy.auto

  static let options = [
    Option("name", "what the stage is called; none: stage_1, stage_2, …"),
    Option(
      "objective",
      "what is minimised: the task's loss, each encoder's error of reconstruction, the task's loss of "
        + "each encoder alone, or a list as training.objective; none: that of the training", StageObjective.self),
    Option(
      "train",
      "the parts to train, the others are frozen: encoders, encoders.NAME, fusion, decoder; none: all that the "
        + "objective can train"),
    Option("head", "widths of the hidden layers between an encoder and the task, for the objective unimodal", .size),
    Option("cache", "where the encodings are kept, if all encoders are frozen", EncodingCachePolicy.self),
  ]
}
