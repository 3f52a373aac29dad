import TensorEngine

/// The activations that a configuration can name, with PyTorch's defaults.
public enum Activation: String, Sendable, Codable, CaseIterable {
  /// max(x, 0).
  case relu
  /// x where positive, else 0.01 x.
  case leakyRelu = "leaky_relu"
  /// x where positive, else eˣ − 1.
  case elu
  /// x Φ(x), with the normal distribution's Φ itself, not its approximation by tanh.
  case gelu
  /// x σ(x).
  case silu
  /// The hyperbolic tangent.
  case tanh
  /// 1 / (1 + e⁻ˣ).
  case sigmoid
  /// x itself.
  case none

  /// What a layer's description says of it: its name; nil: nothing.
  public var description: String? { self == .none ? nil : rawValue }

  /// Shapes: any, and the same out.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .relu: x.relu()
    case .leakyRelu: x.leakyRelu()
    case .elu: x.elu()
    case .gelu: x.gelu()
    case .silu: x.silu()
    case .tanh: x.tanh()
    case .sigmoid: x.sigmoid()
    case .none: x
    }
  }
}
