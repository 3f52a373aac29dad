import AllPlugins
import Foundation
import InfoNCEObjective
import OGMGEObjective
import TaskObjective
import Testing
import UnimodalObjective

/// What the fixtures of PyTorch cannot say: noise, epochs, what is left alone, empty and odd batches.
@Suite struct ObjectiveTests {
  private let modalities = [(name: "image", inputs: 7), (name: "audio", inputs: 5)]

  private func inputs(_ count: Int, _ device: Device) -> [Tensor] {
    let random = RandomStream(seed: 3).derived("inputs")
    return modalities.enumerated().map { random.derived($0).normal([count, $1.inputs], device: device) }
  }

  private func modulation(_ change: (inout OGMGEObjective.Configuration) -> Void) -> [ConfiguredObjective] {
    var configuration = OGMGEObjective.Configuration()
    change(&configuration)
    return [
      ConfiguredObjective(TaskObjective.self, NoConfiguration()),
      ConfiguredObjective(OGMGEObjective.self, configuration),
    ]
  }

  /// The gradients of one step by the names of their parameters.
  private func gradients(
    _ objectives: [ConfiguredObjective], threads: Int = 1, epoch: Int = 0, number: Int = 0
  ) throws -> [String: [Float]] {
    let trial = try ObjectiveTrial(objectives, modalities: modalities, hidden: 64, width: 64, threads: threads)
    _ = try trial.step(
      inputs(12, trial.device), classes: (0..<12).map { $0 % 3 }, epoch: epoch, number: number)
    return Dictionary(
      uniqueKeysWithValues: trial.store.trainable.compactMap { p in p.gradient.map { (p.name, $0.scalars) } })
  }

