import AllPlugins
import ConcatFusion
import Foundation
import LinearDecoder
import MLPEncoder
import Optimizers
import TaskObjective
import Testing
import VectorModality

/// Training steps with objectives against PyTorch (Tests/Fixtures/objectives/make_objectives.py): losses and gradients of the
/// first step, weights after the third.
struct ObjectiveFixture: Decodable, Sendable, CustomTestStringConvertible {
  typealias Array = FusionFixture.Array
  struct Entry: Decodable, Sendable {
    let type: String
    let weight: Double
  }
  struct Settings: Decodable, Sendable {
    let type: String
    let lr: Double
    let momentum, weight_decay: Double?

    func made(for parameters: [Parameter]) -> any Optimizer {
      guard type == "sgd" else {
        var adam = Adam.Configuration()
        adam.learningRate = lr
        return Adam(adam, parameters: parameters)
      }
      var sgd = SGD.Configuration()
      (sgd.learningRate, sgd.momentum, sgd.weightDecay) = (lr, momentum ?? 0, weight_decay ?? 0)
      return SGD(sgd, parameters: parameters)
    }
  }
  struct Batch: Decodable, Sendable {
    let inputs: [String: Array]
    let classes: [Int]
    let present: [String: [Bool]]
    let coefficients: [String: Double]
    let teacher: Array?
  }

  let name: String
  let modalities: [String]
  let objectives: [Entry]
  let optimizer: Settings
  let clip: Double?
  let batches: [Batch]
  let before, after, gradients: [String: Array]
  let losses: [String: Double]
  let total: Double

  var testDescription: String { name }

  private static let file = FixtureFile("objectives/objectives.json")
  static let all = file.cases(ObjectiveFixture.self)

  /// The task, then the case's objectives.
  func configured() throws -> [ConfiguredObjective] {
    let registry = try Registry.allPlugins()
    func pair<O: Objective>(_ type: O.Type, _ index: Int) throws -> ConfiguredObjective {
      ConfiguredObjective(
        type, try Self.file.configuration(type.Configuration.self, ofCase: name, objective: index),
        weight: objectives[index].weight)
    }
    return try [ConfiguredObjective(TaskObjective.self, NoConfiguration())]
      + objectives.enumerated().map { index, entry in
        let found = try registry.find(.objective, entry.type).type
        let type = try #require(found as? any Objective.Type)
        return try pair(type, index)
      }
  }
}

extension FixtureFile {
  /// The configuration of an objective of a case, over its defaults.
  fileprivate func configuration<C: ComponentConfiguration>(
    _ type: C.Type, ofCase name: String, objective index: Int
  ) throws -> C {
    let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let cases = try #require(file["cases"] as? [[String: Any]])
    let this = try #require(cases.first { $0["name"] as? String == name })
    let entry = try #require((this["objectives"] as? [[String: Any]])?[index])
    return try C.over(defaults: try #require(entry["configuration"] as? [String: Any]))
  }
}

/// A pipeline of perceptrons, concatenation and a linear layer, with objectives, that takes steps.
struct ObjectiveTrial {
  let device: Device
  let pipeline: Pipeline
  let list: ObjectiveList
  let store: ParameterStore
  private let own = ParameterStore()

  init(
    _ objectives: [ConfiguredObjective], modalities: [(name: String, inputs: Int)], hidden: Int = 6, width: Int = 4,
    classes: Int = 3, threads: Int = 1
  ) throws {
    device = Device(threads: threads)
    var encoder = MLPEncoder.Configuration()
    (encoder.hidden, encoder.width) = ([hidden], width)
    let specification = PipelineSpecification(
      branches: modalities.map {
        PipelineSpecification.Branch(
          name: $0.name, modality: ConfiguredModality(VectorModality.self, VectorModality.Configuration()),
          encoder: ConfiguredEncoder(MLPEncoder.self, encoder))
      }, fusion: ConfiguredFusion(ConcatFusion.self, NoConfiguration()),
      decoder: ConfiguredDecoder(LinearDecoder.self, NoConfiguration()))
    pipeline = try specification.build(
      inputs: Dictionary(
        uniqueKeysWithValues: modalities.map {
          ($0.name, ArrayDescription(sampleShape: [$0.inputs], elementType: "float32", valueRange: -9...9))
        }), output: [classes], device: device, seed: 1)
    let shapes = ModelShapes(
      features: modalities.map { ModalityShape($0.name, [width]) }, fused: pipeline.fused, output: [classes],
      task: .classification)
    list = ObjectiveList(objectives, model: shapes, context: BuildContext(store: own, device: device, seed: 1))
    store = ParameterStore(joining: [pipeline.store, own])
  }

