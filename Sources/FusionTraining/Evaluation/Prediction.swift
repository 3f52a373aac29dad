import FusionConfig
import FusionCore
import FusionData

/// What a run's model says about samples whose targets need not be known.
public struct Prediction {
  /// The samples.
  public let split: DataSplit
  /// One row per sample: logits, or values. `[N, outputs]`.
  public let outputs: Tensor
  /// The names of the classes; empty for a regression.
  public let classes: [String]
  let table: PredictionTable

  /// What is predicted for each sample, in words: its class, its labels joined by `|`, or its values separated by blanks.
  public var labels: [String] { table.predictions(outputs) }

  init(split: DataSplit, outputs: Tensor, classes: [String], table: PredictionTable) {
    self.split = split
    self.outputs = outputs
    self.classes = classes
    self.table = table
  }

  /// `id,prediction` for each sample; with logits, one more column `logit_<class>` per class, or `value_<i>` per value of
  /// a regression. Words are written as `CellText` says.
  ///
  /// - Parameter header: other names of the first two columns, as a competition may ask for.
  public func csv(
    logits: Bool = false, header: (id: String, prediction: String) = ("id", "prediction")
  ) -> String {
    table.predictions(outputs, of: split, logits: logits, header: header)
  }
}

extension Trainer {
  /// Predictions for another folder in the format of the run's data set, with or without targets.
  ///
  /// - Parameters:
  ///   - folder: takes the place of `data.root`.
  ///   - part: nil: the test part, else whichever there is.
  public func predict(_ run: RunFolder, folder: String, part: SplitName? = nil) throws -> Prediction {
    let data = try experiment.openData(root: folder)
    for text in data.notes { progress.report(.warning(text)) }
    if let part { return try predict(run, data.split(part)) }
    guard let split = data.test ?? data.splits.first else { throw DataError(folder, "holds no samples") }
    return try predict(run, split)
  }

  /// Predictions for any samples: one modality's array after the other, in the pipeline's order.
  ///
  /// The weights are whatever lies in the run's `model.safetensors`; scales are those of the training data.
  public func predict(_ run: RunFolder, _ split: DataSplit) throws -> Prediction {
    let record = try RunEnvironment.read(from: run).data
    let evaluator = try evaluator(of: run, record)
    let outputs = try evaluator.outputs(split, title: "predict")
    return Prediction(
      split: split, outputs: evaluator.pipeline.targets?.original(outputs) ?? outputs, classes: record.classes,
      table: PredictionTable(task: experiment.task, classes: record.classes))
  }

  /// The run's model, as its record says it was built, with its weights; no data are needed.
  func evaluator(of run: RunFolder, _ record: DataRecord) throws -> Evaluator {
    let device = Device(threads: threads)
    return Evaluator(
      pipeline: try pipeline(of: run, record, device: device), device: device,
      batchSize: experiment.evaluationBatchSize,
      progress: progress)
  }

  /// The same model on a device of the caller's.
  package func pipeline(of run: RunFolder, _ record: DataRecord, device: Device) throws -> Pipeline {
    let pipeline: Pipeline
    do throws(PipelineError) {
      pipeline = try experiment.pipeline.build(
        inputs: record.arrays.mapValues(\.description), output: [record.outputs],
        standardisesTargets: record.standardisesTargets == true, device: device, seed: experiment.seed)
    } catch {
      throw experiment.diagnostics(for: error.problems)
    }
    let summary = try? RunSummary.read(from: run)
    let digest = summary?.status.isComplete == true ? summary?.modelDigest : nil
    switch try run.loadModel(into: pipeline.store, digest: digest) {
    case .own: break
    case .anotherTraining: progress.report(.note("the weights in \(run.model) are those of another training"))
    case .outside:
      progress.report(
        .note("the weights in \(run.model) have no checksum: they are taken as another program wrote them"))
    }
    return pipeline
  }
}
