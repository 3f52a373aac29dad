import Foundation

// Arithmetic on pairs of tensors that broadcast against each other, and with numbers. A number is a tensor of shape [].

extension Tensor {
  /// The sum, element by element.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    let output = applying(Sum(), "+", a.detached, b.detached)
    return recorded("+", inputs: [a, b], output: output) { [aShape = a.shape, bShape = b.shape] gradient in
      [gradient.sum(to: aShape), gradient.sum(to: bShape)]
    }
  }

  /// The difference, element by element.
  public static func - (a: Tensor, b: Tensor) -> Tensor { applying(Difference(), "-", a, b) }

  /// The product, element by element.
  public static func * (a: Tensor, b: Tensor) -> Tensor { applying(Product(), "*", a, b) }

  /// The quotient, element by element.
  public static func / (a: Tensor, b: Tensor) -> Tensor { applying(Quotient(), "/", a, b) }

  /// Each value of this tensor raised to the power of the other's.
  public func pow(_ exponent: Tensor) -> Tensor { Tensor.applying(Power(), "pow", self, exponent) }

  /// The larger of each pair; NaN where either is. Equal values share the gradient, half each.
  public static func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { applying(Maximum(), "maximum", a, b) }

  /// The smaller of each pair; NaN where either is. Equal values share the gradient, half each.
  public static func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { applying(Minimum(), "minimum", a, b) }

  /// Adds a number to each value.
  public static func + (a: Tensor, b: Float) -> Tensor { a + a.constant(b) }
  /// Adds a number to each value.
  public static func + (a: Float, b: Tensor) -> Tensor { b.constant(a) + b }
  /// Subtracts a number from each value.
  public static func - (a: Tensor, b: Float) -> Tensor { a - a.constant(b) }
  /// Subtracts each value from a number.
  public static func - (a: Float, b: Tensor) -> Tensor { b.constant(a) - b }
  /// Multiplies each value by a number.
  public static func * (a: Tensor, b: Float) -> Tensor { a * a.constant(b) }
  /// Multiplies each value by a number.
  public static func * (a: Float, b: Tensor) -> Tensor { b.constant(a) * b }
  /// Divides each value by a number.
  public static func / (a: Tensor, b: Float) -> Tensor { a / a.constant(b) }
  /// Divides a number by each value.
  public static func / (a: Float, b: Tensor) -> Tensor { b.constant(a) / b }

  /// A number as a tensor of shape `[]` on this tensor's device.
  func constant(_ value: Float) -> Tensor { Tensor(repeating: value, shape: [], device: device) }

  /// The gradient of an input of `target`'s shape that was broadcast to this shape: sums over what was repeated.
  func sum(to target: Shape) -> Tensor {
    guard shape != target else { return self }
    let added = rank - target.count
    let axes = shape.indices.filter { $0 < added || (target[$0 - added] == 1 && shape[$0] != 1) }
    return sum(axes: axes).reshaped(target)
  }
}

// The table of derivative rules for two inputs.

private struct Sum: BinaryRule {
  var function: Operation.BinaryFunction { .add }
  func value(_ a: Float, _ b: Float) -> Float { a + b }
  func slopeA(_ a: Float, _ b: Float) -> Float { 1 }
  func slopeB(_ a: Float, _ b: Float) -> Float { 1 }
}

private struct Difference: BinaryRule {
  var function: Operation.BinaryFunction { .subtract }
  func value(_ a: Float, _ b: Float) -> Float { a - b }
  func slopeA(_ a: Float, _ b: Float) -> Float { 1 }
  func slopeB(_ a: Float, _ b: Float) -> Float { -1 }
}

private struct Product: BinaryRule {
  var function: Operation.BinaryFunction { .multiply }
  func value(_ a: Float, _ b: Float) -> Float { a * b }
  func slopeA(_ a: Float, _ b: Float) -> Float { b }
  func slopeB(_ a: Float, _ b: Float) -> Float { a }
}

private struct Quotient: BinaryRule {
  var function: Operation.BinaryFunction { .divide }
  func value(_ a: Float, _ b: Float) -> Float { a / b }
  func slopeA(_ a: Float, _ b: Float) -> Float { 1 / b }
  func slopeB(_ a: Float, _ b: Float) -> Float { -(a / b) / b }
}

private struct Power: BinaryRule {
  var function: Operation.BinaryFunction { .pow }
  func value(_ a: Float, _ b: Float) -> Float { Foundation.pow(a, b) }
  func slopeA(_ a: Float, _ b: Float) -> Float { b == 0 ? 0 : b * Foundation.pow(a, b - 1) }
  func slopeB(_ a: Float, _ b: Float) -> Float { a == 0 && b >= 0 ? 0 : Foundation.pow(a, b) * log(a) }
}

private struct Maximum: BinaryRule {
  var function: Operation.BinaryFunction { .maximum }
  func value(_ a: Float, _ b: Float) -> Float { a.isNaN || a > b ? a : b }
  func slopeA(_ a: Float, _ b: Float) -> Float { a > b ? 1 : a == b ? 0.5 : 0 }
  func slopeB(_ a: Float, _ b: Float) -> Float { b > a ? 1 : a == b ? 0.5 : 0 }
}

private struct Minimum: BinaryRule {
  var function: Operation.BinaryFunction { .minimum }
  func value(_ a: Float, _ b: Float) -> Float { a.isNaN || a < b ? a : b }
  func slopeA(_ a: Float, _ b: Float) -> Float { a < b ? 1 : a == b ? 0.5 : 0 }
  func slopeB(_ a: Float, _ b: Float) -> Float { b < a ? 1 : a == b ? 0.5 : 0 }
}
