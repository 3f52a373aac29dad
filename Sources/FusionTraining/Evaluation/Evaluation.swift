import FusionCore
import FusionData

/// What a model gives for a part of a data set, and how good that is.
public struct Evaluation {
  /// The samples.
  public let split: DataSplit
  /// One row per sample, in the part's order: logits, or values in the units of the targets. `[N, outputs]`.
  public let outputs: Tensor
  /// All metrics; nil where the part has no targets.
  public let report: MetricReport?
}

/// Runs a pipeline over parts of a data set, without training it.
struct Evaluator {
  let pipeline: Pipeline
  let device: Device
  let batchSize: Int
  let progress: any ProgressReporter
  /// What samples are changed by; nil: they are evaluated as they are.
  var transforms: SampleTransforms?

  /// Outputs and metrics of a part.
  func evaluate(_ split: DataSplit, _ objective: TaskLoss, title: String) throws -> Evaluation {
    let outputs = try outputs(split, title: title)
    return Evaluation(
      split: split, outputs: objective.original(outputs), report: try objective.report(outputs, split))
  }

  /// The model's own outputs, of standardised targets in units of their deviation. Shape: `[N, …output]`. Only outputs
  /// are collected; a batch's inputs and features are let go with it.
  ///
  /// - Throws: ``NotFiniteError`` where one of them, or a feature that it was made of, is no number: what comes after a
  ///   feature may hide that.
  func outputs(_ split: DataSplit, title: String) throws -> Tensor {
    let width = pipeline.output.elementCount
    let result = Storage(count: split.count * width)
    var done = 0
    try forEachBatch(of: split, pipeline.conversions(for: split), title: title) { batch in
      let (raw, presence) = pipeline.raw(of: batch, device: device)
      let pass = ForwardPass.evaluation(device: device)
      let features = try features(of: raw, presence: presence, batch, split, pass)
      let output = try pipeline.decode(features, pass)
      try require(output, isFiniteFor: batch, of: split) { try pipeline.firstNotFinite(features, pass) }
      (result.base + done * width).update(from: output.storage.base, count: batch.count * width)
      done += batch.count
    }
    return Tensor(shape: [split.count] + pipeline.output, storage: result, device: device)
  }

  /// A batch's features.
  ///
  /// - Throws: ``NotFiniteError`` where one of them, or a value that they are made of, is no number: where all units of an
  ///   encoder's layer are far below zero, ReLU makes zeros of an infinite value.
  func features(
    of raw: [Tensor], presence: Presence?, _ batch: Batch, _ split: DataSplit, _ pass: ForwardPass
  ) throws -> Features {
    for (index, tensor) in raw.enumerated() where !tensor.isFinite {
      let rows = presence?.rows(having: index)
      guard rows?.isEmpty != true else { continue }
      let present = rows.map { tensor.selected($0, axis: 0) } ?? tensor
      let part = "the data of '\(pipeline.modalities[index])'"
      try require(present, isFiniteFor: batch, rows: rows, of: split, part: part) { nil }
    }
    let features = try pipeline.encode(raw, presence: presence, pass)
    for entry in features.entries {
      try require(entry.tensor, isFiniteFor: batch, of: split) {
        try pipeline.firstNotFinite(raw, presence: presence, pass)
      }
    }
    return features
  }

  /// Hands all samples of a part to `body`, in order.
  ///
  /// - Parameters:
  ///   - targets: the conversion of the values of a regression.
  ///   - size: of a batch; nil: that of evaluation.
  func forEachBatch(
    of split: DataSplit, _ conversions: [ValueConversion], targets: ValueConversion = .identity, size: Int? = nil,
    title: String, _ body: (Batch) throws -> Void
  ) throws {
    let loader = BatchLoader(
      split, conversions: conversions, targets: targets, batchSize: size ?? batchSize, transforms: transforms)
    progress.report(.began(title: title, samples: split.count))
    defer { progress.report(.ended) }
    var done = 0
    while let batch = try loader.next() {
      try body(batch)
      done += batch.count
      progress.report(.advanced(samples: done, loss: nil))
    }
  }
}
