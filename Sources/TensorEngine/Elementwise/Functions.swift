import CFusionKernels
import Foundation

// Functions of one value, each with its row in the table of derivative rules below, or
// with its derivative in the kernels.

extension Tensor {
  /// The values with their signs turned.
  public static prefix func - (x: Tensor) -> Tensor { x.applying(Negation(), "-") }
  /// Each value raised to a power.
  public func pow(_ exponent: Float) -> Tensor { applying(ScalarPower(exponent: exponent), "pow") }
  /// eˣ.
  public func exp() -> Tensor { applying(KernelRule(function: FK_EXP, logged: .exp), "exp") }
  /// The natural logarithm.
  public func log() -> Tensor { applying(Logarithm(), "log") }
  /// log(1 + x), exact near 0.
  public func log1p() -> Tensor { applying(LogarithmOfOnePlus(), "log1p") }
  /// The square root.
  public func sqrt() -> Tensor { applying(SquareRoot(), "sqrt") }
  /// One over the square root.
  public func rsqrt() -> Tensor { applying(InverseSquareRoot(), "rsqrt") }
  /// x².
  public func square() -> Tensor { applying(Square(), "square") }
  /// The absolute value; its derivative at 0 is 0.
  public func abs() -> Tensor { applying(AbsoluteValue(), "abs") }
  /// -1, 0 or 1; the derivative is 0.
  public func sign() -> Tensor { applying(Sign(), "sign") }
  /// The nearest value between two bounds; the derivative is 1 inside and on the bounds, 0 outside.
  public func clamp(_ low: Float = -.infinity, _ high: Float = .infinity) -> Tensor {
    applying(Clamp(low: low, high: high), "clamp")
  }
  /// The sine.
  public func sin() -> Tensor { applying(Sine(), "sin") }
  /// The cosine.
  public func cos() -> Tensor { applying(Cosine(), "cos") }
  /// The error function, 2/√π ∫₀ˣ exp(-t²) dt.
  public func erf() -> Tensor { applying(KernelRule(function: FK_ERF, logged: .erf), "erf") }
}

private struct Negation: UnaryRule {
  var function: Operation.UnaryFunction { .negate }
  func value(_ x: Float) -> Float { -x }
  func slope(_ x: Float, _ y: Float) -> Float { -1 }
}

private struct ScalarPower: UnaryRule {
  var function: Operation.UnaryFunction { .pow(exponent) }
  let exponent: Float
  func value(_ x: Float) -> Float { Foundation.pow(x, exponent) }
  func slope(_ x: Float, _ y: Float) -> Float { exponent == 0 ? 0 : exponent * Foundation.pow(x, exponent - 1) }
}

private struct Logarithm: UnaryRule {
  var function: Operation.UnaryFunction { .log }
  func value(_ x: Float) -> Float { Foundation.log(x) }
  func slope(_ x: Float, _ y: Float) -> Float { 1 / x }
}

private struct LogarithmOfOnePlus: UnaryRule {
  var function: Operation.UnaryFunction { .log1p }
  func value(_ x: Float) -> Float { Foundation.log1p(x) }
  func slope(_ x: Float, _ y: Float) -> Float { 1 / (1 + x) }
}

private struct SquareRoot: UnaryRule {
  var function: Operation.UnaryFunction { .sqrt }
  func value(_ x: Float) -> Float { x.squareRoot() }
  func slope(_ x: Float, _ y: Float) -> Float { 0.5 / y }
}

private struct InverseSquareRoot: UnaryRule {
  var function: Operation.UnaryFunction { .rsqrt }
  func value(_ x: Float) -> Float { 1 / x.squareRoot() }
  func slope(_ x: Float, _ y: Float) -> Float { -0.5 * y * y * y }
}

private struct Square: UnaryRule {
  var function: Operation.UnaryFunction { .square }
  func value(_ x: Float) -> Float { x * x }
  func slope(_ x: Float, _ y: Float) -> Float { 2 * x }
}

private struct AbsoluteValue: UnaryRule {
  var function: Operation.UnaryFunction { .abs }
  func value(_ x: Float) -> Float { x.magnitude }
  func slope(_ x: Float, _ y: Float) -> Float { x > 0 ? 1 : x < 0 ? -1 : 0 }
}

private struct Sign: UnaryRule {
  var function: Operation.UnaryFunction { .sign }
  func value(_ x: Float) -> Float { x > 0 ? 1 : x < 0 ? -1 : 0 }
  func slope(_ x: Float, _ y: Float) -> Float { 0 }
}

private struct Clamp: UnaryRule {
  var function: Operation.UnaryFunction { .clamp(low, high) }
  let low: Float
  let high: Float
  func value(_ x: Float) -> Float { x < low ? low : x > high ? high : x }
  func slope(_ x: Float, _ y: Float) -> Float { x >= low && x <= high ? 1 : 0 }
}

private struct Sine: UnaryRule {
  var function: Operation.UnaryFunction { .sin }
  func value(_ x: Float) -> Float { Foundation.sin(x) }
  func slope(_ x: Float, _ y: Float) -> Float { Foundation.cos(x) }
}

private struct Cosine: UnaryRule {
  var function: Operation.UnaryFunction { .cos }
  func value(_ x: Float) -> Float { Foundation.cos(x) }
  func slope(_ x: Float, _ y: Float) -> Float { -Foundation.sin(x) }
}
