import Foundation

extension Tensor {
  /// exp(x) / Σ exp(x) along an axis, computed from x - max(x), so that nothing overflows.
  public func softmax(axis: Int = -1) -> Tensor {
    let position = position(ofAxis: axis, in: "softmax")
    let rows = device.rows
    let output = alongLines(at: position, self) { x, _, y, length in rows.softmax(x, length, y) }
    return Tensor.recorded("softmax", as: .softmax(axis: position), inputs: [self], output: output) { gradient in
      [
        output.alongLines(at: position, gradient) { y, g, result, length in
          rows.softmax_gradient(y, g, length, result)
        }
      ]
    }
  }

  /// log softmax(x) along an axis: x - max(x) - log Σ exp(x - max(x)).
  public func logSoftmax(axis: Int = -1) -> Tensor {
    let position = position(ofAxis: axis, in: "logSoftmax")
    let rows = device.rows
    let output = alongLines(at: position, self) { x, _, y, length in
      let largest = rows.largest(x, length)
      let logarithm = Foundation.log(rows.exponentials(x, largest, length, y))
      for i in 0..<length { y[i] = x[i] - largest - logarithm }
    }
    return Tensor.recorded("logSoftmax", as: .logSoftmax(axis: position), inputs: [self], output: output) { gradient in
      [
        output.alongLines(at: position, gradient) { y, g, result, length in
          let total = g.sum(length)
          _ = rows.exponentials(y, 0, length, result)
          for i in 0..<length { result[i] = g[i] - result[i] * total }
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
}
