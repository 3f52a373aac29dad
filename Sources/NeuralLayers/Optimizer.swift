import TensorEngine

/// Changes parameters along their gradients. The rules are those of `torch.optim`, in float32 and in its order.
///
/// A parameter without a gradient, or one that is frozen, is left alone, its state too. Frozen parameters may be given:
/// a later stage can release them.
public protocol Optimizer: AnyObject {
  /// The learning rate of the next step; schedules write to it.
  var learningRate: Double { get set }

  /// One step along the gradients that the parameters hold.
  func step()

  /// What the optimizer remembers, as named tensors for a checkpoint: PyTorch's keys behind the parameter's name, for
  /// example `decoder.weight.exp_avg`. The tensors keep changing with every step: save them, do not hold them.
  var state: [(name: String, tensor: Tensor)] { get }

  /// Takes over what ``state`` gave, in any order: afterwards steps go on to the same bits.
  ///
  /// - Returns: everything wrong with it, one sentence each: names that belong to no parameter, shapes that differ,
  ///   state that a parameter has in part only. With any problem, nothing is changed.
  func restore(_ state: [(name: String, tensor: Tensor)]) -> [String]
}

/// Named tensors beside the parameters, made when they are first needed.
struct OptimizerSlots {
  let parameters: [Parameter]
  /// PyTorch's keys, for example `exp_avg`; `step` is a scalar, all others have the shape of the parameter.
  let keys: [String]
  private var tensors: [String: Tensor] = [:]

  init(parameters: [Parameter], keys: [String]) {
    self.parameters = parameters
    self.keys = keys
  }

  var state: [(name: String, tensor: Tensor)] {
    names.compactMap { name, _ in tensors[name].map { (name, $0) } }
  }

  /// The tensor of a parameter under a key; nil before it was first made.
  subscript(parameter: Parameter, key: String) -> Tensor? {
    get { tensors["\(parameter.name).\(key)"] }
    set { tensors["\(parameter.name).\(key)"] = newValue }
  }

  mutating func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] {
    let shapes = Dictionary(names.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    let given = Set(state.map { $0.name })
    var problems = state.compactMap { name, tensor -> String? in
      guard let shape = shapes[name] else { return "the optimizer's state '\(name)' belongs to no parameter" }
      return shape == tensor.shape
        ? nil : "the optimizer's state '\(name)' has the shape \(tensor.shape), expected was \(shape)"
    }
    // A parameter has all of its state, or, before its first step, none.
    for parameter in parameters {
      let own = keys.map { "\(parameter.name).\($0)" }
      let missing = own.filter { !given.contains($0) }
      if missing.count < own.count { problems += missing.map { "the optimizer's state '\($0)' is missing" } }
    }
    guard problems.isEmpty else { return problems }
    // Copied, because steps write in place.
    tensors = Dictionary(
      state.map { ($0.name, Tensor($0.tensor.scalars, shape: $0.tensor.shape, device: $0.tensor.device)) },
      uniquingKeysWith: { first, _ in first })
    return []
  }

  private var names: [(name: String, shape: Shape)] {
    parameters.flatMap { parameter in
      keys.map { ("\(parameter.name).\($0)", $0 == "step" ? [] : parameter.value.shape) }
    }
  }
}

extension Sequence where Element == Parameter {
  /// The parameters that a step changes, with their gradients.
  func forEachGradient(_ body: (_ parameter: Parameter, _ gradient: Tensor) -> Void) {
    for parameter in self where parameter.isTrainable {
      guard let gradient = parameter.gradient else { continue }
      body(parameter, gradient)
    }
  }
}
