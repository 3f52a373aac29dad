// Other arrangements of the same values. Reshaping shares the values, all else copies.

extension Tensor {
  /// The same values in another shape of as many values; one size may be -1, to be worked out from the others.
  public func reshaped(_ shape: Shape) -> Tensor {
    let before = self.shape
    var shape = shape
    if let open = shape.firstIndex(of: -1) {
      let known = shape.indices.reduce(1) { $1 == open ? $0 : $0 * shape[$1] }
      let divides = known > 0 && count % known == 0
      requireFitting(
        divides, [self],
        "reshaped: \(before) holds \(count) values, expected a multiple of the \(known) of \(shape)")
      shape[open] = count / Swift.max(known, 1)
      guard divides else {
        return Tensor.noted("reshaped", as: .reshape, inputs: [self], output: Tensor(abstract: shape, device: device))
      }
    }
    let fits = shape.allSatisfy { $0 >= 0 } && shape.elementCount == count
    requireFitting(
      fits, [self],
      "reshaped: \(before) holds \(count) values, expected as many as \(shape), which are \(shape.elementCount)")
    return Tensor.recorded(
      "reshaped", as: .reshape, inputs: [self],
      output: fits ? Tensor(shape: shape, storage: storage, device: device) : Tensor(abstract: shape, device: device)
    ) { [$0.reshaped(before)] }
  }

  /// All dimensions from `first` to `last` made into one.
  public func flattened(from first: Int = 0, through last: Int = -1) -> Tensor {
    guard rank > 0 else { return reshaped([1]) }
    let (first, last) = (position(ofAxis: first, in: "flattened"), position(ofAxis: last, in: "flattened"))
    require(first <= last, "flattened: axis \(first) comes after axis \(last), expected it before")
    return reshaped(shape[..<first] + [Shape(shape[first...last]).elementCount] + shape[(last + 1)...])
  }

  /// The dimensions in another order: dimension i of the result is dimension `axes[i]` of this tensor.
  public func permuted(_ axes: [Int]) -> Tensor {
    require(
      axes.count == rank,
      "permuted: \(axes.count) axes for a tensor of shape \(shape), expected each of its \(rank) once")
    let order = axes.map { position(ofAxis: $0, in: "permuted") }
    require(Set(order).count == rank, "permuted: \(axes) names an axis twice, expected each of 0..<\(rank) once")
    let all = StridedView(of: shape)
    return selecting(
      StridedView(shape: order.map { all.shape[$0] }, strides: order.map { all.strides[$0] }), "permuted",
      as: .permute(order))
  }

  /// Two dimensions swapped; the last two if not said otherwise.
  public func transposed(_ a: Int = -2, _ b: Int = -1) -> Tensor {
    var order = Array(0..<rank)
    order.swapAt(position(ofAxis: a, in: "transposed"), position(ofAxis: b, in: "transposed"))
    return permuted(order)
  }

  /// Without a dimension of size 1.
  public func squeezed(_ axis: Int) -> Tensor {
    let position = position(ofAxis: axis, in: "squeezed")
    require(shape[position] == 1, "squeezed: axis \(axis) of \(shape) has size \(shape[position]), expected 1")
    return reshaped(droppedShape([position]))
  }

  /// Without any dimension of size 1.
  public func squeezed() -> Tensor { reshaped(shape.filter { $0 != 1 }) }

  /// With a new dimension of size 1 at `axis`; -1 puts it last.
  public func unsqueezed(_ axis: Int) -> Tensor {
    require(
      -rank - 1 <= axis && axis <= rank,
      "unsqueezed: a tensor of shape \(shape) takes no new axis \(axis), expected one in \(-rank - 1)...\(rank)")
    var shape = shape
    shape.insert(1, at: axis < 0 ? axis + rank + 1 : axis)
    return reshaped(shape)
  }

  /// The values repeated along dimensions of size 1 and along new ones in front, to fill `shape`.
  public func broadcast(to shape: Shape) -> Tensor {
    guard self.shape != shape else { return self }
    let fits = broadcastShape(self.shape, shape) == shape
    requireFitting(
      fits, [self],
      "broadcast: \(self.shape) does not broadcast to \(shape): "
        + "aligned at the last dimension, sizes have to be equal or 1 before")
    let view = StridedView(shape: shape, strides: fits ? broadcastStrides(self.shape, to: shape) : shape)
    return Tensor.recorded("broadcast", as: .broadcast, inputs: [self], output: copied(view)) {
      [before = self.shape] gradient in
      [gradient.sum(to: before)]
    }
  }
}
