import CFusionKernels

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
      requireFitting(
        part == nil || part!.shape == normal, [self] + [part].compactMap { $0 },
        "\(name): x has shape \(shape), the \(role) \(part?.shape ?? []); expected the \(role) to be \(normal)")
    }
    let width = normal.elementCount
    let rows = Shape(shape.dropLast(dimensions)).elementCount
    let (x, w, b, device) = (detached, weight?.detached, bias?.detached, device)
    // Of each row; 1 / deviation.
    let (means, inverses) =
      device.isAbstract ? (x.storage, x.storage) : (Storage(count: rows), Storage(count: rows))

    func rule() -> fk_norm {
      fk_norm(
        width: width, epsilon: epsilon, centres: centres ? 1 : 0, weight: w?.storage.base, bias: b?.storage.base)
    }

    let output = Tensor(shape: shape, device: device) { out in
      device.parallel(count: rows, cost: width * 4) { range in
        var norm = rule()
        let (first, place) = (range.lowerBound, range.lowerBound * width)
        device.rows.normalize(
          &norm, x.storage.base + place, range.count, means.base + first, inverses.base + first,
          out.baseAddress! + place)
      }
    }
    return Tensor.recorded(
      name,
      as: centres
        ? .layerNorm(dimensions: dimensions, epsilon: epsilon, hasWeight: weight != nil, hasBias: bias != nil)
        : .rmsNorm(epsilon: epsilon, hasWeight: weight != nil), inputs: [self] + [weight, bias].compactMap { $0 },
      output: output
    ) { gradient in
      // The weight's gradient is summed over 64 rows at a time, then over those sums.
      let blocks = (rows + 63) / 64
      let parts = Storage(count: w == nil ? 0 : blocks * width)
      let dx = Tensor(shape: x.shape, device: device) { out in
        device.parallel(count: blocks, cost: 64 * width * 6) { range in
          var norm = rule()
          for block in range {
            let (first, count) = (block * 64, Swift.min(64, rows - block * 64))
            let part = w.map { _ in parts.base + block * width }
            part?.update(repeating: 0, count: width)
            device.rows.normalize_gradient(
              &norm, x.storage.base + first * width, gradient.storage.base + first * width, count, means.base + first,
              inverses.base + first, out.baseAddress! + first * width, part)
          }
        }
      }
      func columnSums(_ base: UnsafeMutablePointer<Float>, _ rows: Int) -> Tensor {
        MatrixView(base, rows, width).columnSums(on: device).reshaped(normal)
      }
      return [dx] + (weight == nil ? [] : [columnSums(parts.base, blocks)])
        + (bias == nil ? [] : [columnSums(gradient.storage.base, rows)])
    }
  }
}
