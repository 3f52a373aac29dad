import CFusionKernels

/// One row of the table of derivative rules: a function of one number, and its derivative.
///
/// Rules are types, so that the loops below are compiled once for each, with nothing called inside.
protocol UnaryRule {
  /// The function.
  func value(_ x: Float) -> Float
  /// Its derivative at `x`, where the function has the value `y`.
  func slope(_ x: Float, _ y: Float) -> Float
  /// What it is called in an ``OperationLog``.
  var function: Operation.UnaryFunction { get }
}

/// A function and its derivative that the kernels have, many numbers at a time.
struct KernelRule {
  let function: fk_function
  let logged: Operation.UnaryFunction
}

/// A function of two numbers, and its derivatives with respect to each.
protocol BinaryRule {
  /// The function.
  func value(_ a: Float, _ b: Float) -> Float
  /// The derivative with respect to `a`.
  func slopeA(_ a: Float, _ b: Float) -> Float
  /// The derivative with respect to `b`.
  func slopeB(_ a: Float, _ b: Float) -> Float
  /// What it is called in an ``OperationLog``.
  var function: Operation.BinaryFunction { get }
}

extension Tensor {
  /// Applies a rule to every value.
  func applying<Rule: UnaryRule>(_ rule: Rule, _ name: StaticString) -> Tensor {
    let x = storage.base
    let output = Tensor(shape: shape, device: device) { values in
      let y = values.baseAddress!
      device.forEachBlock(of: count) { range in
        for i in range { y[i] = rule.value(x[i]) }
      }
    }
    guard isTracked || device.log != nil else { return output }
    return Tensor.recorded(name, as: .unary(rule.function), inputs: [self], output: output) {
      [input = detached] gradient in
      [Tensor.product(of: gradient, slope: rule, at: input, output)]
    }
  }

  /// Applies a function of the kernels to every value.
  func applying(_ rule: KernelRule, _ name: StaticString) -> Tensor {
    let (x, rows, function) = (detached, device.rows, rule.function)
    let output = Tensor(shape: shape, device: device) { values in
      device.forEachBlock(of: count) { range in
        rows.apply(function, x.storage.base + range.lowerBound, range.count, values.baseAddress! + range.lowerBound)
      }
    }
    guard isTracked || device.log != nil else { return output }
    return Tensor.recorded(name, as: .unary(rule.logged), inputs: [self], output: output) { gradient in
      [
        Tensor(shape: x.shape, device: x.device) { values in
          x.device.forEachBlock(of: x.count) { range in
            let first = range.lowerBound
            rows.differentiate(
              function, x.storage.base + first, output.storage.base + first, gradient.storage.base + first, range.count,
              values.baseAddress! + first)
          }
        }
      ]
    }
  }

  private static func product<Rule: UnaryRule>(
    of gradient: Tensor, slope rule: Rule, at input: Tensor, _ output: Tensor
  ) -> Tensor {
    let (x, y, g) = (input.storage.base, output.storage.base, gradient.storage.base)
    return Tensor(shape: input.shape, device: input.device) { values in
      let out = values.baseAddress!
      input.device.forEachBlock(of: input.count) { range in
        for i in range { out[i] = g[i] * rule.slope(x[i], y[i]) }
      }
    }
  }

  /// Applies a rule to every pair of values, after broadcasting.
  static func applying<Rule: BinaryRule>(_ rule: Rule, _ name: StaticString, _ a: Tensor, _ b: Tensor) -> Tensor {
    let pairs = BroadcastPairs(name, a, b)
    let output = pairs.map(Value(rule: rule))
    guard a.isTracked || b.isTracked || output.device.log != nil else { return output }
    let (aTracked, bTracked, aShape, bShape) = (a.isTracked, b.isTracked, a.shape, b.shape)
    return recorded(name, as: .binary(rule.function), inputs: [a, b], output: output) { gradient in
      let g = gradient.storage.base
      return withExtendedLifetime(gradient) {
        [
          aTracked ? pairs.map(SlopeA(rule: rule, gradient: g)).sum(to: aShape) : nil,
          bTracked ? pairs.map(SlopeB(rule: rule, gradient: g)).sum(to: bShape) : nil,
        ]
      }
    }
  }
}

/// The value of a rule, as a function of pairs.
private struct Value<Rule: BinaryRule>: PairFunction {
  let rule: Rule
  @inline(__always) func value(_ index: Int, _ a: Float, _ b: Float) -> Float { rule.value(a, b) }
}

/// The gradient of a rule's first input.
private struct SlopeA<Rule: BinaryRule>: PairFunction {
  let rule: Rule
  let gradient: UnsafeMutablePointer<Float>
  @inline(__always) func value(_ index: Int, _ a: Float, _ b: Float) -> Float { gradient[index] * rule.slopeA(a, b) }
}

/// The gradient of a rule's second input.
private struct SlopeB<Rule: BinaryRule>: PairFunction {
  let rule: Rule
  let gradient: UnsafeMutablePointer<Float>
  @inline(__always) func value(_ index: Int, _ a: Float, _ b: Float) -> Float { gradient[index] * rule.slopeB(a, b) }
}
