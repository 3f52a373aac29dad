import TensorEngine

extension Sequence where Element == Parameter {
  /// The Euclidean norm of all gradients together, summed in double precision and in one fixed order.
  public var gradientNorm: Double {
    var total = 0.0
    forEachGradient { _, gradient in
      total += gradient.device.sumOfBlocks(of: gradient.count) { sumOfSquares(gradient.storage.values[$0]) }
    }
    return total.squareRoot()
  }

  /// Scales all gradients down by one factor, so that their norm is `limit` at most: `torch.nn.utils.clip_grad_norm_`.
  ///
  /// The factor is limit / (norm + 1e-6), where that is below 1.
  ///
  /// - Returns: the norm before, NaN or infinite if a gradient is.
  @discardableResult
  public func clipGradients(norm limit: Double) -> Double {
    let norm = gradientNorm
    let factor = limit / (norm + 1e-6)
    if !(factor >= 1) { mapGradients { $0 * Float(factor) } }
    return norm
  }

  /// Moves every value of a gradient into ±limit: `torch.nn.utils.clip_grad_value_`.
  public func clipGradients(value limit: Double) {
    let limit = Float(limit)
    mapGradients { $0.isNaN ? $0 : Swift.min(Swift.max($0, -limit), limit) }
  }

  /// Gives every parameter a new gradient: the old one may share its storage with others.
  @inline(__always)
  private func mapGradients(_ transform: (Float) -> Float) {
    forEachGradient { parameter, gradient in
      let before = gradient.storage.base
      parameter.gradient = Tensor(shape: gradient.shape, device: gradient.device) { output in
        let after = output.baseAddress!
        gradient.device.forEachBlock(of: gradient.count) { range in
          for i in range { after[i] = transform(before[i]) }
        }
      }
    }
  }
}

/// Sums in four columns, which run side by side.
private func sumOfSquares(_ values: Slice<UnsafeMutableBufferPointer<Float>>) -> Double {
  let values = UnsafeMutableBufferPointer(rebasing: values)
  var sums = SIMD4<Double>()
  let whole = values.count & ~3
  for i in stride(from: 0, to: whole, by: 4) {
    let four = SIMD4(Double(values[i]), Double(values[i + 1]), Double(values[i + 2]), Double(values[i + 3]))
    sums += four * four
  }
  return values[whole...].reduce((sums[0] + sums[1]) + (sums[2] + sums[3])) { $0 + Double($1) * Double($1) }
}
