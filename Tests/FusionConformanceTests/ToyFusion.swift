import FusionCore
import Synchronization

/// What a toy does wrong; each is a rule of the kit, broken alone.
protocol Flaw: Sendable {
  /// The id of the broken rule; empty: none.
  static var id: String { get }
  /// Whether a mean is still divided by the number of all modalities where one is missing.
  static var keepsWeights: Bool { get }
  /// Which of several ways to break the rule.
  static var variant: String { get }
  /// A map inside of the options.
  associatedtype Inner: Codable & Sendable = ValidInner
}

extension Flaw {
  static var keepsWeights: Bool { false }
  static var variant: String { "" }
}

/// A map whose keys are known although its default is nil.
struct ValidInner: ComponentConfiguration {
  var strength = 1.0
  static let options = [Option("strength", "how much")]
}

/// What training leaves in a toy beside its parameters: nothing, in a valid one.
final class ToyState {
  var evaluations = 0
  var pullbacks = 0
  var mean: Float = 0
  var hasShared = false
}

/// What one instance of the toy that breaks CON-1 leaves for all others.
private let shared = Mutex<Float>(0)

/// A valid fusion: y = tanh(Σ_m P_m x_m) or the mean in place of the sum; and the same with one flaw.
struct ToyFusion<F: Flaw>: Fusion {
  static var name: String { F.id == "REG-1" ? "Toy-Fusion" : "toy" }
  static var summary: String { "the sum of all modalities, bent" }

  enum Pool: String, Codable, CaseIterable, Sendable { case sum, mean }

  struct Configuration: ComponentConfiguration {
    var width = 6
    var pool = Pool.sum
    var inner: F.Inner?
    static var options: [Option] {
      [
        Option("width", "the width of the result", F.id == "CFG-3" ? .range(0, 64) : .size),
        Option("pool", "how terms are joined", Pool.self), Option("inner", "more of it"),
      ] + (F.id == "CFG-1" ? [Option("depth", "left over")] : [])
    }
  }

  static func traits(_ configuration: Configuration) -> FusionTraits {
    FusionTraits(
      orderMatters: F.variant == "deaf", missing: configuration.pool == .mean ? .renormalise : .skip)
  }

  private let width: Int
  private let isEmpty: Bool
  private let pool: Pool
  private let projections: [Linear]
  private let bias: Parameter?
  private let hidden: Parameter
  private let state = ToyState()

  init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    for input in inputs where input.shape.count > 2 {
      switch F.id == "SHP-2" ? F.variant : "valid" {
      case "nameless": context.problem("a shape is wrong")
      case "first": context.problem("'\(inputs[0].modality)' or another has a shape that is no vector")
      case "empty" where input.shape.count > 3: break
      default: context.problem("'\(input.modality)' has the shape \(input.shape), expected a vector or tokens")
      }
    }
    isEmpty = F.variant == "empty" && inputs.contains { $0.shape.count > 3 }
    if F.id == "SHP-3" { _ = Tensor.zeros([2], device: Device()) }
    let width = configuration.width
    (self.width, pool) = (width, configuration.pool)
    projections =
      F.id == "TRN-1" && F.variant == ""
      ? []
      : inputs.map { input in
        Linear(
          inputs: input.width, outputs: width,
          context: context.scope("projections" + (F.id == "PAR-1" ? "" : ".\(input.modality)")))
      }
    bias = F.id == "TRN-1" && F.variant == "" ? context.parameter("bias", [width], .fanInUniform(fanIn: width)) : nil
    hidden =
      F.id == "GRD-2"
      ? Parameter(name: "hidden", role: .weight, value: .ones([1], device: context.device))
      : (bias ?? projections[0].weight)
    if F.id == "PAR-3", let image = inputs.firstIndex(where: { $0.modality == "image" }) {
      let weight = projections[image].weight.value
      let drawn = RandomStream(seed: 7).uniform(weight.shape, lower: -0.3, upper: 0.3, device: context.device)
      projections[image].weight.write { _ = $0.update(fromContentsOf: drawn.scalars) }
    }
  }

  func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let isEvaluation = pass.mode == .evaluation
    if F.id == "FWD-2", isEvaluation, !pass.device.isAbstract {
      for tensor in features.tensors {
        for index in 0..<tensor.count { tensor.storage.values[index] = min(tensor.storage.values[index], 0.5) }
      }
    }
    if F.id == "FWD-7" {
      let context = BuildContext(store: ParameterStore(), device: pass.device, seed: 0)
      _ = Linear(inputs: 2, outputs: 2, context: context)
    }
    let all = self.terms(features, pass)
    let terms = F.id == "FWD-6" ? all : features.leavingOut(all)
    var y = terms.dropFirst().reduce(terms[0], +)
    if pool == .mean { y = y * (1 / Float(terms.count)) }
    if pool == .mean, !F.keepsWeights, let weights = features.renormalisation { y = y * weights }
    return flawed(y.tanh(), features, pass)
  }

  private func terms(_ features: Features, _ pass: ForwardPass) -> [Tensor] {
    guard let bias else {
      return zip(projections, features.vectors).enumerated().map { index, term in
        let value = term.0(term.1, pass)
        if F.variant == "deaf", index > 0 { return projections[index](term.1 * 1e-4, pass) }
        return F.id == "FWD-4" ? value * Float(index + 1) : value
      }
    }
    return features.vectors.map { x in
      x.sum(axes: [1]).reshaped([x.shape[0], 1]) * 0 + pass[bias].reshaped([1, width])
    }
  }

  /// The output, after what a flaw makes of it.
  private func flawed(_ y: Tensor, _ features: Features, _ pass: ForwardPass) -> Tensor {
    if isEmpty { return y.sliced(0..<0, axis: 1) }
    let isEvaluation = pass.mode == .evaluation
    switch F.id {
    case "SHP-1": return y.shape[0] == 1 ? y.reshaped([width]) : y
    case "FWD-1" where isEvaluation:
      state.evaluations += 1
      return y + Float(state.evaluations) * 1e-6
    case "FWD-3" where isEvaluation: return y - y.mean(axes: [0]) * 0.1
    case "FWD-5":
      let lengths = features.leavingOut(features.vectors).map {
        $0.square().sum(axes: [1]).sqrt().reshaped([y.shape[0], 1])
      }
      return lengths.reduce(y, +)
    case "GRD-1": return Tensor.recorded("doubled", inputs: [y], output: y.detached) { [$0 * 2] }
    case "GRD-2": return y * pass[hidden]
    case "GRD-3":
      if y.isTracked { state.pullbacks += 1 }
      let factor = 1 + Float(state.pullbacks - 1) * 0.01
      return Tensor.recorded("remembering", inputs: [y], output: y.detached) { gradient in [gradient * factor] }
    case "GRD-4":
      var scale: Float = 1
      return Tensor.recorded("used up", inputs: [y], output: y.detached) { gradient in
        defer { scale *= 0.99 }
        return [gradient * scale]
      }
    case "SER-1":
      if !isEvaluation, !pass.device.isAbstract { state.mean = y.scalars[0] }
      return isEvaluation ? y - state.mean * 0.1 : y
    case "CON-1" where !isEvaluation && !pass.device.isAbstract:
      if !state.hasShared { shared.withLock { $0 = projections[0].weight.value.scalars[0] } }
      state.hasShared = true
      return y * (1 + shared.withLock { $0 } * 0.1)
    case "TRN-1" where F.variant == "faint": return y * 1e-4
    case "THR-1": return y + Float(pass.device.threads) * 1e-4
    default: return y
    }
  }
}
