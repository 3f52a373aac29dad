extension Tensor {
  /// Layer norm (Ba et al. 2016), as `torch.nn.functional.layer_norm`: every sample gets mean 0 and variance 1 over its
  /// last dimensions, then `· weight + bias`.
  ///
  /// Shapes: `[…, D]` and the same out.
  ///
  /// - Parameters:
  ///   - dimensions: how many dimensions, counted from the last, are normalised together.
  ///   - weight: of those dimensions' sizes; ones if not given.
  ///   - bias: likewise; zeros if not given.
  public func layerNorm(weight: Tensor? = nil, bias: Tensor? = nil, dimensions: Int = 1, epsilon: Float = 1e-5)
    -> Tensor
  {
    normalizedRows("layerNorm", weight, bias, dimensions, epsilon, centres: true)
  }

  /// Root-mean-square norm (Zhang and Sennrich 2019), as `torch.nn.functional.rms_norm`: `x / √(mean(x²) + epsilon)`
  /// over the last dimension, then `· weight`.
  ///
  /// Shapes: `[…, D]` and the same out; the weight is `[D]`.
  ///
  /// - Parameters:
  ///   - epsilon: PyTorch's default, the distance from 1 to the next float.
  public func rmsNorm(weight: Tensor? = nil, epsilon: Float = .ulpOfOne) -> Tensor {
    normalizedRows("rmsNorm", weight, nil, 1, epsilon, centres: false)
  }

  /// Group norm (Wu and He 2018), as `torch.nn.functional.group_norm`: every sample gets mean 0 and variance 1 over each
  /// group of neighbouring channels, then `· weight + bias` per channel.
  ///
  /// Shapes: `[N, C, …]` and the same out; weight and bias `[C]`.
  public func groupNorm(groups: Int, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Float = 1e-5) -> Tensor {
    require(
      rank >= 2 && groups > 0 && shape[1] % groups == 0,
      "groupNorm: x has shape \(shape); expected [N, C, …] with channels that \(groups) groups divide")
    let width = groups == 0 ? 0 : shape[1] / groups * Shape(shape[2...]).elementCount
    var y = reshaped([shape[0] * groups, width]).layerNorm(epsilon: epsilon).reshaped(shape)
    func perChannel(_ part: Tensor) -> Tensor {
      require(
        part.shape == [shape[1]],
        "groupNorm: x has shape \(shape), weight or bias \(part.shape); expected [\(shape[1])]")
      return part.reshaped([shape[1]] + [Int](repeating: 1, count: rank - 2))
    }
    if let weight { y = y * perChannel(weight) }
    if let bias { y = y + perChannel(bias) }
    return y
  }

  private func normalizedRows(
    _ name: StaticString, _ weight: Tensor?, _ bias: Tensor?, _ dimensions: Int, _ epsilon: Float, centres: Bool
  ) -> Tensor {
    require(
      1...Swift.max(rank, 1) ~= dimensions && rank > 0,
      "\(name): x has shape \(shape); expected \(dimensions) dimensions or more to normalise")
    let normal = Shape(shape.suffix(dimensions))
    for (role, part) in [("weight", weight), ("bias", bias)] {
      require(
        part == nil || part!.shape == normal,
        "\(name): x has shape \(shape), the \(role) \(part?.shape ?? []); expected the \(role) to be \(normal)")
    }
    let width = normal.elementCount
    let rows = Shape(shape.dropLast(dimensions)).elementCount
    let (x, w, device) = (detached, weight?.detached, device)
    let (means, inverses) = (Storage(count: rows), Storage(count: rows))  // of each row; 1 / deviation

    let output = Tensor(shape: shape, device: device) { out in
      device.parallel(count: rows, cost: width * 4) { range in
        for row in range {
          let (from, to) = (x.storage.base + row * width, out.baseAddress! + row * width)
          let mean = centres ? from.sum(width) / Float(width) : 0
          let inverse = 1 / (from.squaredDeviations(from: mean, width) / Float(width) + epsilon).squareRoot()
          (means.base[row], inverses.base[row]) = (mean, inverse)
          for i in 0..<width { to[i] = (from[i] - mean) * inverse }
          if let w = w?.storage.base { for i in 0..<width { to[i] *= w[i] } }
          if let b = bias?.storage.base { for i in 0..<width { to[i] += b[i] } }
        }
      }
    }
    return Tensor.recorded(
      name, inputs: [self] + [weight, bias].compactMap { $0 }, output: output
    ) { gradient in
      // With z = (x − mean) / deviation and g = dy·weight: dx = (g − mean(g) − z·mean(g·z)) / deviation.
      let scaled = Storage(count: rows * width)  // dy·z, whose column sums are the weight's gradient
      let dx = Tensor(shape: x.shape, device: device) { out in
        device.parallel(count: rows, cost: width * 6) { range in
          for row in range {
            let place = row * width
            let (from, dy) = (x.storage.base + place, gradient.storage.base + place)
            let (to, z) = (out.baseAddress! + place, scaled.base + place)
            let (mean, inverse) = (means.base[row], inverses.base[row])
            for i in 0..<width { z[i] = (from[i] - mean) * inverse }
            if let w = w?.storage.base {
              for i in 0..<width { to[i] = dy[i] * w[i] }
            } else {
              to.update(from: dy, count: width)
            }
            let constant = centres ? to.sum(width) / Float(width) : 0
            let slope = to.dot(z, width) / Float(width)
            for i in 0..<width { to[i] = (to[i] - constant - z[i] * slope) * inverse }
            for i in 0..<width { z[i] *= dy[i] }
          }
        }
      }
      func columnSums(_ base: UnsafeMutablePointer<Float>) -> Tensor {
        MatrixView(base, rows, width).columnSums(on: device).reshaped(normal)
      }
      return [dx] + (weight == nil ? [] : [columnSums(scaled.base)])
        + (bias == nil ? [] : [columnSums(gradient.storage.base)])
    }
  }
}
