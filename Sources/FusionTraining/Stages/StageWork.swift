import FusionCore
import FusionData

/// What a stage computes: the loss of a batch, and how good the model is on a whole part of the data.
protocol StageWork: AnyObject {
  /// The parameters that live as long as the stage does and are no part of the model: of mirrors and heads.
  var store: ParameterStore { get }
  /// What is trained on; final once ``prepare()`` was called.
  var train: DataSplit { get }
  /// How its arrays are scaled.
  var conversions: [ValueConversion] { get }

  /// What has to be done once before the first step, in a process that resumes too.
  ///
  /// - Returns: false where the stop flag was raised.
  func prepare() throws -> Bool

  /// The loss of a batch of ``train``.
  ///
  /// - Parameter presence: which samples have which of its modalities; nil: nothing is missing.
  func step(_ batch: Batch, presence: Presence?, _ pass: ForwardPass, at place: StepPlace) throws -> StepResult

  /// All metrics of a part of the data.
  func evaluate(_ split: DataSplit, title: String) throws -> MetricValues

  /// Tells the stage's objectives of the end of an epoch, with their losses on the validation part where they ask for them.
  ///
  /// - Parameters:
  ///   - place: of the epoch that ended, and of the step after it.
  ///   - training: the columns of the epoch, without `train.`.
  func endEpoch(_ place: StepPlace, training: [String: Double]) throws
}

/// The result of one training step.
struct StepResult {
  /// What is minimised, a scalar; nil: there is nothing to learn from this batch.
  let loss: Tensor?
  /// The loss as it is told, where that is in other units; nil: as it is minimised.
  var told: Double?
  /// The pipeline's output, where the stage has it.
  var output: Tensor?
  /// Other values to keep the mean of, each the mean of so many samples.
  var values: [(name: String, value: Double, count: Int)] = []
  /// Changes the gradients once they are there; gives further values.
  var adjust: ((SeparateGradients) throws -> [(name: String, value: Double, count: Int)])?
  /// Losses whose gradients `adjust` wants apart.
  var separate: [(objective: String, loss: SeparateLoss)] = []
}

extension StageWork {
  func prepare() throws -> Bool { true }
  func endEpoch(_ place: StepPlace, training: [String: Double]) throws {}
}

/// The task, through the whole pipeline.
final class TaskWork: StageWork {
  let store = ParameterStore()
  let train: DataSplit
  var conversions: [ValueConversion] { bench.pipeline.conversions }
  private let bench: TrainingContext
  private let evaluator: Evaluator
  private let objectives: StageObjectives?

  init(_ bench: TrainingContext, _ stage: Stage, progress: any ProgressReporter) {
    self.bench = bench
    train = bench.train
    evaluator = bench.evaluator(progress, batchSize: stage.evaluationBatchSize)
    objectives = StageObjectives(bench, stage, store: store)
  }

  func step(_ batch: Batch, presence: Presence?, _ pass: ForwardPass, at place: StepPlace) throws -> StepResult {
    if let objectives {
      let features = try bench.pipeline.encode(batch.tensors(device: bench.device), presence: presence, pass)
      return try objectives.result(features, batch, rows: Array(batch.rows), pass, at: place)
    }
    let output = try bench.pipeline(batch.tensors(device: bench.device), presence: presence, pass)
    return bench.objective.result(output, batch, bench.device)
  }

  func evaluate(_ split: DataSplit, title: String) throws -> MetricValues {
    try evaluator.evaluate(split, bench.objective, title: title).report?.values ?? [:]
  }

  func endEpoch(_ place: StepPlace, training: [String: Double]) throws {
    let pipeline = bench.pipeline
    try objectives?.endEpoch(place, training: training, evaluator) { split in
      (split, try pipeline.conversions(for: split))
    } features: { [device = bench.device] batch, pass in
      let (raw, presence) = pipeline.raw(of: batch, device: device)
      return try pipeline.encode(raw, presence: presence, pass)
    }
  }
}

extension Batch {
  /// The samples that have the modality at a place, and which of the batch they are; nil: none has it.
  func present(_ modality: Int, device: Device) -> (raw: Tensor, rows: [Int])? {
    let raw = tensor(modality, device: device)
    guard let rows = presence?.rows(having: modality) else { return (raw, Array(0..<count)) }
    return rows.isEmpty ? nil : (raw.selected(rows, axis: 0), rows)
  }
}

extension TaskLoss {
  /// The mean loss of the outputs `[n, K]` of some of a batch's samples.
  func loss(_ output: Tensor, _ batch: Batch, _ rows: [Int], _ device: Device) -> Tensor {
    guard rows.count < batch.count else { return loss(output, batch, device) }
    return loss(
      output, classes: batch.classes.isEmpty ? [] : rows.map { batch.classes[$0] },
      targets: batch.targets(device: device)?.selected(rows, axis: 0))
  }

  /// The result of a step that gave a batch these outputs `[N, K]`.
  func result(_ output: Tensor, _ batch: Batch, _ device: Device) -> StepResult {
    StepResult(
      loss: loss(output, batch, device), told: told(output, batch, Array(0..<batch.count), device), output: output)
  }

  /// The loss, in the units of standardised targets, of the outputs `[n, K]` of some of a batch's samples; nil where the
  /// targets are not standardised.
  func told(_ output: Tensor, _ batch: Batch, _ rows: [Int], _ device: Device) -> Double? {
    guard self.targets != nil, let targets = batch.targets(device: device) else { return nil }
    return told(output.detached, targets: rows.count < batch.count ? targets.selected(rows, axis: 0) : targets)
  }

  /// The mean loss of a batch's outputs `[N, K]`.
  func loss(_ output: Tensor, _ batch: Batch, _ device: Device) -> Tensor {
    loss(output, classes: batch.classes, targets: batch.targets(device: device))
  }
}
