import FusionConfig
import FusionCore
import FusionTraining
import Foundation
import Testing

/// How far features and outputs are from those of a teacher.
struct ToyPupil: Objective {
  struct Configuration: ComponentConfiguration {
    var teacher = ""
    /// Whom it asks, if not the one whom its traits name.
    var asks = ""
    static let options = [Option("teacher", "a run"), Option("asks", "another run")]
  }
  static let name = "pupil"
  static let summary = "the distance from a teacher"
  static func traits(_ configuration: Configuration) -> ObjectiveTraits {
    ObjectiveTraits(teacher: configuration.teacher)
  }
  let run: String
  init(_ configuration: Configuration, model: ModelShapes, context: BuildContext) {
    run = configuration.asks.isEmpty ? configuration.teacher : configuration.asks
  }
  func loss(_ step: TrainingStep) throws(PipelineError) -> ObjectiveLoss? {
    let teacher = try step.teacher(run)
    var total = (step.output - teacher.output).square().mean()
    for (own, other) in zip(step.features.entries, teacher.features.entries) where own.modality == other.modality {
      total = total + (own.tensor - other.tensor).square().mean()
    }
    return ObjectiveLoss(
      total, values: [ObjectiveValue("modalities", Double(teacher.features.entries.count), samples: 1)])
  }
}

/// Another run's model in a training step.
@Suite struct TeacherTests {
  private func experiment(_ overrides: [String]) throws -> Experiment {
    var registry = try toyRegistry()
    for type in [ToyPupil.self, ToyTask.self] as [any Component.Type] { try registry.register(type, origin: "tests") }
    return try Experiment.load(
      text: try toyExperiment(["modalities.a.encoder.dropout=0"]).resolvedYAML, overrides: overrides, registry: registry
    )
  }

  private func trained(_ path: String, _ overrides: [String]) throws -> RunFolder {
    let run = RunFolder(path)
    try Trainer(try experiment(overrides), threads: 1).train(into: run)
    return run
  }

  /// Whoever is its own teacher is at no distance from it: the same samples, in training order, through the same weights.
  @Test(arguments: [[], ["data.holes=4"], ["data.targets=values", "task={type: regression, standardise: false}"]])
  func aTeacherSeesTheSamplesOfTheBatch(_ data: [String]) throws {
    try withFolder { folder in
      let teacher = try trained(folder + "/teacher", data)
      let pupil = ["training.objective=[{type: pupil, teacher: \(teacher.path)}]", "training.epochs=2"]
      let still = ["training.initialise_from={model: \(teacher.path)}", "training.optimizer.learning_rate=0"]
      let same = try trained(folder + "/same", data + pupil + still)
      for row in try table(same.history) {
        #expect(row["train.pupil"].flatMap(Double.init) == 0)
        #expect(row["train.pupil_modalities"].flatMap(Double.init) == 2)
      }
      let other = try trained(folder + "/other", data + pupil + ["training.optimizer.learning_rate=0"])
      #expect(try table(other.history).allSatisfy { ($0["train.pupil"].flatMap(Double.init) ?? 0) > 0.01 })
      // It is left as it is.
      let learning = try trained(folder + "/learning", data + pupil + ["seed=8"])
      let losses = try table(learning.history).compactMap { $0["train.pupil"].flatMap(Double.init) }
      #expect(losses[1] < losses[0])
      #expect(try bytes(teacher.model) != bytes(learning.model))
    }
  }

  @Test func anotherTeacherThanTheTraitsNameIsABug() throws {
    try withFolder { folder in
      let teacher = try trained(folder + "/teacher", [])
      let error = #expect(throws: PipelineError.self) {
        try trained(
          folder + "/run", ["training.objective=[{type: pupil, teacher: \(teacher.path), asks: other}]"])
      }
      #expect("\(error!)".contains("an objective asks for the teacher 'other', which its traits do not name"))
    }
  }
}
