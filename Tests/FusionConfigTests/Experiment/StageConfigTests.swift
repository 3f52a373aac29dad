import FusionConfig
import FusionCore
import Optimizers
import Schedules
import Testing

/// An encoder that can be trained by reconstruction.
private struct MirroredToy: AutoencodableEncoder {
  static let name = "toy_mirrored"
  static let summary = "a toy encoder with a mirror"
  typealias Configuration = NoConfiguration
  struct Mirror: ReconstructionDecoder {
    func callAsFunction(_ features: Tensor, _ pass: ForwardPass) -> Tensor { features }
  }
  static func mirror(_: NoConfiguration, input: Shape, context: BuildContext) -> any ReconstructionDecoder { Mirror() }
  init(_: NoConfiguration, input: Shape, context: BuildContext) {}
  func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor { input }
}

private func registry() throws -> Registry {
  var registry = toyRegistry
  try registry.register(MirroredToy.self, origin: "tests")
  return registry
}

/// The image's encoder has a mirror, the audio's has none.
private let text = """
  data: {dataset: toy_digits, root: data/toy}
  modalities:
    image: {type: toy_image, encoder: {type: toy_mirrored}}
    audio: {type: toy_image, encoder: {type: toy_net}}
  fusion: {type: toy_join}
  decoder: {type: toy_head}
  training:
    epochs: 7
    monitor: validation.accuracy
    early_stopping: {metric: validation.accuracy, patience: 3, mode: max}
    optimizer: {type: adam, learning_rate: 0.5, eps: 1e-3}
    stages:

  """

private func staged(_ stages: String, _ overrides: String...) throws -> Experiment {
  let lines = stages.split(separator: "\n").map { "    \($0)\n" }.joined()
  return try Experiment.load(text: text + lines, name: "test.yaml", overrides: overrides, registry: registry())
}

private func problems(_ stages: String, _ overrides: String...) -> String {
  let lines = stages.split(separator: "\n").map { "    \($0)\n" }.joined()
  do {
    _ = try Experiment.load(text: text + lines, name: "test.yaml", overrides: overrides, registry: registry())
    return "loaded"
  } catch let error as ConfigError {
    return error.exitStatus == 2 ? error.description : "exit status \(error.exitStatus)"
  } catch {
    return "\(error)"
  }
}