  /// Forward and backward, with the objectives' changes of gradients.
  func step(
    _ raw: [Tensor], classes: [Int], presence: Presence? = nil, epoch: Int = 0, number: Int = 0, teacher: Tensor? = nil
  ) throws -> (losses: ObjectiveList.Losses, values: [ObjectiveValue]) {
    let pass = ForwardPass.training(device: device, seed: 5, step: number)
    let step = try trainingStep(raw, classes, presence: presence, epoch: epoch, number: number, teacher: teacher, pass)
    let losses = try list.loss(step)
    store.clearGradients()
    var separate = SeparateGradients()
    separate.add(losses.separate, store, pass.tape!)
    pass.tape?.backward(from: try #require(losses.total))
    let gradients = PartGradients(pipeline.store, parts: pipeline.specification.parts)
    return (losses, try list.adjust(gradients, separate: separate, step))
  }

  /// The gradients that the objectives want apart, and nothing else.
  func separate(_ raw: [Tensor], classes: [Int]) throws -> SeparateGradients {
    let pass = ForwardPass.training(device: device, seed: 5, step: 0)
    var separate = SeparateGradients()
    separate.add(try list.loss(trainingStep(raw, classes, pass)).separate, store, pass.tape!)
    return separate
  }

  /// What the objectives report of a batch of a validation part.
  func validation(_ raw: [Tensor], classes: [Int], epoch: Int) throws -> [ObjectiveValue] {
    try list.validation(trainingStep(raw, classes, epoch: epoch, .evaluation(device: device)))
  }

  private func trainingStep(
    _ raw: [Tensor], _ classes: [Int], presence: Presence? = nil, epoch: Int = 0, number: Int = 0,
    teacher: Tensor? = nil, _ pass: ForwardPass
  ) throws -> TrainingStep {
    let features = try pipeline.encode(raw, presence: presence, pass)
    let fused = try pipeline.fuse(features, pass)
    return TrainingStep(
      features: features, fused: fused, output: try pipeline.decode(fused: fused, pass), targets: .classes(classes),
      rows: Swift.Array(classes.indices), epoch: epoch, epochs: 10, step: number, pass: pass,
      taskLoss: { output, samples in output.crossEntropy((samples ?? Swift.Array(classes.indices)).map { classes[$0] })
      },
      decode: { [pipeline] features, pass throws(PipelineError) in try pipeline.decode(features, pass) },
      teacher: teacher.map { output in
        { _ in TeacherPass(features: features.detached, fused: fused.detached, output: output) }
      })
  }
}

@Test(arguments: ObjectiveFixture.all) func anObjectiveTrainsAsPyTorchDoes(_ fixture: ObjectiveFixture) throws {
  let first = fixture.batches[0]
  let trial = try ObjectiveTrial(
    fixture.configured(), modalities: fixture.modalities.map { ($0, first.inputs[$0]!.shape[1]) })
  let store = trial.store
  #expect(store.trainable.map(\.name).sorted() == fixture.before.keys.sorted())
  for (name, value) in fixture.before {
    let parameter = try #require(store[name])
    #expect(parameter.value.shape == value.shape, "\(name)")
    _ = parameter.value.storage.values.update(fromContentsOf: value.values)
  }
  let optimizer = fixture.optimizer.made(for: store.trainable)
  for (number, batch) in fixture.batches.enumerated() {
    let raw = fixture.modalities.map { batch.inputs[$0]!.tensor(trial.device) }
    let presence = Presence(fixture.modalities.map { batch.present[$0] }, count: batch.classes.count)
    let (losses, values) = try trial.step(
      raw, classes: batch.classes, presence: presence, number: number,
      teacher: batch.teacher?.tensor(trial.device))
    for (modality, coefficient) in batch.coefficients {
      let own = try #require(values.first { $0.name == "ogm_ge_coefficient_\(modality)" })
      #expect(abs(own.value - coefficient) < 1e-5, "k of \(modality) in step \(number)")
    }
    if number == 0 {
      for (name, loss) in fixture.losses {
        let own = try #require(losses.values.first { $0.name == name })
        #expect(abs(own.value - loss) < 1e-5 * max(1, abs(loss)), "\(name)")
      }
      #expect(abs(Double(losses.total!.item) - fixture.total) < 1e-5 * max(1, abs(fixture.total)))
      #expect(Set(store.trainable.filter { $0.gradient != nil }.map(\.name)) == Set(fixture.gradients.keys))
      for (name, gradient) in fixture.gradients {
        expectClose(store[name]?.gradient?.scalars, gradient.values, 1e-5, "gradient of \(name)")
      }
    }
    if let clip = fixture.clip { store.trainable.clipGradients(norm: clip) }
    optimizer.step()
  }
  // The temperature is brought into its bounds when it is used next, in PyTorch at once.
  if let scale = store["objectives.info_nce.log_scale"] { scale.value.storage.base[0].clamp(0, log(100)) }
  for (name, value) in fixture.after { expectClose(store[name]?.value.scalars, value.values, 1e-5, name) }
}

extension Float {
  fileprivate mutating func clamp(_ low: Float, _ high: Float) { self = min(max(self, low), high) }
}

@Test func everyObjectiveHasACase() throws {
  let proven = Set(ObjectiveFixture.all.flatMap { $0.objectives.map(\.type) } + ["task"])
  #expect(try Registry.allPlugins().all(.objective).map { $0.type.name }.filter { !proven.contains($0) } == [])
}
