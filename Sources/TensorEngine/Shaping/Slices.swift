// Parts of a tensor, and its values in other orders or repeated.

extension Tensor {
  /// The values of an axis in a range, every `step`-th of them: `x.sliced(1..<7, axis: 0, step: 2)` is `x[1:7:2]`.
  public func sliced(_ range: Range<Int>, axis: Int, step: Int = 1) -> Tensor {
    let position = position(ofAxis: axis, in: "sliced")
    require(
      range.lowerBound >= 0 && range.upperBound <= shape[position],
      "sliced: axis \(axis) of \(shape) has no part \(range), expected one within 0..<\(shape[position])")
    require(step > 0, "sliced: a step of \(step), expected 1 or more; flipped(_:) turns an axis round")
    var view = StridedView(of: shape)
    view.offset = range.lowerBound * view.strides[position]
    view.shape[position] = (range.count + step - 1) / step
    view.strides[position] *= step
    return selecting(view, "sliced", as: .slice(axis: position, range, step: step))
  }

  /// `length` values of an axis from `start` on.
  public func narrow(axis: Int, start: Int, length: Int) -> Tensor {
    require(length >= 0, "narrow: a length of \(length), expected 0 or more")
    return sliced(start..<start + length, axis: axis)
  }

  /// The tensor at one index of an axis, which vanishes.
  public func selected(_ index: Int, axis: Int) -> Tensor {
    let position = position(ofAxis: axis, in: "selected")
    require(
      0..<shape[position] ~= index,
      "selected: axis \(axis) of \(shape) has no index \(index), expected one in 0..<\(shape[position])")
    return sliced(index..<index + 1, axis: position).squeezed(position)
  }

  /// An axis cut into parts of given sizes, which add up to its own.
  public func split(_ sizes: [Int], axis: Int = 0) -> [Tensor] {
    let position = position(ofAxis: axis, in: "split")
    require(
      sizes.reduce(0, +) == shape[position],
      "split: parts of \(sizes) for axis \(axis) of \(shape), expected sizes that add up to \(shape[position])")
    var start = 0
    return sizes.map { size in
      defer { start += size }
      return sliced(start..<start + size, axis: position)
    }
  }

  /// An axis cut into `count` parts of one size, or fewer where it does not divide; the last may be smaller.
  public func chunked(_ count: Int, axis: Int = 0) -> [Tensor] {
    require(count > 0, "chunked: into \(count) parts, expected 1 or more")
    let length = shape[position(ofAxis: axis, in: "chunked")]
    let size = Swift.max(1, (length + count - 1) / count)
    return split(
      length == 0 ? [0] : stride(from: 0, to: length, by: size).map { Swift.min(size, length - $0) }, axis: axis)
  }

  /// Some axes turned round.
  public func flipped(_ axes: [Int]) -> Tensor {
    var view = StridedView(of: shape)
    for position in positions(ofAxes: axes, in: "flipped") {
      view.offset += view.strides[position] * Swift.max(0, shape[position] - 1)
      view.strides[position] *= -1
    }
    return selecting(view, "flipped", as: .flip(positions(ofAxes: axes, in: "flipped")))
  }

  /// The values of an axis moved on by `shift`; those that leave at one end come in at the other.
  public func rolled(by shift: Int, axis: Int) -> Tensor {
    let length = shape[position(ofAxis: axis, in: "rolled")]
    guard length > 0 else { return self }
    let start = ((-shift % length) + length) % length
    return Tensor.concatenated([sliced(start..<length, axis: axis), sliced(0..<start, axis: axis)], axis: axis)
  }

  /// The diagonal of two axes, which vanish, as a new last axis.
  public func diagonal(_ first: Int = 0, _ second: Int = 1) -> Tensor {
    let (a, b) = (position(ofAxis: first, in: "diagonal"), position(ofAxis: second, in: "diagonal"))
    require(a != b, "diagonal: of axes \(first) and \(second) of \(shape), expected two different ones")
    let all = StridedView(of: shape)
    let others = shape.indices.filter { $0 != a && $0 != b }
    return selecting(
      StridedView(
        shape: others.map { shape[$0] } + [Swift.min(shape[a], shape[b])],
        strides: others.map { all.strides[$0] } + [all.strides[a] + all.strides[b]]), "diagonal", as: .diagonal(a, b))
  }

  /// The whole tensor repeated `counts[i]` times along dimension i; more counts than dimensions add dimensions in front.
  public func tiled(_ counts: [Int]) -> Tensor {
    require(
      counts.count >= rank && counts.allSatisfy { $0 >= 0 },
      "tiled: \(counts) for a tensor of shape \(shape), expected \(rank) counts or more, none negative")
    let sizes = Shape(repeating: 1, count: counts.count - rank) + shape
    return reshaped(sizes.flatMap { [1, $0] }).broadcast(to: zip(counts, sizes).flatMap { [$0, $1] })
      .reshaped(zip(counts, sizes).map { $0 * $1 })
  }

  /// Each value of an axis repeated `count` times in a row.
  public func repeated(_ count: Int, axis: Int) -> Tensor {
    let position = position(ofAxis: axis, in: "repeated")
    require(count >= 0, "repeated: \(count) times, expected 0 or more")
    var shape = shape
    shape.insert(count, at: position + 1)
    let wide = unsqueezed(position + 1).broadcast(to: shape)
    shape.remove(at: position + 1)
    shape[position] *= count
    return wide.reshaped(shape)
  }

  /// A constant put around the values: `[(1, 2), (0, 1)]` adds 1 before and 2 after the last dimension but one, and 1
  /// after the last. Fewer pairs than dimensions are those of the last ones.
  public func padded(_ amounts: [(before: Int, after: Int)], value: Float = 0) -> Tensor {
    require(
      amounts.count <= rank && amounts.allSatisfy { $0.before >= 0 && $0.after >= 0 },
      "padded: \(amounts) for a tensor of shape \(shape), expected at most \(rank) pairs, none negative")
    var (larger, offsets) = (shape, [Int](repeating: 0, count: rank))
    for (axis, amount) in zip((rank - amounts.count)..., amounts) {
      larger[axis] += amount.before + amount.after
      offsets[axis] = amount.before
    }
    var view = StridedView(of: larger)
    view.offset = zip(offsets, view.strides).reduce(0) { $0 + $1.0 * $1.1 }
    view.shape = shape
    let after = zip(zip(larger, shape), offsets).map { $0.0 - $0.1 - $1 }
    return Tensor.recorded(
      "padded", as: .pad(before: offsets, after: after, value: value), inputs: [self],
      output: placed(view, in: larger, around: value)
    ) { [view] in
      [$0.copied(view)]
    }
  }
}
