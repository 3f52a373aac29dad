// Reductions over any axes; negative axes count from the back, and none given means all. Without `keepDimensions` the
// axes vanish, with it they stay with size 1, so that the result broadcasts against the input.

extension Tensor {
  /// The sum over some axes.
  public func sum(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    let positions = positions(ofAxes: axes, in: "sum")
    let kept = keptShape(positions)
    let output = folded(SumFold.self, at: positions, keepDimensions)
    return Tensor.recorded(
      "sum", as: .reduction(.sum, axes: positions, keepDimensions: keepDimensions), inputs: [self], output: output
    ) { [shape] gradient in
      [gradient.reshaped(kept).broadcast(to: shape)]
    }
  }

  /// The mean over some axes; NaN over no values.
  public func mean(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    let length = reducedCount(positions(ofAxes: axes, in: "mean"))
    return sum(axes: axes, keepDimensions: keepDimensions) / Float(length)
  }

  /// The largest values over some axes. Equal largest values share the gradient, as with PyTorch's `amax`.
  public func max(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    extreme(MaximumFold.self, "max", .max, axes, keepDimensions)
  }

  /// The smallest values over some axes. Equal smallest values share the gradient, as with PyTorch's `amin`.
  public func min(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    extreme(MinimumFold.self, "min", .min, axes, keepDimensions)
  }

  private func extreme<F: Fold>(
    _ fold: F.Type, _ name: StaticString, _ reduction: Operation.Reduction, _ axes: [Int]?, _ keepDimensions: Bool
  ) -> Tensor {
    let positions = positions(ofAxes: axes, in: name)
    require(
      reducedCount(positions) > 0,
      "\(name): no values along axes \(positions) of a tensor of shape \(shape), expected at least one")
    let kept = keptShape(positions)
    let output = folded(fold, at: positions, keepDimensions)
    return Tensor.recorded(
      name, as: .reduction(reduction, axes: positions, keepDimensions: keepDimensions), inputs: [self], output: output
    ) { [x = detached] gradient in
      let winners = x .== output.reshaped(kept)
      return [winners * (gradient.reshaped(kept) / winners.sum(axes: positions, keepDimensions: true))]
    }
  }

  /// The product over some axes.
  public func product(axes: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
    let positions = positions(ofAxes: axes, in: "product")
    let result = positions.reversed().reduce(self) { $0.product(at: $1) }
    return keepDimensions ? result.reshaped(keptShape(positions)) : result
  }

  /// The product over one axis. Its derivative is the product of all others, which division would miss where one is 0.
  private func product(at position: Int) -> Tensor {
    let output = folded(ProductFold.self, at: [position], false)
    return Tensor.recorded(
      "product", as: .reduction(.product, axes: [position], keepDimensions: false), inputs: [self], output: output
    ) { [x = detached, kept = keptShape([position])] in
      [x.productOfOthers(at: position) * $0.reshaped(kept)]
    }
  }

  private func productOfOthers(at position: Int) -> Tensor {
    let axis = axis(at: position)
    let x = storage.base
    return Tensor(shape: shape, device: device) { values in
      for o in 0..<axis.outer {
        for i in 0..<axis.inner {
          let first = o * axis.length * axis.inner + i
          var before: Float = 1
          for n in 0..<axis.length {
            values[first + n * axis.inner] = before
            before *= x[first + n * axis.inner]
          }
          var after: Float = 1
          for n in (0..<axis.length).reversed() {
            values[first + n * axis.inner] *= after
            after *= x[first + n * axis.inner]
          }
        }
      }
    }
  }

  /// How many values meet in each result.
  func reducedCount(_ positions: [Int]) -> Int { positions.reduce(1) { $0 * shape[$1] } }

  /// The shape in which the axes at `positions` have size 1.
  func keptShape(_ positions: [Int]) -> Shape {
    var shape = shape
    for position in positions { shape[position] = 1 }
    return shape
  }

  /// The shape without the axes at `positions`.
  func droppedShape(_ positions: [Int]) -> Shape {
    shape.indices.filter { !positions.contains($0) }.map { shape[$0] }
  }
}
