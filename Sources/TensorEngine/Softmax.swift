import Foundation

extension Tensor {
  /// exp(x) / Σ exp(x) along an axis, computed from x - max(x), so that nothing overflows.
  public func softmax(axis: Int = -1) -> Tensor {
    let position = position(ofAxis: axis, in: "softmax")
    let output = alongLines(at: position, self) { x, _, y, length, step in
      let largest = largest(x, length, step)
      var total: Float = 0
      for i in 0..<length {
        let e = Foundation.exp(x[i * step] - largest)
        y[i * step] = e
        total += e
      }
      for i in 0..<length { y[i * step] /= total }
    }
    return Tensor.recorded("softmax", inputs: [self], output: output) { gradient in
      [
        output.alongLines(at: position, gradient) { y, g, result, length, step in
          var dot: Float = 0
          for i in 0..<length { dot += y[i * step] * g[i * step] }
          for i in 0..<length { result[i * step] = y[i * step] * (g[i * step] - dot) }
        }
      ]
    }
  }

  /// log softmax(x) along an axis: x - max(x) - log Σ exp(x - max(x)).
  public func logSoftmax(axis: Int = -1) -> Tensor {
    let position = position(ofAxis: axis, in: "logSoftmax")
    let output = alongLines(at: position, self) { x, _, y, length, step in
      let largest = largest(x, length, step)
      var total: Float = 0
      for i in 0..<length { total += Foundation.exp(x[i * step] - largest) }
      let logarithm = Foundation.log(total)
      for i in 0..<length { y[i * step] = x[i * step] - largest - logarithm }
    }
    return Tensor.recorded("logSoftmax", inputs: [self], output: output) { gradient in
      [
        output.alongLines(at: position, gradient) { y, g, result, length, step in
          var total: Float = 0
          for i in 0..<length { total += g[i * step] }
          for i in 0..<length { result[i * step] = g[i * step] - Foundation.exp(y[i * step]) * total }
        }
      ]
    }
  }

  /// log Σ exp(x) over some axes, computed from x - max(x), so that nothing overflows.
  public func logSumExp(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    let positions = positions(ofAxes: axes, in: "logSumExp")
    let x = detached
    // Where the largest is infinite, subtracting it would give NaN.
    let largest = x.max(axes: positions, keepDimensions: true)
    let shift = Tensor.where(largest.abs() .< .infinity, largest, 0)
    let kept = (x - shift).exp().sum(axes: positions, keepDimensions: true).log() + shift
    let output = keepDimensions ? kept : kept.reshaped(droppedShape(positions))
    return Tensor.recorded("logSumExp", inputs: [self], output: output) { gradient in
      [(x - kept).exp() * gradient.reshaped(kept.shape)]
    }
  }

  /// A function of each line along an axis, and of the same line of another tensor of this shape.
  func alongLines(
    at position: Int, _ other: Tensor,
    _ body: (
      _ x: UnsafeMutablePointer<Float>, _ other: UnsafeMutablePointer<Float>, _ out: UnsafeMutablePointer<Float>,
      _ length: Int, _ step: Int
    ) -> Void
  ) -> Tensor {
    let axis = axis(at: position)
    return Tensor(shape: shape, device: device) { values in
      let out = values.baseAddress!
      let perUnit = Swift.max(1, 4096 / Swift.max(1, axis.length))
      device.forEachBlock(of: axis.length == 0 ? 0 : axis.outer * axis.inner, size: perUnit) { range in
        for line in range {
          let (o, i) = line.quotientAndRemainder(dividingBy: axis.inner)
          let first = o * axis.length * axis.inner + i
          body(storage.base + first, other.storage.base + first, out + first, axis.length, axis.inner)
        }
      }
    }
  }
}

private func largest(_ x: UnsafeMutablePointer<Float>, _ length: Int, _ step: Int) -> Float {
  var largest = x[0]
  for i in 1..<Swift.max(length, 1) where x[i * step] > largest { largest = x[i * step] }
  return largest
}
