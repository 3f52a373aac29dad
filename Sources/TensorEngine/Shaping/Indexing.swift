// Values picked by lists of indices. Indices are whole numbers, `[Int]`; no gradient flows to them.

extension Tensor {
  /// The parts of an axis that `indices` name, in their order, repeats allowed: PyTorch's `index_select`.
  public func selected(_ indices: [Int], axis: Int) -> Tensor {
    let position = position(ofAxis: axis, in: "selected")
    let axis = self.axis(at: position)
    require(
      indices.allSatisfy { 0..<axis.length ~= $0 },
      "selected: indices \(indices) of axis \(position) of \(shape), expected all in 0..<\(axis.length)")
    var shape = shape
    shape[position] = indices.count
    let output = Tensor(shape: shape, device: device) { values in
      forEachSelected(indices, axis) { source, target in
        (values.baseAddress! + target).update(from: storage.base + source, count: axis.inner)
      }
    }
    return Tensor.recorded("selected", as: .select(indices, axis: position), inputs: [self], output: output) {
      [before = self.shape, x = detached] gradient in
      [
        Tensor(shape: before, device: gradient.device) { values in
          values.update(repeating: 0)
          x.forEachSelected(indices, axis) { source, target in
            for i in 0..<axis.inner { values[source + i] += gradient.storage.base[target + i] }
          }
        }
      ]
    }
  }

  private func forEachSelected(_ indices: [Int], _ axis: Axis, _ body: (_ source: Int, _ target: Int) -> Void) {
    for o in 0..<axis.outer {
      for (place, index) in indices.enumerated() {
        body((o * axis.length + index) * axis.inner, (o * indices.count + place) * axis.inner)
      }
    }
  }

  /// One value for every index, from the same place in all axes but one: PyTorch's `gather`.
  ///
  /// For `axis` 1 of a matrix, `output[i, j] = self[i, indices[i, j]]`.
  ///
  /// - Parameters:
  ///   - indices: row-major, as many as `shape` has elements.
  ///   - shape: of the result; along the other axes at most as large as this tensor.
  public func gathered(_ indices: [Int], shape: Shape, axis: Int) -> Tensor {
    let places = places(of: indices, shape, axis, "gathered")
    let output = Tensor(shape: shape, device: device) { values in
      for (i, place) in places.enumerated() { values[i] = storage.base[place] }
    }
    let position = position(ofAxis: axis, in: "gathered")
    return Tensor.recorded("gathered", as: .gather(indices, axis: position), inputs: [self], output: output) {
      [before = self.shape] gradient in
      [Tensor(repeating: 0, shape: before, device: gradient.device).scatterAdded(indices, gradient, axis: axis)]
    }
  }

  /// This tensor with each value of `source` added at its index along an axis: PyTorch's `scatter_add`.
  ///
  /// For `axis` 1 of a matrix, `self[i, indices[i, j]] += source[i, j]`, in row-major order.
  public func scatterAdded(_ indices: [Int], _ source: Tensor, axis: Int) -> Tensor {
    let places = places(of: indices, source.shape, axis, "scatterAdded")
    let output = Tensor(shape: shape, device: device) { values in
      values.baseAddress!.update(from: storage.base, count: count)
      for (i, place) in places.enumerated() { values[place] += source.storage.base[i] }
    }
    let position = position(ofAxis: axis, in: "scatterAdded")
    return Tensor.recorded(
      "scatterAdded", as: .scatterAdd(indices, axis: position), inputs: [self, source], output: output
    ) { [shape = source.shape] gradient in
      [gradient, gradient.gathered(indices, shape: shape, axis: axis)]
    }
  }

  /// Where in this tensor's storage each index points.
  private func places(of indices: [Int], _ shape: Shape, _ axis: Int, _ operation: StaticString) -> [Int] {
    let position = position(ofAxis: axis, in: operation)
    require(
      indices.count == shape.elementCount && shape.count == rank
        && shape.indices.allSatisfy { $0 == position || shape[$0] <= self.shape[$0] },
      "\(operation): \(indices.count) indices of shape \(shape) for a tensor of shape \(self.shape), "
        + "expected as many indices as their shape holds, and no size above the tensor's but along axis \(axis)")
    var strides = StridedView(of: self.shape).strides
    let step = strides[position]
    strides[position] = 0
    var others = Odometer(sizes: shape, strides: (strides, strides))
    return indices.map { index in
      require(
        0..<self.shape[position] ~= index,
        "\(operation): index \(index) for axis \(axis) of \(self.shape), expected one in 0..<\(self.shape[position])")
      defer { others.advance() }
      return others.offsets.0 + index * step
    }
  }
}
