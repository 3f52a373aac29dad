import TensorEngine

/// Where a component makes its parameters, explicitly and under dotted names.
///
/// The random numbers of a parameter derive from the run's seed and the parameter's full name: adding a layer reshuffles
/// no other. Use ``scope(_:)`` for the parts of a component:
///
/// ```swift
/// let weight = context.parameter("weight", [out, in], .kaimingUniform)
/// let head = Linear(inputs: 64, outputs: 10, context: context.scope("head"))   // head.weight, head.bias
/// ```
public struct BuildContext {
  /// Where parameters are kept.
  public let store: ParameterStore
  /// The device of the parameters.
  public let device: Device
  /// The dotted name of the component, empty at the root.
  public let path: String
  private let random: RandomStream

  /// The root context of a model.
  public init(store: ParameterStore, device: Device, seed: UInt64) {
    self.init(store: store, device: device, path: "", random: RandomStream(seed: seed).derived("parameters"))
  }

  private init(store: ParameterStore, device: Device, path: String, random: RandomStream) {
    self.store = store
    self.device = device
    self.path = path
    self.random = random
  }

  /// The context of a part.
  public func scope(_ name: String) -> BuildContext {
    BuildContext(store: store, device: device, path: fullName(name), random: random)
  }

  /// Makes a weight, which is trained and saved.
  ///
  /// - Parameters:
  ///   - name: within this scope, dots allowed.
  ///   - shape: in PyTorch's layout: linear `[out, in]`, convolution `[out, in, height, width]`.
  ///   - initializer: how the first values are drawn.
  public func parameter(_ name: String, _ shape: Shape, _ initializer: Initializer) -> Parameter {
    add(name, .weight, shape, initializer)
  }

  /// Makes a buffer, which is saved and not trained.
  ///
  /// - Parameter isNonNegative: whether a file that holds a value below 0 is refused, as for variances and counts.
  public func buffer(
    _ name: String, _ shape: Shape, _ initializer: Initializer, isNonNegative: Bool = false
  ) -> Parameter {
    add(name, .buffer, shape, initializer, isNonNegative: isNonNegative)
  }

  /// Says that a component cannot be made, and why. It is told at `fusionkit check`, with the line of the configuration, and
  /// nothing is made; what is to be made after it does not matter.
  ///
  /// - Parameters:
  ///   - message: what is wrong and what was expected.
  ///   - key: the configuration key that is to blame, if one is.
  ///   - hint: what to do.
  public func problem(_ message: String, key: String? = nil, hint: String? = nil) {
    guard let pass = ShapePass.current else { stop("\(path): \(message)") }
    pass.report(ShapePass.Issue(message, key: key, hint: hint, isOwn: true))
  }

  /// The same where nothing can be made at all: whatever follows is not run.
  public func refuse(_ message: String, key: String? = nil, hint: String? = nil) -> Never {
    problem(message, key: key, hint: hint)
    guard let pass = ShapePass.current else { stop("\(path): \(message)") }
    pass.giveUp()
  }

  /// Says what the component is in a few words, for the table of layers, which has its name otherwise.
  public func describe(_ words: String) { ShapePass.current?.words = words }

  private func add(
    _ name: String, _ role: Parameter.Role, _ shape: Shape, _ initializer: Initializer, isNonNegative: Bool = false
  ) -> Parameter {
    let name = fullName(name)
    let value = initializer.tensor(shape: shape, random: random.derived(name), device: device)
    let parameter = Parameter(name: name, role: role, value: value, isNonNegative: isNonNegative)
    store.add(parameter)
    return parameter
  }

  private func fullName(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
}
