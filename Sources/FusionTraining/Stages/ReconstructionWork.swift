import FusionCore
import FusionData

/// Encoders alone, each by the mean squared error of its input, rebuilt from its features by its mirror.
///
/// The input is what the encoder takes: converted and brought into shape by the modality. The losses of several encoders
/// are added up; none of them sees another's gradients.
final class ReconstructionWork: StageWork {
  let store = ParameterStore()
  let train: DataSplit
  var conversions: [ValueConversion] {
    let all = bench.pipeline.conversions
    return branches.map { all[$0.index] }
  }
  private struct Branch {
    /// In the pipeline.
    let index: Int
    let name: String
    let mirror: any ReconstructionDecoder
  }
  private let branches: [Branch]
  private let bench: TrainingContext
  private let evaluator: Evaluator

  init(_ bench: TrainingContext, _ stage: Stage, progress: any ProgressReporter) {
    self.bench = bench
    let pipeline = bench.pipeline
    let indices = stage.trainedEncoders(of: pipeline.specification)
    let context = BuildContext(store: store, device: bench.device, seed: stage.seed)
    branches = indices.map { index in
      let name = pipeline.modalities[index]
      guard let mirror = pipeline.makeMirror(ofModality: index, context.scope("mirrors.\(name)")) else {
        preconditionFailure("the encoder of '\(name)' has no mirror, which reading the configuration refuses")
      }
      return Branch(index: index, name: name, mirror: mirror)
    }
    train = bench.train.choosing(indices)
    evaluator = bench.evaluator(progress, batchSize: stage.evaluationBatchSize)
  }

  func step(_ batch: Batch, presence: Presence?, _ pass: ForwardPass, at place: StepPlace) throws -> StepResult {
    var total: Tensor?
    var values: [(name: String, value: Double, count: Int)] = []
    for (place, branch) in branches.enumerated() {
      guard let (raw, rows) = batch.present(place, device: bench.device) else { continue }
      let (input, rebuilt) = try rebuilt(branch, raw, pass)
      let loss = rebuilt.meanSquaredError(input)
      values.append(("mse_\(branch.name)", Double(loss.item), rows.count))
      total = total.map { $0 + loss } ?? loss
    }
    return StepResult(loss: total!, values: values)
  }

  /// The samples that have a modality count, and every one's error alike, however the part is cut into batches.
  func evaluate(_ split: DataSplit, title: String) throws -> MetricValues {
    var sums = [(error: Double, count: Int)](repeating: (0, 0), count: branches.count)
    let chosen = split.choosing(branches.map(\.index))
    let conversions = try bench.pipeline.conversions(for: split)
    try evaluator.forEachBatch(of: chosen, branches.map { conversions[$0.index] }, title: title) { batch in
      for (place, branch) in branches.enumerated() {
        let pass = ForwardPass.evaluation(device: bench.device)
        guard let (raw, rows) = batch.present(place, device: bench.device) else { continue }
        let (input, rebuilt) = try rebuilt(branch, raw, pass)
        try evaluator.require(
          rebuilt, isFiniteFor: batch, rows: rows, of: chosen, part: "the mirror of the encoder of '\(branch.name)'"
        ) { try bench.pipeline.firstNotFinite(modality: branch.index, raw, rows: rows, pass) }
        sums[place].error += squaredErrors(rebuilt, input)
        sums[place].count += rows.count
      }
    }
    var values: MetricValues = ["loss": 0]
    for (branch, sum) in zip(branches, sums) where sum.count > 0 {
      let error = sum.error / Double(sum.count)
      values["mse_\(branch.name)"] = error
      values["loss"]! += error
    }
    return values
  }

  private func rebuilt(
    _ branch: Branch, _ raw: Tensor, _ pass: ForwardPass
  ) throws -> (input: Tensor, rebuilt: Tensor) {
    let (input, features) = try bench.pipeline.encode(modality: branch.index, raw, pass)
    let rebuilt = branch.mirror(features, pass)
    guard rebuilt.shape == input.shape else {
      throw PipelineError(problems: [
        Problem(
          "the mirror of the encoder of modality '\(branch.name)' produced \(rebuilt.shape) from an input of \(input.shape)",
          hint: "it has to give the encoder's input back: a bug of that encoder")
      ])
    }
    return (input.detached, rebuilt)
  }

  /// The sum over samples of each sample's mean squared error.
  private func squaredErrors(_ a: Tensor, _ b: Tensor) -> Double {
    let width = max(1, a.shape[1...].reduce(1, *))
    var total = 0.0
    for row in 0..<a.shape[0] {
      var sum = 0.0
      for i in row * width..<(row + 1) * width {
        let difference = Double(a.storage.base[i]) - Double(b.storage.base[i])
        sum += difference * difference
      }
      total += sum / Double(width)
    }
    return total
  }
}
