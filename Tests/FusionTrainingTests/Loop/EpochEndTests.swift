import FusionConfig
import FusionCore
import FusionData
import FusionTraining
import Foundation
import Testing

/// The task's loss and the squares of features and outputs; the task's weight follows from its losses in the last epoch. It
/// wants the gradients of both apart.
private struct ToyFollower: Objective {
  struct Configuration: ComponentConfiguration {
    /// How much of the separate gradients is added.
    var factor = 0.0
    /// Whether it gives a loss that it does not declare.
    var stranger = false
    static let options = [Option("factor", "factor"), Option("stranger", "an unknown loss")]
  }
  static let name = "follower"
  static let summary = "follows validation"
  static func traits(_: Configuration) -> ObjectiveTraits {
    ObjectiveTraits(adjusts: [.encoders, .fusion, .decoder], needsValidation: true)
  }
  static func separateLosses(_: Configuration, modalities: [String]) -> [String] { ["task", "squares"] }
  private let configuration: Configuration
  private let scale, calls, training, validation, epochs: Parameter
  init(_ configuration: Configuration, model: ModelShapes, context: BuildContext) {
    self.configuration = configuration
    scale = context.buffer("scale", [], .ones)
    calls = context.buffer("calls", [], .zeros)
    training = context.buffer("training", [], .zeros)
    validation = context.buffer("validation", [], .zeros)
    epochs = context.buffer("epochs", [], .zeros)
  }
  func loss(_ step: TrainingStep) -> ObjectiveLoss? {
    let task = step.taskLoss(step.output)
    let squares = step.features.vectors.reduce(step.output.square().mean()) { $0 + $1.square().mean() }
    calls.value.storage.base[0] += 1
    let kept = [("scale", scale), ("training", training), ("validation", validation), ("epochs", epochs)]
    return ObjectiveLoss(
      task * scale.value + squares,
      values: [ObjectiveValue("task", Double(task.item), samples: step.count)]
        + kept.map { ObjectiveValue($0.0, Double($0.1.value.item), samples: step.count) },
      separate: [SeparateLoss("task", task), SeparateLoss("squares", squares)]
        + (configuration.stranger ? [SeparateLoss("stranger", squares)] : []))
  }
  func adjust(_ gradients: PartGradients, _ step: TrainingStep) -> [ObjectiveValue] {
    var (largest, gap) = (Float(0), Float(0))
    for parameter in gradients.parts.flatMap({ gradients[$0] }) {
      guard let whole = parameter.gradient else { continue }
      let task = gradients.gradient(of: "task", parameter).map { $0 * scale.value.item }
      let parts = [task, gradients.gradient(of: "squares", parameter)].compactMap { $0 }
      let rest = parts.reduce(whole) { $0 - $1 }
      largest = max(largest, whole.scalars.map(abs).max() ?? 0)
      gap = max(gap, rest.scalars.map(abs).max() ?? 0)
      parameter.gradient = parts.reduce(whole) { $0 + $1 * Float(configuration.factor) }
    }
    return [ObjectiveValue("gap", Double(gap / max(largest, 1e-12)), samples: step.count)]
  }
  func epochEnded(_ end: EpochEnd) {
    guard let found = end.validation?.values["task"], let own = end.training.values["task"] else { return }
    scale.value.storage.base[0] = Float(0.5 + found / own)
    training.value.storage.base[0] = Float(own)
    validation.value.storage.base[0] = Float(found)
    epochs.value.storage.base[0] += Float(end.epoch + 1) / Float(end.epochs)
  }
}

private func experiment(_ overrides: String..., objective: String = "{type: follower}") throws -> Experiment {
  var registry = try objectiveRegistry()
  try registry.register(ToyFollower.self, origin: "tests")
  return try Experiment.load(
    text: toyExperiment().resolvedYAML, overrides: ["training.objective=[\(objective)]"] + overrides,
    registry: registry)
}

private func trained(_ experiment: Experiment, _ path: String, threads: Int = 1) throws -> RunFolder {
  let run = RunFolder(path)
  try Trainer(experiment, threads: threads).train(into: run)
  return run
}

