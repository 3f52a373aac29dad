import FusionConformance
import FusionCore

/// What a toy objective does wrong.
protocol ObjectiveFlaw: SendableMetatype {
  static var id: String { get }
  static var variant: String { get }
}
extension ObjectiveFlaw {
  static var variant: String { "" }
}

/// No flaw.
enum ValidObjective: ObjectiveFlaw { static let id = "" }
enum OBJ1: ObjectiveFlaw { static let id = "OBJ-1" }
enum OBJ1Idle: ObjectiveFlaw {
  static let id = "OBJ-1"
  static let variant = "idle"
}
enum OBJ2: ObjectiveFlaw { static let id = "OBJ-2" }
enum OBJ3: ObjectiveFlaw { static let id = "OBJ-3" }
enum OBJ3Silent: ObjectiveFlaw {
  static let id = "OBJ-3"
  static let variant = "silent"
}
enum OBJ4: ObjectiveFlaw { static let id = "OBJ-4" }
enum OBJ4Idle: ObjectiveFlaw {
  static let id = "OBJ-4"
  static let variant = "idle"
}
enum OBJ5: ObjectiveFlaw { static let id = "OBJ-5" }
enum OBJ6: ObjectiveFlaw { static let id = "OBJ-6" }
enum OBJ7: ObjectiveFlaw { static let id = "OBJ-7" }
enum OBJ8: ObjectiveFlaw { static let id = "OBJ-8" }
enum OBJ8Weights: ObjectiveFlaw {
  static let id = "OBJ-8"
  static let variant = "weights"
}
enum OBJ8Evaluation: ObjectiveFlaw {
  static let id = "OBJ-8"
  static let variant = "evaluation"
}

/// The squares of all features through a layer of its own, with a count of steps; halves the gradients of the encoders, and
/// adds some of the first modality's own. Its loss grows with what it was on the validation part.
final class ToyObjective<F: ObjectiveFlaw>: Objective {
  typealias Configuration = NoConfiguration
  static var name: String { "toy_objective" }
  static var summary: String { "squares of features" }
  private let heads: [Linear]
  private let steps: Parameter
  private let factor: Parameter
  private var counted = 0
  private var last = -1
  private var remembered: Float = 0

  static func traits(_: NoConfiguration) -> ObjectiveTraits {
    if F.id == "OBJ-1", F.variant == "idle" { return ObjectiveTraits(trains: []) }
    var trains: Set<ObjectiveTraits.Part> = [.encoders, .own]
    if F.id == "OBJ-3", F.variant.isEmpty { trains.insert(.decoder) }
    if F.id == "OBJ-3", F.variant == "silent" { trains.remove(.own) }
    var adjusts: Set<ObjectiveTraits.Part> = [.encoders]
    if F.id == "OBJ-4", F.variant == "idle" { adjusts.insert(.fusion) }
    return ObjectiveTraits(trains: trains, adjusts: adjusts, needsValidation: true)
  }

  static func separateLosses(_: NoConfiguration, modalities: [String]) -> [String] {
    if F.id == "OBJ-1", F.variant == "idle" { return [] }
    return ["first"] + (F.id == "OBJ-7" ? ["second"] : [])
  }

  init(_: NoConfiguration, model: ModelShapes, context: BuildContext) {
    heads = model.features.map {
      Linear(inputs: $0.width, outputs: 2, context: context.scope("heads.\($0.modality)"))
    }
    steps = context.buffer("steps", [], .zeros, isNonNegative: true)
    factor = context.buffer("factor", [], .ones)
    if F.id == "OBJ-5" { factor.value.storage.base[0] = Float.random(in: 1...2) }
  }

  func loss(_ step: TrainingStep) -> ObjectiveLoss? {
    if F.id == "OBJ-1", F.variant == "idle" { return nil }
    if step.step > last { (counted, last) = (counted + 1, step.step) }
    steps.value.storage.base[0] += 1
    var terms = zip(heads, step.features.vectors).map { head, x in
      var squares = head(x, step.pass).square()
      if F.id == "OBJ-2" {
        let value = squares.detached
        squares = Tensor.recorded("half", inputs: [squares], output: value) { [$0 * 0.5] }
      }
      return squares.sum(axes: [1], keepDimensions: true)
    }
    terms = step.features.leavingOut(terms, as: F.id == "OBJ-1" ? .nan : 0)
    let first = terms[0].mean()
    var loss = terms.dropFirst().reduce(terms[0]) { $0 + $1 }.mean()
    loss = loss * factor.value
    if F.id == "OBJ-6" { loss = loss * Float(counted) } else { loss = loss / steps.value }
    if F.id == "OBJ-8", F.variant.isEmpty { loss = loss * (1 + remembered) }
    if F.id == "OBJ-8", F.variant == "evaluation", step.pass.mode == .evaluation { loss = loss / 0 }
    return ObjectiveLoss(loss, separate: [SeparateLoss("first", first)])
  }

  func epochEnded(_ end: EpochEnd) {
    guard let loss = end.validation?.loss else { return }
    if F.id == "OBJ-8", F.variant.isEmpty { remembered = Float(loss) }
    if F.id == "OBJ-8", F.variant == "weights" { heads[0].weight.value.storage.base[0] += 1 }
    factor.value.storage.base[0] = 1 + Float(min(loss, 1))
  }

  func adjust(_ gradients: PartGradients, _ step: TrainingStep) -> [ObjectiveValue] {
    if F.id == "OBJ-1", F.variant == "idle" { return [] }
    for modality in step.modalities { halve(gradients[.encoder(modality)]) }
    for parameter in gradients[.encoder(step.modalities[0])] {
      guard let own = gradients.gradient(of: "first", parameter) else { continue }
      parameter.gradient = parameter.gradient.map { $0 + own * 0.1 }
    }
    if F.id == "OBJ-4", F.variant.isEmpty { halve(gradients[.decoder]) }
    return []
  }

  private func halve(_ parameters: [Parameter]) {
    for parameter in parameters { parameter.gradient = parameter.gradient.map { $0 * 0.5 } }
  }
}
