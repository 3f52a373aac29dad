import FusionConfig

/// The result of a stage: an element of `stages` in `metrics.json`.
public struct StageSummary: Codable, Sendable, Equatable {
  /// As in the configuration.
  public var name: String
  /// What was minimised: `task`, `reconstruction`, `unimodal`, or a list in words: `task + 0.5 · unimodal`.
  public var objective: String
  /// The parts that were trained.
  public var trained: [String]
  /// Epochs completed.
  public var epochs: Int
  /// The epoch whose model the next stage started from; nil before the first one is over.
  public var bestEpoch: Int?
  /// That epoch's values over its batches, in training mode.
  public var train: MetricValues
  /// That epoch's values on the validation part; empty without one.
  public var validation: MetricValues
  /// Training speed, evaluation not counted; nil before anything was trained.
  public var trainSamplesPerSecond: Double?

  enum CodingKeys: String, CodingKey {
    case name, objective, trained, epochs, train, validation
    case bestEpoch = "best_epoch"
    case trainSamplesPerSecond = "train_samples_per_s"
  }

  private init(
    _ stage: StageSettings, history: [EpochRecord], bestEpoch: Int?, trainedSamples: Int, trainedSeconds: Double
  ) {
    name = stage.name
    objective = stage.objectiveDescription
    trained = stage.parts.map(\.name)
    epochs = history.count
    self.bestEpoch = bestEpoch
    let best = history.first { $0.epoch == bestEpoch }
    train = (best?.train ?? [:]).filter { $0.value.isFinite }
    validation = best?.validation ?? [:]
    trainSamplesPerSecond = trainedSeconds > 0 ? Double(trainedSamples) / trainedSeconds : nil
  }

  /// Those that are over, and the one under way.
  static func all(_ stages: [Stage], _ position: TrainerState) -> [StageSummary] {
    let finished = position.finished ?? []
    let before = zip(stages, finished).compactMap { stage, record in
      stage.stage.map {
        StageSummary(
          $0, history: record.history, bestEpoch: record.bestEpoch, trainedSamples: record.trainedSamples,
          trainedSeconds: record.trainedSeconds)
      }
    }
    guard stages.indices.contains(finished.count), let current = stages[finished.count].stage else { return before }
    let best = position.epoch == 0 ? nil : position.selection?.bestEpoch ?? position.epoch
    return before + [
      StageSummary(
        current, history: position.history, bestEpoch: best, trainedSamples: position.trainedSamples,
        trainedSeconds: position.trainedSeconds)
    ]
  }
}
