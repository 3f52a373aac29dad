import CFusionKernels
import Foundation

// Activation functions with PyTorch's defaults, each with its row in the table of derivative rules below, or
// with its derivative in the kernels.

extension Tensor {
  /// max(x, 0); the derivative at 0 is 0.
  public func relu() -> Tensor { applying(Relu(), "relu") }
  /// x where positive, else `slope`·x.
  public func leakyRelu(slope: Float = 0.01) -> Tensor { applying(LeakyRelu(negativeSlope: slope), "leakyRelu") }
  /// x where positive, else `alpha`·(eˣ - 1) (Clevert et al. 2015).
  public func elu(alpha: Float = 1) -> Tensor { applying(Elu(alpha: alpha), "elu") }
  /// x·Φ(x), Φ the normal distribution's function (Hendrycks and Gimpel 2016).
  public func gelu() -> Tensor { applying(KernelRule(function: FK_GELU, logged: .gelu), "gelu") }
  /// The approximation of ``gelu()`` by a hyperbolic tangent, from the same paper.
  public func geluTanh() -> Tensor { applying(KernelRule(function: FK_GELU_TANH, logged: .geluTanh), "geluTanh") }
  /// 1 / (1 + e⁻ˣ).
  public func sigmoid() -> Tensor { applying(KernelRule(function: FK_SIGMOID_OF, logged: .sigmoid), "sigmoid") }
  /// The hyperbolic tangent.
  public func tanh() -> Tensor { applying(KernelRule(function: FK_TANH_OF, logged: .tanh), "tanh") }
  /// log(1 + exp(`beta`·x)) / `beta`; x itself where `beta`·x is above `threshold`.
  public func softplus(beta: Float = 1, threshold: Float = 20) -> Tensor {
    applying(Softplus(beta: beta, threshold: threshold), "softplus")
  }
  /// x·sigmoid(x), also called swish.
  public func silu() -> Tensor { applying(KernelRule(function: FK_SILU, logged: .silu), "silu") }
}

private func logistic(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

private struct Relu: UnaryRule {
  var function: Operation.UnaryFunction { .relu }
  func value(_ x: Float) -> Float { x <= 0 ? 0 : x }
  func slope(_ x: Float, _ y: Float) -> Float { y <= 0 ? 0 : 1 }
}

private struct LeakyRelu: UnaryRule {
  var function: Operation.UnaryFunction { .leakyRelu(slope: negativeSlope) }
  let negativeSlope: Float
  func value(_ x: Float) -> Float { x > 0 ? x : negativeSlope * x }
  func slope(_ x: Float, _ y: Float) -> Float { x > 0 ? 1 : negativeSlope }
}

private struct Elu: UnaryRule {
  var function: Operation.UnaryFunction { .elu(alpha: alpha) }
  let alpha: Float
  func value(_ x: Float) -> Float { x > 0 ? x : alpha * expm1(x) }
  func slope(_ x: Float, _ y: Float) -> Float { x > 0 ? 1 : alpha * exp(x) }
}

private struct Softplus: UnaryRule {
  var function: Operation.UnaryFunction { .softplus(beta: beta, threshold: threshold) }
  let beta: Float
  let threshold: Float
  func value(_ x: Float) -> Float { x * beta > threshold ? x : log1p(exp(x * beta)) / beta }
  func slope(_ x: Float, _ y: Float) -> Float { x * beta > threshold ? 1 : logistic(x * beta) }
}
