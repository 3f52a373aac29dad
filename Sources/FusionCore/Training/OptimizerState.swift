/// Named tensors beside the parameters, made when they are first needed: what most optimizers remember.
public struct OptimizerState {
  /// The parameters, in their order.
  public let parameters: [Parameter]
  private let scalars: [String]
  private let keys: [String]
  private let optional: [String]
  private var made: [String: Tensor] = [:]

  /// No state yet.
  ///
  /// - Parameters:
  ///   - scalars: PyTorch's keys of what is one number for a parameter, for example `step`.
  ///   - keys: those of what has the shape of the parameter, for example `exp_avg`.
  ///   - optional: more of these, which a parameter may lack after its first step.
  public init(_ parameters: [Parameter], scalars: [String] = [], keys: [String] = [], optional: [String] = []) {
    self.parameters = parameters
    self.scalars = scalars
    self.keys = keys
    self.optional = optional
  }

  /// All that was made so far: what ``Optimizer/state`` asks for.
  public var tensors: [(name: String, tensor: Tensor)] {
    names.compactMap { name, _ in made[name].map { (name, $0) } }
  }

  /// Whether a parameter has a tensor under a key.
  public func has(_ key: String, of parameter: Parameter) -> Bool { made["\(parameter.name).\(key)"] != nil }

  /// The values of a parameter under a key, to be read and written; filled with `initial` where they are first needed.
  public mutating func values(
    _ key: String, of parameter: Parameter, initial: Float = 0
  ) -> UnsafeMutablePointer<Float> {
    let name = "\(parameter.name).\(key)"
    if let known = made[name] { return known.storage.base }
    let shape = scalars.contains(key) ? [] : parameter.value.shape
    let tensor = Tensor(repeating: initial, shape: shape, device: parameter.value.device)
    made[name] = tensor
    return tensor.storage.base
  }

  /// Takes over what ``tensors`` gave: what ``Optimizer/restore(_:)`` asks for.
  ///
  /// - Returns: everything wrong with it, one sentence each; nothing is changed then.
  public mutating func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] {
    let shapes = Dictionary(names.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    let given = Set(state.map { $0.name })
    var problems = state.compactMap { name, tensor -> String? in
      guard let shape = shapes[name] else { return "the optimizer's state '\(name)' belongs to no parameter" }
      return shape == tensor.shape
        ? nil : "the optimizer's state '\(name)' has the shape \(tensor.shape), expected was \(shape)"
    }
    // A parameter has all of its state, or, before its first step, none.
    for parameter in parameters {
      let isStarted = (scalars + keys + optional).contains { given.contains("\(parameter.name).\($0)") }
      let missing = (scalars + keys).map { "\(parameter.name).\($0)" }.filter { !given.contains($0) }
      if isStarted { problems += missing.map { "the optimizer's state '\($0)' is missing" } }
    }
    guard problems.isEmpty else { return problems }
    // Copied, because steps write in place.
    made = Dictionary(
      state.map { ($0.name, Tensor($0.tensor.scalars, shape: $0.tensor.shape, device: $0.tensor.device)) },
      uniquingKeysWith: { first, _ in first })
    return []
  }

  private var names: [(name: String, shape: Shape)] {
    parameters.flatMap { parameter in
      scalars.map { ("\(parameter.name).\($0)", []) }
        + (keys + optional).map { ("\(parameter.name).\($0)", parameter.value.shape) }
    }
  }
}