/// What objectives are told at an epoch's end.
@Suite struct EpochEndTests {
  @Test(arguments: [
    [], ["data.holes=4", "training.modality_dropout=0.2"], ["data.targets=values", "task={type: regression}"],
    ["training.stages=[{train: [fusion, decoder], epochs: 4}]"], ["training.evaluate_batch_size=7"],
  ])
  func anObjectiveIsToldOfItsLossesOnBothParts(_ overrides: [String]) throws {
    try withFolder { folder in
      var registry = try objectiveRegistry()
      try registry.register(ToyFollower.self, origin: "tests")
      let experiment = try Experiment.load(
        text: toyExperiment().resolvedYAML, overrides: ["training.objective=[{type: follower}]"] + overrides,
        registry: registry)
      let run = try trained(experiment, folder + "/run")
      let rows = try table(run.history)
      func value(_ row: [String: String], _ name: String) throws -> Double {
        try #require(row[name].flatMap(Double.init), "\(name)")
      }
      let isRegression = overrides.joined().contains("regression")
      for (before, row) in zip(rows, rows.dropFirst()) {
        // The task's loss over the epoch, and on the validation part as its metric tells it.
        let training = try value(row, "train.follower_training")
        #expect(abs(try value(before, "train.follower_task") - training) < 1e-5)
        let validation = try value(row, "train.follower_validation")
        let metric = try value(before, "validation.loss")
        #expect(isRegression || abs(metric - validation) < 1e-5, "\(metric) \(validation)")
        #expect(validation > 0)
        let scale = try value(row, "train.follower_scale")
        #expect(abs(scale - 0.5 - validation / training) < 1e-4)
        let epoch = try value(row, "epoch")
        let epochs = try value(row, "train.follower_epochs")
        #expect(abs(epochs - (1..<Int(epoch)).reduce(0) { $0 + Double($1) / 4 }) < 1e-6)
      }
      #expect(rows.count == 4)
      // What the loss counted on the validation part was taken back.
      let checkpoint = try SafeTensors(opening: run.checkpoint)
      let calls = try #require(checkpoint["model/objectives.follower.calls"]?.floats()[0])
      #expect(calls == Float(try value(#require(rows.last), "step")))
    }
  }

  @Test func anInterruptedRunGoesOnToTheSameBits() throws {
    try withFolder { folder in
      let experiment = try experiment(
        "data.holes=4", "training.accumulate=2", objective: "{type: follower, factor: 0.3}")
      let whole = try trained(experiment, folder + "/whole")
      let parts = RunFolder(folder + "/parts")
      for (index, limit) in [9, 5, 7, 2000].enumerated() {
        let stop = StopFlag()
        var steps = 0
        let watcher = Watcher {
          guard case .advanced = $0 else { return }
          steps += 1
          if steps == limit { stop.set() }
        }
        let trainer = Trainer(experiment, threads: 1, progress: watcher, stop: stop)
        do {
          if index == 0 { try trainer.train(into: parts) } else { try trainer.resume(parts) }
          #expect(index == 3)
        } catch let error as TrainingError { #expect(error.exitStatus == 130 && index < 3) }
      }
      #expect(try bytes(parts.model) == bytes(whole.model))
      let (a, b) = (try SafeTensors(opening: parts.checkpoint), try SafeTensors(opening: whole.checkpoint))
      #expect(a.names == b.names)
      for name in a.names {
        #expect(try a[name]?.floats().map(\.bitPattern) == b[name]?.floats().map(\.bitPattern), "\(name)")
      }
    }
  }

  @Test func withoutAValidationPartItIsRefused() throws {
    let experiment = try experiment("data.validation=0", "training.select=last")
    let words = "the objective 'follower' needs losses on a validation part, there is none"
    #expect(try experiment.survey().problems.contains { $0.message == words })
    try withFolder { folder in
      let error = #expect(throws: ConfigError.self) { try trained(experiment, folder + "/run") }
      #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
  }
}

/// Gradients of several losses in one step.
@Suite struct SeparateGradientTests {
  @Test(arguments: ["1", "3"]) func gradientsOfPartsAddUpToTheWhole(_ accumulate: String) throws {
    try withFolder { folder in
      let run = try trained(experiment("training.accumulate=\(accumulate)", "data.holes=4"), folder + "/run")
      for row in try table(run.history) {
        let gap = try #require(row["train.follower_gap"].flatMap(Double.init))
        #expect(gap < 1e-5, "\(gap) of the largest gradient")
      }
    }
  }

  /// Reading gradients apart changes no gradient, and threads no bit.
  @Test func theyChangeNothingByThemselves() throws {
    try withFolder { folder in
      let used = try trained(experiment(objective: "{type: follower, factor: 0.3}"), folder + "/used")
      let three = try trained(experiment(objective: "{type: follower, factor: 0.3}"), folder + "/three", threads: 3)
      let read = try trained(experiment(), folder + "/read")
      #expect(try bytes(used.model) == bytes(three.model))
      #expect(try bytes(used.model) != bytes(read.model))
    }
  }

  @Test func aLossThatIsNotDeclaredIsABug() throws {
    try withFolder { folder in
      let error = #expect(throws: PipelineError.self) {
        try trained(experiment(objective: "{type: follower, stranger: true}"), folder + "/run")
      }
      #expect("\(error!)".contains("gave a separate loss 'stranger' that it does not declare"))
    }
  }
}