@Suite struct StageConfigTests {
  @Test func aStageTakesFromTheTrainingWhatItDoesNotSay() throws {
    let stages = try staged(
      """
      - {objective: reconstruction, train: [encoders.image], epochs: 2, optimizer: {learning_rate: 0.1}}
      - {name: heads, objective: unimodal, head: [8], optimizer: {type: sgd, momentum: 0.5}, batch_size: 3}
      - {train: [decoder, fusion], schedule: {type: cosine}, early_stopping: {patience: 9}, cache: file}
      - {early_stopping: null, select: last}
      """
    ).training.stages
    #expect(stages.map(\.name) == ["stage_1", "heads", "stage_3", "stage_4"])
    #expect(stages.map(\.objective) == [.reconstruction, .unimodal, .task, .task])
    #expect(
      stages.map(\.parts) == [
        [.encoder("image")], [.encoder("image"), .encoder("audio")], [.fusion, .decoder],
        [.encoder("image"), .encoder("audio"), .fusion, .decoder],
      ])
    #expect(stages.map(\.training.epochs) == [2, 7, 7, 7])
    #expect(stages.map(\.training.batchSize) == [40, 3, 40, 40])
    var adam = Adam.Configuration()
    (adam.learningRate, adam.eps) = (0.1, 1e-3)
    #expect(stages[0].training.optimizer == ConfiguredOptimizer(Adam.self, adam))
    #expect(stages[1].training.optimizer == sgd { $0.momentum = 0.5 })
    #expect(stages[2].training.schedule == ConfiguredSchedule(CosineSchedule.self, .init()))
    #expect(stages[1].head == [8])
    #expect(stages.map(\.cache) == [.auto, .auto, .file, .auto])
    // An accuracy does not exist in every stage; a loss does.
    #expect(
      stages.map(\.training.monitor)
        == ["validation.loss", "validation.loss", "validation.accuracy", "validation.accuracy"])
    #expect(stages.map(\.training.earlyStopping?.patience) == [3, 3, 9, nil])
    #expect(
      stages.map(\.training.earlyStopping?.metric)
        == ["validation.loss", "validation.loss", "validation.accuracy", nil])
    #expect(stages.map(\.training.earlyStopping?.mode) == [.auto, .auto, .max, nil])
  }

  @Test func theResolvedConfigurationLoadsToTheSame() throws {
    let experiment = try staged(
      """
      - {objective: reconstruction, train: [encoders.image], gradient_clip: 2}
      - {name: rest, train: [encoders.audio, fusion, decoder], optimizer: {type: sgd}}
      """)
    let again = try Experiment.load(text: experiment.resolvedYAML, registry: registry())
    #expect(again == experiment)
    #expect(again.training.stages == experiment.training.stages)
    let schema = try experimentSchema(registry: registry())
    #expect(schema.contains("\"stages\""))
    #expect(!(try load(plainText)).resolvedYAML.contains("stages"))
  }

  @Test func aKeyOfAStageCanBeSet() throws {
    let stages = "- {name: a, train: [encoders]}\n- {name: b, train: [decoder]}"
    let experiment = try staged(
      stages, "training.stages.1.epochs=3", "training.stages.0.optimizer.learning_rate=9", "training.epochs=5")
    #expect(experiment.training.stages.map(\.training.epochs) == [5, 3])
    #expect(problems(stages, "training.stages.2.epochs=3").contains("its elements are 0 to 1"))
    #expect(problems(stages, "training.stages.0.epoch=3").contains("did you mean 'epochs'?"))
  }

  @Test func everyMistakeIsToldAtItsPlace() {
    let told = problems(
      """
      - {name: one, train: []}
      - {name: one, train: [encoder.image, head], epochs: 0}
      - {name: 'a b', objective: unimodal, train: [fusion], cache: memory}
      - {objective: guess, tain: [fusion]}
      - {objective: reconstruction, head: [3]}
      """)
    for expected in [
      "test.yaml:4:44: error: the encoder 'toy_net' of modality 'audio' has no mirror, which the stage 'stage_5' needs",
      "  encoders with a mirror: toy_mirrored",
      "test.yaml:13:26: error: the stage 'one' trains nothing: 'train' is empty",
      "test.yaml:14:14: error: two stages are called 'one'",
      "test.yaml:14:27: error: the pipeline has no part 'encoder.image'", "did you mean 'encoders.image'?",
      "  available: encoders, encoders.image, encoders.audio, fusion, decoder",
      "test.yaml:14:42: error: the pipeline has no part 'head'",
      "test.yaml:14:57: error: the stage 'one' trains nothing: it has 0 epochs",
      "test.yaml:15:14: error: 'a b' cannot name a stage",
      "test.yaml:15:50: error: the objective unimodal trains encoders alone, 'fusion' takes no part in it",
      "test.yaml:15:66: error: there is nothing to cache: the stage 'a b' trains encoders",
      "test.yaml:16:19: error: unknown value 'guess' for 'objective'",
      "test.yaml:16:26: error: unknown key 'tain' in training.stages.3", "did you mean 'train'?",
      "test.yaml:17:41: error: 'head' is for the objective unimodal, this stage's is reconstruction",
    ] {
      #expect(told.contains(expected), "\(expected)\n--- in ---\n\(told)")
    }
  }

  @Test(arguments: ["{}", "[]", "once", "{0: {epochs: 3}}"]) func whatIsNoListOfStagesIsRefused(value: String) {
    let told = problems("- {}", "training.stages=\(value)")
    #expect(told.contains("expected a list of at least one stage for 'training.stages'"), "\(told)")
  }

  @Test func stagesOfAPipelineThatCannotBeReadAreCheckedAsFarAsCanBe() {
    let told = problems("- {name: a, epochs: x}", "fusion.type=toy_jion", "modalities.audio.encoder.type=nothing")
    #expect(told.contains("unknown fusion 'toy_jion'") && told.contains("for 'epochs', got 'x'"), "\(told)")
  }
}
