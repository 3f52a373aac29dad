// Comparisons after broadcasting: 1 where they hold, 0 where not, without a gradient. They are written like those of
// the standard library's SIMD vectors: `x .> 0`.

extension Tensor {
  /// 1 where the values are equal.
  public static func .== (a: Tensor, b: Tensor) -> Tensor { compare(".==", a, b, Equal(), .equal) }
  /// 1 where the values differ.
  public static func .!= (a: Tensor, b: Tensor) -> Tensor { compare(".!=", a, b, Different(), .notEqual) }
  /// 1 where the left value is larger.
  public static func .> (a: Tensor, b: Tensor) -> Tensor { compare(".>", a, b, Greater(), .greater) }
  /// 1 where the left value is at least as large.
  public static func .>= (a: Tensor, b: Tensor) -> Tensor { compare(".>=", a, b, GreaterOrEqual(), .greaterOrEqual) }
  /// 1 where the left value is smaller.
  public static func .< (a: Tensor, b: Tensor) -> Tensor { compare(".<", b, a, Greater(), .greater) }
  /// 1 where the left value is at most as large.
  public static func .<= (a: Tensor, b: Tensor) -> Tensor { compare(".<=", b, a, GreaterOrEqual(), .greaterOrEqual) }

  /// 1 where the values are this number.
  public static func .== (a: Tensor, b: Float) -> Tensor { a .== a.constant(b) }
  /// 1 where the values are not this number.
  public static func .!= (a: Tensor, b: Float) -> Tensor { a .!= a.constant(b) }
  /// 1 where the values are larger than a number.
  public static func .> (a: Tensor, b: Float) -> Tensor { a .> a.constant(b) }
  /// 1 where the values are at least a number.
  public static func .>= (a: Tensor, b: Float) -> Tensor { a .>= a.constant(b) }
  /// 1 where the values are smaller than a number.
  public static func .< (a: Tensor, b: Float) -> Tensor { a .< a.constant(b) }
  /// 1 where the values are at most a number.
  public static func .<= (a: Tensor, b: Float) -> Tensor { a .<= a.constant(b) }

  /// The values of `a` where `condition` is not 0, else those of `b`; all three broadcast against each other.
  public static func `where`(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
    let chosen = condition.detached .!= 0
    let (aTracked, bTracked, aShape, bShape) = (a.isTracked, b.isTracked, a.shape, b.shape)
    // What is not chosen may be infinite or NaN, so it is replaced, not multiplied by 0.
    let left = BroadcastPairs("where", chosen, a).map(Masked(keep: true))
    let right = BroadcastPairs("where", chosen, b).map(Masked(keep: false))
    let output = noted(
      "where", as: .choice, inputs: [chosen, a, b], output: BroadcastPairs("where", left, right).map(Added()))
    return recorded("where", inputs: [a, b], output: output) { gradient in
      [
        aTracked ? BroadcastPairs("where", chosen, gradient).map(Masked(keep: true)).sum(to: aShape) : nil,
        bTracked ? BroadcastPairs("where", chosen, gradient).map(Masked(keep: false)).sum(to: bShape) : nil,
      ]
    }
  }

  /// The values of `a` where `condition` is not 0, else a number.
  public static func `where`(_ condition: Tensor, _ a: Tensor, _ b: Float) -> Tensor {
    `where`(condition, a, a.constant(b))
  }

  /// A number where `condition` is not 0, else the values of `b`.
  public static func `where`(_ condition: Tensor, _ a: Float, _ b: Tensor) -> Tensor {
    `where`(condition, b.constant(a), b)
  }

  private static func compare<Comparison: PairFunction>(
    _ name: StaticString, _ a: Tensor, _ b: Tensor, _ comparison: Comparison, _ function: Operation.BinaryFunction
  ) -> Tensor {
    noted(name, as: .binary(function), inputs: [a, b], output: BroadcastPairs(name, a, b).map(comparison))
  }
}

private struct Equal: PairFunction {
  func value(_ index: Int, _ a: Float, _ b: Float) -> Float { a == b ? 1 : 0 }
}

private struct Different: PairFunction {
  func value(_ index: Int, _ a: Float, _ b: Float) -> Float { a != b ? 1 : 0 }
}

private struct Greater: PairFunction {
  func value(_ index: Int, _ a: Float, _ b: Float) -> Float { a > b ? 1 : 0 }
}

private struct GreaterOrEqual: PairFunction {
  func value(_ index: Int, _ a: Float, _ b: Float) -> Float { a >= b ? 1 : 0 }
}

/// The sum, one of which is 0.
private struct Added: PairFunction {
  func value(_ index: Int, _ a: Float, _ b: Float) -> Float { a + b }
}

/// The second value where the first is not 0 (or where it is), else 0.
private struct Masked: PairFunction {
  let keep: Bool
  func value(_ index: Int, _ a: Float, _ b: Float) -> Float { (a != 0) == keep ? b : 0 }
}
