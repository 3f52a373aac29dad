import FusionConfig
import FusionCore
import Foundation

/// The task's own loss.
struct ToyTask: Objective {
  typealias Configuration = NoConfiguration
  static let name = "task"
  static let summary = "the task"
  static func traits(_: NoConfiguration) -> ObjectiveTraits { ObjectiveTraits() }
  init(_: NoConfiguration, model: ModelShapes, context: BuildContext) {}
  func loss(_ step: TrainingStep) -> ObjectiveLoss? {
    ObjectiveLoss(step.taskLoss(step.output), reported: step.reportedTaskLoss(step.output))
  }
}

/// Heads of its own, a running mean of their loss that weighs it, and noise for the encoders: every kind of state.
struct ToyHeads: Objective {
  struct Configuration: ComponentConfiguration {
    var noise = 0.01
    static let options = [Option("noise", "deviation", .atLeast(0))]
  }
  static let name = "heads"
  static let summary = "heads, a running mean and noise"
  static func traits(_: Configuration) -> ObjectiveTraits {
    ObjectiveTraits(trains: [.encoders, .own], adjusts: [.encoders])
  }
  let heads: [Linear]
  let mean: Parameter
  let noise: Double
  init(_ configuration: Configuration, model: ModelShapes, context: BuildContext) {
    noise = configuration.noise
    heads = model.features.map {
      Linear(inputs: $0.width, outputs: model.output[0], context: context.scope($0.modality))
    }
    mean = context.buffer("mean", [], .ones)
  }
  func loss(_ step: TrainingStep) -> ObjectiveLoss? {
    var total: Tensor?
    for (index, output) in zip(heads, step.features.vectors).map({ $0($1, step.pass) }).enumerated() {
      let samples = step.samples(having: index)
      guard !samples.isEmpty else { continue }
      let loss = step.taskLoss(output.selected(samples, axis: 0), samples: samples)
      total = total.map { $0 + loss } ?? loss
    }
    guard let total else { return nil }
    let before = mean.value.item
    mean.value.storage.base[0] = 0.9 * before + 0.1 * total.item
    return ObjectiveLoss(total / before, values: [ObjectiveValue("mean", Double(before), samples: step.count)])
  }
  func adjust(_ gradients: PartGradients, _ step: TrainingStep) -> [ObjectiveValue] {
    for part in gradients.parts where part != .fusion && part != .decoder {
      for parameter in gradients[part] {
        guard let gradient = parameter.gradient else { continue }
        let random = step.random(for: "heads.\(parameter.name)")
        parameter.gradient = gradient + random.normal(gradient.shape, deviation: noise, device: gradient.device)
      }
    }
    return []
  }
}

/// Tells what a step holds, and trains nothing: its loss is that of a further pass.
struct ToyProbe: Objective {
  struct Configuration: ComponentConfiguration {
    /// What the gradients of the decoder are multiplied by.
    var factor = 1.0
    /// What the loss is, if not that of a further pass.
    var loss: Double?
    static let options = [Option("factor", "factor"), Option("loss", "a constant")]
  }
  static let name = "probe"
  static let summary = "what a step holds"
  static func traits(_: Configuration) -> ObjectiveTraits {
    ObjectiveTraits(trains: [.decoder], adjusts: [.decoder], fewestModalities: 2, fewestSamples: 2)
  }
  static func furtherPasses(_: Configuration, modalities: Int) -> Int { 3 }
  let configuration: Configuration
  init(_ configuration: Configuration, model: ModelShapes, context: BuildContext) { self.configuration = configuration }
  func loss(_ step: TrainingStep) throws(PipelineError) -> ObjectiveLoss? {
    func gap(_ a: Tensor, _ b: Tensor) -> Double { zip(a.scalars, b.scalars).map { Double(abs($0 - $1)) }.max() ?? 0 }
    let same = try step.output(of: step.features)
    // A sample that lacks the first modality would be left with none.
    let alone = step.presence == nil ? try step.output(seeing: [true, false]) : same
    let recorded = try step.output(of: step.features.detached, recorded: true)
    let values = [
      ("rows", step.rows.reduce(0) { $0 + Double($1) } / Double(step.count)), ("epoch", Double(step.epoch)),
      ("epochs", Double(step.epochs)), ("step", Double(step.step)), ("same", gap(same, step.output)),
      ("alone", gap(alone, step.output)), ("tracked", same.isTracked ? 1 : 0),
    ]
    return ObjectiveLoss(
      configuration.loss.map { step.taskLoss(recorded) * Float($0) * Float($0) } ?? step.taskLoss(recorded),
      values: values.map { ObjectiveValue($0.0, $0.1, samples: step.count) })
  }
  func adjust(_ gradients: PartGradients, _ step: TrainingStep) -> [ObjectiveValue] {
    for parameter in gradients[.decoder] {
      parameter.gradient = parameter.gradient.map { $0 * Float(configuration.factor) }
    }
    return []
  }
}

/// Reads what no toy fusion gives.
struct ToyReader: Objective {
  typealias Configuration = NoConfiguration
  static let name = "reader"
  static let summary = "reads weights"
  static func traits(_: NoConfiguration) -> ObjectiveTraits { ObjectiveTraits(sideOutputs: ["weights"]) }
  init(_: NoConfiguration, model: ModelShapes, context: BuildContext) {}
}

/// For classes alone.
struct ToyPicky: Objective {
  typealias Configuration = NoConfiguration
  static let name = "picky"
  static let summary = "for classes"
  static func traits(_: NoConfiguration) -> ObjectiveTraits {
    ObjectiveTraits(trains: [], adjusts: [.encoders], tasks: [.classification], mostModalities: 1)
  }
  static func problems(_: NoConfiguration, _ model: ModelShapes) -> [Problem] {
    model.fused == [8] ? [Problem(path: ["type"], "no fused features of eight values")] : []
  }
  init(_: NoConfiguration, model: ModelShapes, context: BuildContext) {}
}

/// The toy components with some objectives.
func objectiveRegistry() throws -> Registry {
  var registry = try toyRegistry()
  for type: any Component.Type in [ToyTask.self, ToyHeads.self, ToyProbe.self, ToyPicky.self, ToyReader.self] {
    try registry.register(type, origin: "tests")
  }
  return registry
}

/// The toy experiment with a list of objectives.
func objectiveExperiment(_ objectives: String?, _ overrides: String...) throws -> Experiment {
  try Experiment.load(
    text: toyExperiment().resolvedYAML,
    overrides: (objectives.map { ["training.objective=\($0)"] } ?? []) + overrides, registry: objectiveRegistry())
}
