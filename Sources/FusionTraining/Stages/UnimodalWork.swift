import FusionCore
import FusionData

/// Encoders alone, each by the task, through a head of its own: a linear layer, or a perceptron, over its features.
///
/// The losses of several encoders are added up; none of them sees another's gradients.
final class UnimodalWork: StageWork {
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
    let head: MultilayerPerceptron
  }
  private let branches: [Branch]
  private let bench: TrainingContext
  private let evaluator: Evaluator
  private let width: Int

  init(_ bench: TrainingContext, _ stage: Stage, progress: any ProgressReporter) {
    self.bench = bench
    let pipeline = bench.pipeline
    let indices = stage.trainedEncoders(of: pipeline.specification)
    let context = BuildContext(store: store, device: bench.device, seed: stage.seed)
    let width = pipeline.output.elementCount
    branches = indices.map { index in
      let name = pipeline.modalities[index]
      return Branch(
        index: index, name: name,
        head: MultilayerPerceptron(
          inputs: pipeline.featureShapes[index].elementCount, hidden: stage.stage?.head ?? [], outputs: width,
          context: context.scope("heads.\(name)")))
    }
    self.width = width
    train = bench.train.choosing(indices)
    evaluator = bench.evaluator(progress, batchSize: stage.evaluationBatchSize)
  }

  func step(_ batch: Batch, presence: Presence?, _ pass: ForwardPass, at place: StepPlace) throws -> StepResult {
    var total: Tensor?
    var told: Double?
    var values: [(name: String, value: Double, count: Int)] = []
    var accuracies: [Double] = []
    for (place, branch) in branches.enumerated() {
      guard let (raw, rows) = batch.present(place, device: bench.device) else { continue }
      let output = try output(branch, raw, pass)
      let loss = bench.objective.loss(output, batch, rows, bench.device)
      let own = bench.objective.told(output, batch, rows, bench.device)
      if let own { told = (told ?? 0) + own }
      values.append(("loss_\(branch.name)", own ?? Double(loss.item), rows.count))
      if !batch.classes.isEmpty {
        let found = argmaxOfRows(output.storage.values, width: width)
        let right = zip(found, rows).count { $0 == batch.classes[$1] }
        let accuracy = Double(right) / Double(rows.count)
        accuracies.append(accuracy)
        values.append(("accuracy_\(branch.name)", accuracy, rows.count))
      }
      total = total.map { $0 + loss } ?? loss
    }
    if !accuracies.isEmpty {
      values.append(("accuracy", accuracies.reduce(0, +) / Double(accuracies.count), batch.count))
    }
    return StepResult(loss: total!, told: told, values: values)
  }

  /// Each encoder's metrics, their means, and the sum of the losses.
  func evaluate(_ split: DataSplit, title: String) throws -> MetricValues {
    let chosen = split.choosing(branches.map(\.index))
    let conversions = try bench.pipeline.conversions(for: split)
    var outputs = branches.map { _ in [Float]() }
    var rows = branches.map { _ in [Int]() }
    for i in outputs.indices { outputs[i].reserveCapacity(split.count * width) }
    try evaluator.forEachBatch(of: chosen, branches.map { conversions[$0.index] }, title: title) { batch in
      for (place, branch) in branches.enumerated() {
        let pass = ForwardPass.evaluation(device: bench.device)
        guard let (raw, present) = batch.present(place, device: bench.device) else { continue }
        let output = try output(branch, raw, pass)
        try evaluator.require(
          output, isFiniteFor: batch, rows: present, of: chosen, part: "the head over the encoder of '\(branch.name)'"
        ) { try bench.pipeline.firstNotFinite(modality: branch.index, raw, rows: present, pass) }
        outputs[place] += output.scalars
        rows[place] += present.map { batch.rows[batch.rows.startIndex + $0] }
      }
    }
    var each: [MetricValues] = []
    var values: MetricValues = [:]
    for (branch, (output, rows)) in zip(branches, zip(outputs, rows)) where !rows.isEmpty {
      let tensor = Tensor(output, shape: [rows.count, width], device: bench.device)
      let report = try bench.objective.report(tensor, split.with(rows: rows))?.values ?? [:]
      for (name, value) in report { values["\(name)_\(branch.name)"] = value }
      each.append(report)
    }
    for name in each.first?.keys.sorted() ?? [] {
      let all = each.compactMap { $0[name] }
      guard all.count == each.count else { continue }
      let sum = all.reduce(0, +)
      values[name] = name == "loss" ? sum : sum / Double(all.count)
    }
    return values
  }

  private func output(_ branch: Branch, _ raw: Tensor, _ pass: ForwardPass) throws -> Tensor {
    let features = try bench.pipeline.encode(modality: branch.index, raw, pass).features
    return branch.head(features.rank == 2 ? features : features.flattened(from: 1), pass)
  }
}
