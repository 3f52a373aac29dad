import CFusionKernels
import TensorEngine

/// A named tensor of a model: a weight that training changes, or a buffer that the forward pass keeps (the running mean
/// of a batch norm). Both are saved with the model, under the same names and layouts as PyTorch's `state_dict`.
public final class Parameter {
  /// What becomes of a parameter in training.
  public enum Role: Sendable {
    /// Trained by the optimizer.
    case weight
    /// Kept up to date by the layer itself, saved, never trained.
    case buffer
  }

  /// The full dotted name, for example `encoders.image.blocks.0.conv.weight`.
  public let name: String
  /// Weight or buffer.
  public let role: Role
  /// Whether a value below 0 has no meaning, as that of a variance: a file that holds one is damaged.
  public let isNonNegative: Bool
  /// The values. The owner of the model may write to the storage between two passes.
  public let value: Tensor
  /// The gradients received since it was last set to nil: a second backward pass adds up, as in PyTorch.
  public var gradient: Tensor?
  /// Whether gradients are wanted; false for buffers and while a stage of training freezes the parameter.
  public var isTrainable: Bool

  /// A parameter that holds `value`.
  public init(name: String, role: Role, value: Tensor, isNonNegative: Bool = false) {
    self.name = name
    self.isNonNegative = isNonNegative
    self.role = role
    self.value = value
    isTrainable = role == .weight
    fk_allocations_note(Int32(FK_PARAMETERS))
  }

  /// How many parameters this thread has made, in whatever store or none: for checks, by the difference.
  public static var madeOnThisThread: Int { fk_allocations_count(Int32(FK_PARAMETERS)) }

  /// Writes values by hand, all that a formula gives and an ``Initializer`` does not. Nothing is written where only shapes are
  /// known.
  public func write(_ body: (UnsafeMutableBufferPointer<Float>) -> Void) {
    if !value.device.isAbstract { body(value.storage.values) }
  }

  /// The scope that made the parameter: its name without the last part.
  var scope: String { name.split(separator: ".").dropLast().joined(separator: ".") }

  /// Adds one gradient to those already there.
  public func receive(_ part: Tensor) { gradient = gradient.map { $0 + part } ?? part }
}

/// The parameters of a model in the order in which they were made.
public final class ParameterStore {
  /// All parameters, weights and buffers.
  public private(set) var parameters: [Parameter] = []
  /// Names that were asked for twice: a bug of the component that asked.
  public private(set) var duplicateNames: [String] = []
  private var index: [String: Int] = [:]

  /// An empty store.
  public init() {}

  /// The parameters of several models as those of one; they are shared, not copied.
  public init(joining stores: [ParameterStore]) {
    for store in stores { for parameter in store.parameters { add(parameter) } }
  }

  /// The parameter of this name.
  public subscript(name: String) -> Parameter? { index[name].map { parameters[$0] } }

  /// What the optimizer trains, in order.
  public var trainable: [Parameter] { parameters.filter(\.isTrainable) }

  /// The number of values that are trained: buffers do not count, as in PyTorch's customary sum.
  public var weightCount: Int { parameters.filter { $0.role == .weight }.reduce(0) { $0 + $1.value.count } }

  func add(_ parameter: Parameter) {
    if index.updateValue(parameters.count, forKey: parameter.name) != nil { duplicateNames.append(parameter.name) }
    parameters.append(parameter)
  }

  /// Forgets all gradients, before a step.
  public func clearGradients() { for parameter in parameters { parameter.gradient = nil } }
}
