import TensorEngine

extension Sequence where Element == Parameter {
  /// The Euclidean norm of all gradients together, summed in double precision and in one fixed order.
  public var gradientNorm: Double {
    var total = 0.0
    forEachGradient { _, gradient in
      let values = gradient.storage.base
      total += gradient.device.sumOfChunks(of: gradient.count) { range in
        range.reduce(0.0) { $0 + Double(values[$1]) * Double(values[$1]) }
      }
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
  private func mapGradients(_ transform: (Float) -> Float) {
    forEachGradient { parameter, gradient in
      parameter.gradient = Tensor(shape: gradient.shape, device: gradient.device) { output in
        for i in 0..<output.count { output[i] = transform(gradient.storage.base[i]) }
      }
    }
  }
}
