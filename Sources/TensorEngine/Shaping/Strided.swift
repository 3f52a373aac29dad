/// A selection of the values of a row-major tensor: a shape, and how to walk through the source.
///
/// Transposing, slicing, flipping, repeating and taking a diagonal are all one walk with other strides.
struct StridedView {
  var shape: Shape
  var strides: [Int]
  var offset = 0

  /// Everything, in order.
  init(of shape: Shape) {
    self.shape = shape
    strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
  }

  init(shape: Shape, strides: [Int]) {
    self.shape = shape
    self.strides = strides
  }

  /// Calls `body` for every innermost row, in blocks on all threads: its place in the view and in the source, its
  /// length, and the source's step.
  fileprivate func forEachRow(
    on device: Device, _ body: (_ place: Int, _ source: Int, _ length: Int, _ step: Int) -> Void
  ) {
    var (sizes, steps): ([Int], [Int]) = ([], [])
    for (axis, size) in shape.enumerated() where size != 1 {
      if let last = sizes.indices.last, steps[last] == strides[axis] * size {
        sizes[last] *= size
        steps[last] = strides[axis]
      } else {
        sizes.append(size)
        steps.append(strides[axis])
      }
    }
    let inner = sizes.popLast() ?? 1
    let step = steps.popLast() ?? 1
    device.forEachBlock(of: shape.elementCount) { [sizes, steps] range in
      guard !range.isEmpty else { return }
      var row = Odometer(sizes: sizes, strides: (steps, steps), at: range.lowerBound / inner)
      var start = range.lowerBound % inner
      var place = range.lowerBound
      while place < range.upperBound {
        let length = min(inner - start, range.upperBound - place)
        body(place, offset + row.offsets.0 + start * step, length, step)
        place += length
        start = 0
        row.advance()
      }
    }
  }
}

extension Tensor {
  /// Copies the values that a view selects.
  func copied(_ view: StridedView) -> Tensor {
    let x = storage.base
    return Tensor(shape: view.shape, device: device) { values in
      let out = values.baseAddress!
      view.forEachRow(on: device) { place, source, length, step in
        switch step {
        case 1: (out + place).update(from: x + source, count: length)
        case 0: (out + place).update(repeating: x[source], count: length)
        default: for i in 0..<length { out[place + i] = x[source + i * step] }
        }
      }
    }
  }

  /// The opposite of ``copied(_:)``: zeros (or another value) of `shape`, into which this tensor's values are put where
  /// the view selects them. The view must select no value twice.
  func placed(_ view: StridedView, in shape: Shape, around value: Float = 0) -> Tensor {
    let x = storage.base
    return Tensor(shape: shape, device: device) { values in
      let out = values.baseAddress!
      if shape.elementCount != count { values.update(repeating: value) }
      view.forEachRow(on: device) { place, source, length, step in
        for i in 0..<length { out[source + i * step] = x[place + i] }
      }
    }
  }

  /// A recorded copy of what a view selects; the view must select no value twice.
  func selecting(_ view: StridedView, _ name: StaticString, as operation: @autoclosure () -> Operation) -> Tensor {
    Tensor.recorded(name, as: operation(), inputs: [self], output: copied(view)) { [shape] gradient in
      [gradient.placed(view, in: shape)]
    }
  }
}
