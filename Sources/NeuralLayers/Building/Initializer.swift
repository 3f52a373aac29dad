import TensorEngine

/// How the first values of a parameter are drawn: PyTorch's `torch.nn.init`, with its way of counting fans.
///
/// For a parameter of two dimensions or more, `fan_in` is the size of dimension 1 times the receptive field (the product
/// of all further dimensions), and `fan_out` that of dimension 0 times the receptive field: `[out, in]` of a linear
/// layer, `[out, in, height, width]` of a convolution, and by the same rule `[R, d + 1, D]` of a low-rank factor. The
/// initialisers that count fans stop for parameters of fewer dimensions, as PyTorch's do.
///
/// PyTorch's own generators are not imitated: the distributions are the same, the drawn values are not.
public enum Initializer: Sendable, Equatable {
  /// All zero.
  case zeros
  /// All one.
  case ones
  /// All of one value.
  case constant(Double)
  /// Uniform between two bounds.
  case uniform(lower: Double, upper: Double)
  /// Normal.
  case normal(mean: Double = 0, deviation: Double = 1)
  /// Uniform within ±gain · √(6 / (fan_in + fan_out)) (Glorot and Bengio 2010).
  case xavierUniform(gain: Double = 1)
  /// Normal of deviation gain · √(2 / (fan_in + fan_out)) (Glorot and Bengio 2010).
  case xavierNormal(gain: Double = 1)
  /// Uniform within ±√(6 / ((1 + a²) · fan_in)), `a` the slope of the leaky ReLU that follows (He et al. 2015).
  ///
  /// `torch.nn.init.kaiming_uniform_` has a = 0; for what `nn.Linear` and `nn.Conv2d` do, see ``layerDefault``.
  case kaimingUniform(a: Double)
  /// Normal of deviation √(2 / ((1 + a²) · fan_in)), `a` the slope of the leaky ReLU that follows (He et al. 2015).
  case kaimingNormal(a: Double)
  /// Uniform within ±1 / √fan_in for a given fan, that of the weight: PyTorch's biases.
  case fanInUniform(fanIn: Int)

  /// What PyTorch gives the weights of `nn.Linear` and `nn.Conv2d`: `kaimingUniform(a: √5)`, which is ±1 / √fan_in.
  public static let layerDefault = Initializer.kaimingUniform(a: 5.0.squareRoot())
}

extension Initializer {
  /// What the values are drawn from, once the shape is known.
  public enum Distribution: Sendable, Equatable {
    /// One value.
    case constant(Double)
    /// Between two bounds.
    case uniform(lower: Double, upper: Double)
    /// With a mean and a deviation.
    case normal(mean: Double, deviation: Double)
  }

  /// The distribution that this initializer means for a parameter of this shape.
  public func distribution(shape: Shape) -> Distribution {
    switch self {
    case .zeros: return .constant(0)
    case .ones: return .constant(1)
    case .constant(let value): return .constant(value)
    case .uniform(let lower, let upper): return .uniform(lower: lower, upper: upper)
    case .normal(let mean, let deviation): return .normal(mean: mean, deviation: deviation)
    case .xavierUniform(let gain):
      let (fanIn, fanOut) = fans(shape)
      return .symmetric(gain * (6 / (fanIn + fanOut)).squareRoot())
    case .xavierNormal(let gain):
      let (fanIn, fanOut) = fans(shape)
      return .normal(mean: 0, deviation: gain * (2 / (fanIn + fanOut)).squareRoot())
    case .kaimingUniform(let a): return .symmetric((6 / ((1 + a * a) * fans(shape).in)).squareRoot())
    case .kaimingNormal(let a): return .normal(mean: 0, deviation: (2 / ((1 + a * a) * fans(shape).in)).squareRoot())
    case .fanInUniform(let fanIn): return .symmetric(fanIn > 0 ? 1 / Double(fanIn).squareRoot() : 0)
    }
  }

  /// Values for a parameter of this shape, drawn from `random`: value i depends on the stream and on i alone.
  public func tensor(shape: Shape, random: RandomStream, device: Device) -> Tensor {
    switch distribution(shape: shape) {
    case .constant(let value): Tensor(repeating: Float(value), shape: shape, device: device)
    case .uniform(let lower, let upper): random.uniform(shape, lower: lower, upper: upper, device: device)
    case .normal(let mean, let deviation): random.normal(shape, mean: mean, deviation: deviation, device: device)
    }
  }

  private func fans(_ shape: Shape) -> (in: Double, out: Double) {
    require(shape.count >= 2, "\(self): a fan needs two dimensions or more, the parameter has the shape \(shape)")
    let receptiveField = Shape(shape[2...]).elementCount
    return (Double(shape[1] * receptiveField), Double(shape[0] * receptiveField))
  }
}

extension Initializer.Distribution {
  fileprivate static func symmetric(_ bound: Double) -> Self { .uniform(lower: -bound, upper: bound) }
}
