import Foundation

/// The result of one epoch: a row of `history.csv`.
public struct EpochRecord: Codable, Sendable, Equatable {
  /// Counted from 1.
  public var epoch: Int
  /// Steps done since the beginning.
  public var step: Int
  /// The learning rate of the epoch's last step.
  public var learningRate: Double
  /// Loss and accuracy over the epoch's batches, in training mode, while the model changes.
  public var train: MetricValues
  /// The whole report on the validation part; empty without one.
  public var validation: MetricValues
  /// Seconds of training, evaluation not counted.
  public var seconds: Double
  /// Training speed.
  public var samplesPerSecond: Double
  /// The stage that the epoch is one of; nil where the training has no stages.
  public var stage: String?
  /// The names of the objectives whose losses ``train`` holds, in the order of the configuration; nil: there is the task's
  /// loss alone.
  public var objectives: [String]?

  /// A row.
  public init(
    epoch: Int, step: Int, learningRate: Double, train: MetricValues, validation: MetricValues, seconds: Double,
    samplesPerSecond: Double, stage: String? = nil, objectives: [String]? = nil
  ) {
    self.epoch = epoch
    self.step = step
    self.learningRate = learningRate
    self.train = train
    self.validation = validation
    self.seconds = seconds
    self.samplesPerSecond = samplesPerSecond
    self.stage = stage
    self.objectives = objectives
  }
}

/// The rows of a run, and how they are written.
public enum History {
  /// `history.csv`: one row per epoch, `validation.<metric>` columns in the order of their names, the loss first; in
  /// front the name of the stage, where there are stages, in which epochs and steps count from the stage's beginning.
  public static func csv(_ records: [EpochRecord]) -> String {
    let train = columns(records.map(\.train))
    let validation = columns(records.map(\.validation))
    let hasStages = records.contains { $0.stage != nil }
    let header =
      (hasStages ? ["stage"] : []) + ["epoch", "step", "learning_rate"] + train.map { "train.\($0)" }
      + validation.map { "validation.\($0)" }
      + ["seconds", "samples_per_s"]
    let rows = records.map { record in
      (hasStages ? [record.stage ?? ""] : []) + ["\(record.epoch)", "\(record.step)", "\(record.learningRate)"]
        + train.map { record.train[$0].map { "\($0)" } ?? "" }
        + validation.map { record.validation[$0].map { "\($0)" } ?? "" }
        + [String(format: "%.3f", record.seconds), String(format: "%.1f", record.samplesPerSecond)]
    }
    return ([header] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
  }

  private static func columns(_ values: [MetricValues]) -> [String] {
    Set(values.flatMap(\.keys)).sorted { ($0 != "loss" ? 1 : 0, $0) < ($1 != "loss" ? 1 : 0, $1) }
  }
}
