// Spread, norms and positions of extremes. The axes are meant as for the other reductions.

extension Tensor {
  /// Σ (x - mean)² / (n - `correction`) over some axes; a correction of 1 is unbiased, 0 biased.
  public func variance(axes: [Int]? = nil, keepDimensions: Bool = false, correction: Float = 1) -> Tensor {
    let positions = positions(ofAxes: axes, in: "variance")
    let x = detached
    let deviations = x - x.mean(axes: positions, keepDimensions: true)
    let divisor = Swift.max(0, Float(reducedCount(positions)) - correction)
    let output = deviations.square().sum(axes: positions, keepDimensions: keepDimensions) / divisor
    return Tensor.recorded("variance", inputs: [self], output: output) { [kept = keptShape(positions)] gradient in
      [deviations * (gradient.reshaped(kept) * (2 / divisor))]
    }
  }

  /// The square root of the variance over some axes; where it is 0, so is its derivative.
  public func standardDeviation(axes: [Int]? = nil, keepDimensions: Bool = false, correction: Float = 1) -> Tensor {
    let variance = variance(axes: axes, keepDimensions: keepDimensions, correction: correction)
    let output = variance.detached.sqrt()
    return Tensor.recorded("standardDeviation", inputs: [variance], output: output) { gradient in
      [Tensor.where(output .== 0, 0, gradient / (output * 2))]
    }
  }

  /// (Σ |x|^`order`)^(1/`order`) over some axes: 2 is the Euclidean norm, infinity the largest |x|, 0 counts what is not 0.
  ///
  /// Where the norm is 0 its derivative is 0, as in PyTorch's `vector_norm`.
  public func norm(_ order: Float = 2, axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    let positions = positions(ofAxes: axes, in: "norm")
    require(order >= 0, "norm: there is no norm of order \(order), expected 0 or more")
    let x = detached
    func sum(_ tensor: Tensor) -> Tensor { tensor.sum(axes: positions, keepDimensions: true) }
    let norm: Tensor
    switch order {
    case 0: norm = sum(x .!= 0)
    case 1: norm = sum(x.abs())
    case 2: norm = sum(x.square()).sqrt()
    case .infinity: norm = x.abs().max(axes: positions, keepDimensions: true)
    default: norm = sum(x.abs().pow(order)).pow(1 / order)
    }
    let output = keepDimensions ? norm : norm.reshaped(droppedShape(positions))
    return Tensor.recorded("norm", inputs: [self], output: output) { gradient in
      let gradient = gradient.reshaped(norm.shape)
      let direction: Tensor
      switch order {
      case 0: return [nil]
      case 1: direction = x.sign()
      case 2: direction = x / norm
      case .infinity:
        let largest = x.abs() .== norm
        direction = x.sign() * (largest / sum(largest))
      default: direction = x.sign() * (x.abs() / norm).pow(order - 1)
      }
      return [Tensor.where(norm .== 0, 0, direction * gradient)]
    }
  }

  /// Where the largest value stands on each line along an axis, in row-major order of the other axes: the first of
  /// equals; a NaN counts as largest.
  public func argmax(axis: Int = -1) -> [Int] {
    let axis = self.axis(at: position(ofAxis: axis, in: "argmax"))
    require(axis.length > 0, "argmax: no values along an axis of shape \(shape), expected at least one")
    require(
      !storage.isAbstract, "argmax: asked for where only shapes are known: what is computed may not depend on values")
    return (0..<axis.outer * axis.inner).map { line in
      let x = storage.base + line / axis.inner * axis.length * axis.inner + line % axis.inner
      var best = 0
      for i in 1..<Swift.max(axis.length, 1) {
        let (largest, next) = (x[best * axis.inner], x[i * axis.inner])
        if next > largest || (next.isNaN && !largest.isNaN) { best = i }
      }
      return best
    }
  }

  /// 1 at the `count` largest values along an axis, 0 elsewhere: where PyTorch's `topk` finds them. The first of equals wins,
  /// and a NaN counts as largest. No gradient flows through.
  ///
  /// Shapes: any, and the same out.
  ///
  /// - Parameters:
  ///   - count: at most as many as the axis has.
  public func topMask(_ count: Int, axis: Int = -1) -> Tensor {
    let position = position(ofAxis: axis, in: "topMask")
    require(
      0...shape[position] ~= count,
      "topMask: the largest \(count) along axis \(axis) of \(shape), expected 0 to \(shape[position])")
    let mask = alongLines(at: position, self) { x, _, y, length in
      let order = (0..<length).sorted { a, b in
        if x[a].isNaN != x[b].isNaN { return x[a].isNaN }
        return x[a] > x[b] || (!(x[b] > x[a]) && a < b)
      }
      for i in 0..<length { y[i] = 0 }
      for place in order.prefix(count) { y[place] = 1 }
    }
    return Tensor.noted("topMask", as: .topMask(count, axis: position), inputs: [self], output: mask)
  }

  /// The running sums along an axis: value i of the result is the sum of values 0 to i.
  public func cumulativeSum(axis: Int) -> Tensor {
    let position = position(ofAxis: axis, in: "cumulativeSum")
    return Tensor.recorded(
      "cumulativeSum", as: .cumulativeSum(axis: position), inputs: [self], output: runningSum(at: position)
    ) {
      [$0.flipped([position]).runningSum(at: position).flipped([position])]
    }
  }

  private func runningSum(at position: Int) -> Tensor {
    alongLines(at: position, self) { x, _, y, length in
      var total = 0.0
      for i in 0..<length {
        total += Double(x[i])
        y[i] = Float(total)
      }
    }
  }
}