  @Test func theNoiseHasTheDeviationOfTheGradient() throws {
    let plain = try gradients([ConfiguredObjective(TaskObjective.self, NoConfiguration())])
    let quiet = try gradients(modulation { $0.noise = false })
    let noisy = try gradients(modulation { _ in })
    let other = try gradients(modulation { _ in }, number: 1)
    for (name, gradient) in plain {
      let (added, again) = (zip(noisy[name]!, quiet[name]!).map { Double($0) - Double($1) }, other[name]!)
      guard name.hasPrefix("encoders.") else {
        #expect(noisy[name]!.map(\.bitPattern) == gradient.map(\.bitPattern), "\(name) is no encoder's")
        continue
      }
      func deviation(_ values: [Double]) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
      }
      // A sample deviation of n normal values strays by 1 / √(2n), their mean by 1 / √n; 5 times that is never reached.
      let (n, expected) = (Double(added.count), deviation(gradient.map(Double.init)))
      #expect(abs(deviation(added) / expected - 1) < 5 / (2 * n).squareRoot(), "\(name)")
      #expect(abs(added.reduce(0, +) / n) < 5 * expected / n.squareRoot(), "\(name)")
      #expect(again != noisy[name]!, "another step draws other noise")
    }
    #expect(plain.keys.contains("encoders.image.layers.1.weight"))
  }

  @Test func aStepHasTheSameBitsForAnyNumberOfThreads() throws {
    var heads = UnimodalObjective.Configuration()
    heads.hidden = [33]
    let objectives =
      modulation { $0.scores = .heads } + [
        ConfiguredObjective(UnimodalObjective.self, heads, weight: 0.3),
        ConfiguredObjective(InfoNCEObjective.self, InfoNCEObjective.Configuration(), weight: 0.1),
      ]
    let single = try gradients(objectives).mapValues { $0.map(\.bitPattern) }
    #expect(try gradients(objectives, threads: 3).mapValues { $0.map(\.bitPattern) } == single)
  }

  @Test(arguments: [(0, false), (1, true), (2, true), (3, false)])
  func modulationKeepsToItsEpochs(epoch: Int, isOn: Bool) throws {
    let plain = try gradients([ConfiguredObjective(TaskObjective.self, NoConfiguration())])
    let own = try gradients(modulation { ($0.modulationStarts, $0.modulationEnds) = (2, 3) }, epoch: epoch)
    #expect((own != plain) == isOn)
  }

  @Test func convolutionsAloneAreModulatedWhereThatIsAskedFor() throws {
    let plain = try gradients([ConfiguredObjective(TaskObjective.self, NoConfiguration())])
    // Perceptrons have none.
    #expect(try gradients(modulation { $0.tensors = .convolutions }) == plain)
  }

  @Test func aBatchOfOneModalityIsLeftAlone() throws {
    let trial = try ObjectiveTrial(modulation { _ in }, modalities: modalities)
    let presence = Presence([nil, [false, false, false]], count: 3)
    let values = try trial.step(inputs(3, trial.device), classes: [0, 1, 2], presence: presence).values
    #expect(values.isEmpty)
    #expect(trial.store["encoders.audio.layers.0.weight"]?.gradient == nil)
    let before = trial.store["encoders.image.layers.0.weight"]?.gradient?.scalars
    let task = try ObjectiveTrial([ConfiguredObjective(TaskObjective.self, NoConfiguration())], modalities: modalities)
    _ = try task.step(inputs(3, task.device), classes: [0, 1, 2], presence: presence)
    #expect(before == task.store["encoders.image.layers.0.weight"]?.gradient?.scalars)
  }

  @Test func aPairOfFewerThanTwoSamplesAddsNothing() throws {
    let contrast = ConfiguredObjective(InfoNCEObjective.self, InfoNCEObjective.Configuration())
    let trial = try ObjectiveTrial(
      [ConfiguredObjective(TaskObjective.self, NoConfiguration()), contrast], modalities: modalities)
    let presence = Presence([[true, true, false], [true, false, true]], count: 3)
    let losses = try trial.step(inputs(3, trial.device), classes: [0, 1, 2], presence: presence).losses
    #expect(losses.values.map(\.name) == ["task"])
    #expect(trial.store["objectives.info_nce.projections.image.weight"]?.gradient == nil)
  }

  /// A direction cannot be told of a row of zeros: it must neither stop nor break a training.
  @Test func featuresOfZerosGiveFiniteGradients() throws {
    let contrast = ConfiguredObjective(InfoNCEObjective.self, InfoNCEObjective.Configuration())
    let trial = try ObjectiveTrial(
      [ConfiguredObjective(TaskObjective.self, NoConfiguration()), contrast], modalities: modalities)
    for parameter in trial.store.parameters where parameter.name.hasPrefix("encoders.image.layers.1") {
      parameter.value.storage.values.update(repeating: 0)
    }
    let losses = try trial.step(inputs(4, trial.device), classes: [0, 1, 2, 0]).losses
    #expect(try #require(losses.values.last?.value).isFinite)
    for parameter in trial.store.trainable {
      #expect(parameter.gradient?.scalars.allSatisfy(\.isFinite) != false, "\(parameter.name)")
    }
  }

  @Test func aLossOfWeightZeroIsReportedAndTrainsNothing() throws {
    let heads = ConfiguredObjective(UnimodalObjective.self, UnimodalObjective.Configuration(), weight: 0)
    let task = ConfiguredObjective(TaskObjective.self, NoConfiguration())
    let trial = try ObjectiveTrial([task, heads], modalities: modalities)
    let losses = try trial.step(inputs(4, trial.device), classes: [0, 1, 2, 0]).losses
    #expect(losses.values.contains { $0.name == "unimodal" })
    #expect(trial.store["objectives.unimodal.heads.image.layers.0.weight"]?.gradient == nil)
    #expect(Double(try #require(losses.total).item) == losses.values.first { $0.name == "task" }?.value)
  }

  /// What a fusion declares beside its result is what a pass then holds, for every fusion.
  @Test func fusionsNameTheSideOutputsThatTheyDeclare() throws {
    let device = Device()
    let features = inputs(4, device)
    func named<F: Fusion>(_ type: F.Type) -> (declared: [String], found: [String: Tensor])? {
      let configuration = F.Configuration()
      let traits = F.traits(configuration)
      guard !traits.sideOutputs.isEmpty else { return nil }
      let shapes = modalities.map { ModalityShape($0.name, [$0.inputs]) }
      let pass = ForwardPass.training(device: device, seed: 1, step: 0)
      let fusion = F(
        configuration, inputs: shapes, context: BuildContext(store: ParameterStore(), device: device, seed: 1))
      _ = fusion(Features(zip(modalities, features).map { ($0.name, $1) }), pass)
      return (ObjectiveTraits.expanded(traits.sideOutputs, modalities: modalities.map { $0.name }), pass.sideOutputs)
    }
    var count = 0
    for entry in try Registry.allPlugins().all(.fusion) {
      guard let fusion = entry.type as? any Fusion.Type, let (declared, found) = named(fusion) else { continue }
      count += 1
      #expect(declared.sorted() == found.keys.sorted(), "\(entry.type.name)")
      #expect(found["logits.image"]?.shape == [4, 10], "\(entry.type.name)")
    }
    #expect(count >= 2, "decision_average and decision_product among them")
  }
}
