import AllPlugins
import Foundation
import Optimizers
import Testing

/// Unimodal heads whose gradients are combined with those of the joint loss, each encoder's by itself: MMPareto (Wei and Hu 2024).
private struct ParetoObjective: Objective {
  typealias Configuration = NoConfiguration
  static let name = "pareto"
  static let summary = "joint and unimodal gradients, combined"
  static func traits(_: NoConfiguration) -> ObjectiveTraits {
    ObjectiveTraits(trains: [.encoders, .fusion, .decoder, .own], adjusts: [.encoders], tasks: [.classification])
  }
  static func separateLosses(_: NoConfiguration, modalities: [String]) -> [String] { ["joint"] + modalities }
  private let heads: [Linear]

  init(_: NoConfiguration, model: ModelShapes, context: BuildContext) {
    heads = model.features.map {
      Linear(inputs: $0.width, outputs: model.output[0], context: context.scope("heads.\($0.modality)"))
    }
  }

  func loss(_ step: TrainingStep) -> ObjectiveLoss? {
    let (losses, total) = multimodalLosses(heads, step)
    return ObjectiveLoss(total, separate: losses.map { SeparateLoss($0.name, $0.loss) })
  }

  func adjust(_ gradients: PartGradients, _ step: TrainingStep) -> [ObjectiveValue] {
    step.modalities.map { modality in
      let parameters = gradients[.encoder(modality)]
      let joint = parameters.map { gradients.gradient(of: "joint", $0)! }
      let own = parameters.map { gradients.gradient(of: modality, $0)! }
      func dot(_ a: [Tensor], _ b: [Tensor]) -> Double {
        zip(a, b).reduce(0) { sum, pair in
          zip(pair.0.scalars, pair.1.scalars).reduce(sum) { $0 + Double($1.0) * Double($1.1) }
        }
      }
      let (aa, bb, ab) = (dot(joint, joint), dot(own, own), dot(joint, own))
      let share = ab > 0 ? 0.5 : min(max((bb - ab) / (aa + bb - 2 * ab), 0), 1)
      let (rest, norm) = (1 - share, (aa + bb + 2 * ab).squareRoot())
      let factor = 1.5 * norm / (share * share * aa + rest * rest * bb + 2 * share * rest * ab).squareRoot()
      for (parameter, (a, b)) in zip(parameters, zip(joint, own)) {
        parameter.gradient = a * Float(share * factor) + b * Float(rest * factor)
      }
      return ObjectiveValue("cosine_\(modality)", ab / (aa * bb).squareRoot(), samples: step.count)
    }
  }
}

/// Joint and unimodal losses, weighted anew after every epoch: gradient blending (Wang et al. 2020).
private struct BlendingObjective: Objective {
  typealias Configuration = NoConfiguration
  static let name = "blending"
  static let summary = "losses by what they gain and overfit"
  static func traits(_: NoConfiguration) -> ObjectiveTraits { ObjectiveTraits(needsValidation: true) }
  private let heads: [Linear]
  private let names: [String]
  /// Of each loss: its weight, then its training and validation loss at the end of the last epoch.
  private let weights, training, validation, epochs: Parameter

  init(_: NoConfiguration, model: ModelShapes, context: BuildContext) {
    heads = model.features.map {
      Linear(inputs: $0.width, outputs: model.output[0], context: context.scope("heads.\($0.modality)"))
    }
    names = ["joint"] + model.features.map(\.modality)
    weights = context.buffer("weights", [names.count], .ones)
    training = context.buffer("training", [names.count], .zeros)
    validation = context.buffer("validation", [names.count], .zeros)
    epochs = context.buffer("epochs", [], .zeros)
  }

  func loss(_ step: TrainingStep) -> ObjectiveLoss? {
    let (losses, _) = multimodalLosses(heads, step)
    let weighted = zip(losses, weights.value.scalars).map { $0.loss * $1 }
    return ObjectiveLoss(
      weighted.dropFirst().reduce(weighted[0]) { $0 + $1 },
      values: losses.map { ObjectiveValue($0.name, Double($0.loss.item), samples: step.count) })
  }

  func epochEnded(_ end: EpochEnd) {
    guard let found = end.validation?.values else { return }
    let now = names.map { (training: Float(end.training.values[$0]!), validation: Float(found[$0]!)) }
    if epochs.value.item > 0 {
      let scores = now.enumerated().map { index, new in
        let (before, gap) = (validation.value.scalars[index], training.value.scalars[index])
        let overfit = (new.validation - new.training) - (before - gap)
        return max(before - new.validation, 0) / max(overfit * overfit, 1e-4)
      }
      let sum = scores.reduce(0, +)
      let shares = scores.map { sum > 0 ? $0 / sum : 1 / Float(scores.count) }
      _ = weights.value.storage.values.update(fromContentsOf: shares)
    }
    _ = training.value.storage.values.update(fromContentsOf: now.map(\.training))
    _ = validation.value.storage.values.update(fromContentsOf: now.map(\.validation))
    epochs.value.storage.base[0] += 1
  }
}

/// The task's loss of the model and of a head over each modality's features, and their sum.
private func multimodalLosses(_ heads: [Linear], _ step: TrainingStep) -> (
  losses: [(name: String, loss: Tensor)], total: Tensor
) {
  let own = zip(step.modalities, zip(heads, step.features.vectors)).map { modality, pair in
    (name: modality, loss: step.taskLoss(pair.0(pair.1, step.pass)))
  }
  let all = [(name: "joint", loss: step.taskLoss(step.output))] + own
  return (all, all.dropFirst().reduce(all[0].loss) { $0 + $1.loss })
}

/// Tests/Fixtures/objectives/make_hooks.py.
private struct HookFixture: Decodable {
  typealias Array = FusionFixture.Array
  struct Batch: Decodable {
    let inputs: [String: Array]
    let classes: [Int]
  }
  struct Pareto: Decodable {
    let before, after: [String: Array]
    let batches: [Batch]
    let separate: [String: [String: Array]]
    let cosines: [Double]
  }
  struct Blending: Decodable {
    struct Epoch: Decodable { let training, validation, weights: [String: Double] }
    let before, after: [String: Array]
    let batches, validation: [Batch]
    let epochs: [Epoch]
  }
  let pareto: Pareto
  let blending: Blending

  static func read() throws -> HookFixture {
    try JSONDecoder().decode(HookFixture.self, from: FixtureFile("objectives/hooks.json").data)
  }
}

/// What objectives learn at an epoch's end and of gradients that are kept apart, against PyTorch.
@Suite struct ObjectiveHookTests {
  private static let modalities = ["image", "audio"]

  private func trial<O: Objective>(
    _ type: O.Type, _ before: [String: FusionFixture.Array], _ first: HookFixture.Batch, threads: Int = 1
  ) throws -> ObjectiveTrial where O.Configuration == NoConfiguration {
    let trial = try ObjectiveTrial(
      [ConfiguredObjective(type, NoConfiguration())],
      modalities: Self.modalities.map { ($0, first.inputs[$0]!.shape[1]) }, threads: threads)
    #expect(trial.store.trainable.map(\.name).sorted() == before.keys.sorted())
    for (name, value) in before { _ = trial.store[name]?.value.storage.values.update(fromContentsOf: value.values) }
    return trial
  }

  private func sgd(_ rate: Double, _ trial: ObjectiveTrial) -> SGD {
    var settings = SGD.Configuration()
    (settings.learningRate, settings.momentum, settings.weightDecay) = (rate, 0, 0)
    return SGD(settings, parameters: trial.store.trainable)
  }

  private func raw(_ batch: HookFixture.Batch, _ trial: ObjectiveTrial) -> [Tensor] {
    Self.modalities.map { batch.inputs[$0]!.tensor(trial.device) }
  }

  @Test(arguments: [1, 3]) func gradientsThatAreKeptApartAreThoseOfPyTorch(_ threads: Int) throws {
    let fixture = try HookFixture.read().pareto
    let trial = try trial(ParetoObjective.self, fixture.before, fixture.batches[0], threads: threads)
    let optimizer = sgd(0.1, trial)
    for (number, batch) in fixture.batches.enumerated() {
      let (losses, values) = try trial.step(raw(batch, trial), classes: batch.classes, number: number)
      for (index, modality) in Self.modalities.enumerated() {
        let cosine = try #require(values.first { $0.name == "pareto_cosine_\(modality)" }).value
        #expect(abs(cosine - fixture.cosines[2 * number + index]) < 1e-5)
      }
      if number == 0 {
        #expect(losses.separate.map(\.loss.name) == ["joint"] + Self.modalities)
        for (loss, gradients) in fixture.separate {
          let own = try #require(trial.separate(raw(batch, trial), classes: batch.classes)["pareto"][loss])
          for (name, gradient) in gradients {
            expectClose(own[name]?.scalars, gradient.values, 1e-5, "\(loss): \(name)")
          }
          #expect(Set(own.keys.filter { !$0.hasPrefix("objectives.") }) == Set(gradients.keys))
        }
      }
      optimizer.step()
    }
    for (name, value) in fixture.after { expectClose(trial.store[name]?.value.scalars, value.values, 1e-5, name) }
  }

  @Test func weightsFollowTheLossesOfAnEpochAsInPyTorch() throws {
    let fixture = try HookFixture.read().blending
    let trial = try trial(BlendingObjective.self, fixture.before, fixture.batches[0])
    let optimizer = sgd(0.2, trial)
    let names = ["joint"] + Self.modalities
    for (epoch, expected) in fixture.epochs.enumerated() {
      var training: [String: Double] = [:]
      for (number, batch) in fixture.batches.enumerated() {
        let losses = try trial.step(
          raw(batch, trial), classes: batch.classes, epoch: epoch, number: number
        ).losses
        for value in losses.values { training[value.name, default: 0] += value.value / Double(fixture.batches.count) }
        optimizer.step()
      }
      var validation: [String: Double] = [:]
      for batch in fixture.validation {
        for value in try trial.validation(raw(batch, trial), classes: batch.classes, epoch: epoch) {
          validation[value.name, default: 0] += value.value / Double(fixture.validation.count)
        }
      }
      for name in names {
        #expect(abs(training["blending_\(name)"]! - expected.training[name]!) < 1e-5, "\(name) in training")
        #expect(abs(validation["blending_\(name)"]! - expected.validation[name]!) < 1e-5, "\(name) in validation")
      }
      trial.list.epochEnded(epoch: epoch, epochs: 3, stage: nil, training: training, validation: validation)
      let weights = try #require(trial.store["objectives.blending.weights"]).value.scalars
      expectClose(weights, names.map { Float(expected.weights[$0]!) }, 1e-4, "weights after epoch \(epoch)")
    }
    for (name, value) in fixture.after { expectClose(trial.store[name]?.value.scalars, value.values, 1e-5, name) }
  }
}
