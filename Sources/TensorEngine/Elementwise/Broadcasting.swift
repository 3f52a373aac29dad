/// A function of two values that meet in a broadcast, and of their place in the output.
protocol PairFunction {
  func value(_ index: Int, _ a: Float, _ b: Float) -> Float
}

/// The shape that two shapes broadcast to, aligned at their last dimensions; nil where they do not meet.
func broadcastShape(_ a: Shape, _ b: Shape) -> Shape? {
  let rank = max(a.count, b.count)
  var shape = Shape(repeating: 1, count: rank)
  for (index, size) in a.enumerated() { shape[rank - a.count + index] = size }
  for (index, size) in b.enumerated() {
    let place = rank - b.count + index
    guard shape[place] == size || shape[place] == 1 || size == 1 else { return nil }
    if size != 1 { shape[place] = size }
  }
  return shape
}

/// For each dimension of `target`, how far apart neighbours lie in a row-major tensor of `shape`: 0 where it repeats.
func broadcastStrides(_ shape: Shape, to target: Shape) -> [Int] {
  var strides = [Int](repeating: 0, count: target.count)
  var step = 1
  for (index, size) in shape.enumerated().reversed() {
    if size != 1 { strides[target.count - shape.count + index] = step }
    step *= size
  }
  return strides
}

/// All pairs of values of two tensors, broadcast against each other as NumPy and PyTorch do.
///
/// Neighbouring dimensions that both tensors walk through alike are merged, so that the innermost loop is as long as it
/// can be; in it each tensor either moves on by one or stands still.
struct BroadcastPairs {
  /// The shape of the output.
  let shape: Shape
  private let a: Tensor
  private let b: Tensor
  private var sizes: [Int] = []
  private var aStrides: [Int] = []
  private var bStrides: [Int] = []

  init(_ operation: StaticString, _ a: Tensor, _ b: Tensor) {
    let met = broadcastShape(a.shape, b.shape)
    requireFitting(
      met != nil, [a, b],
      "\(operation): shapes \(a.shape) and \(b.shape) do not broadcast: "
        + "aligned at the last dimension, sizes have to be equal or 1")
    guard let shape = met else {
      // Only in a shape pass: the shape of whichever has more dimensions is the best guess.
      self.shape = a.rank >= b.rank ? a.shape : b.shape
      (self.a, self.b) = (a.detached, b.detached)
      return
    }
    self.shape = shape
    (self.a, self.b) = (a.detached, b.detached)
    let (aSteps, bSteps) = (broadcastStrides(a.shape, to: shape), broadcastStrides(b.shape, to: shape))
    for (axis, size) in shape.enumerated() where size != 1 {
      if let last = sizes.indices.last, aStrides[last] == aSteps[axis] * size, bStrides[last] == bSteps[axis] * size {
        sizes[last] *= size
        (aStrides[last], bStrides[last]) = (aSteps[axis], bSteps[axis])
      } else {
        sizes.append(size)
        aStrides.append(aSteps[axis])
        bStrides.append(bSteps[axis])
      }
    }
    if sizes.isEmpty { (sizes, aStrides, bStrides) = ([1], [1], [1]) }
  }

  /// The function's value for every pair.
  func map<Function: PairFunction>(_ function: Function) -> Tensor {
    Tensor(shape: shape, device: a.device) { values in
      let out = values.baseAddress!
      forEachRow { place, x, y, length, motion in
        switch motion {
        case .both: for i in 0..<length { out[place + i] = function.value(place + i, x[i], y[i]) }
        case .left:
          let y = y[0]
          for i in 0..<length { out[place + i] = function.value(place + i, x[i], y) }
        case .right:
          let x = x[0]
          for i in 0..<length { out[place + i] = function.value(place + i, x, y[i]) }
        }
      }
    }
  }

  /// Which of the two tensors moves on along a row.
  private enum Motion { case both, left, right }

  /// Calls `body` for all innermost rows, in blocks on all threads, with their place in the output.
  private func forEachRow(
    _ body: (
      _ place: Int, _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>, _ length: Int, _ motion: Motion
    ) -> Void
  ) {
    let inner = sizes[sizes.count - 1]
    let (aStep, bStep) = (aStrides[sizes.count - 1], bStrides[sizes.count - 1])
    let motion: Motion = aStep == 0 ? .right : bStep == 0 ? .left : .both
    let outer = Array(sizes.dropLast())
    a.device.forEachBlock(of: shape.elementCount) { range in
      guard !range.isEmpty else { return }
      var row = Odometer(sizes: outer, strides: (aStrides, bStrides), at: range.lowerBound / inner)
      var start = range.lowerBound % inner
      var place = range.lowerBound
      while place < range.upperBound {
        let length = min(inner - start, range.upperBound - place)
        body(
          place, a.storage.base + row.offsets.0 + start * aStep, b.storage.base + row.offsets.1 + start * bStep, length,
          motion)
        place += length
        start = 0
        row.advance()
      }
    }
  }
}

/// Counts through the positions of some dimensions in row-major order and keeps two offsets in step.
struct Odometer {
  private(set) var offsets = (0, 0)
  private let sizes: [Int]
  private let strides: ([Int], [Int])
  private var digits: [Int]

  init(sizes: [Int], strides: ([Int], [Int]), at position: Int = 0) {
    self.sizes = sizes
    self.strides = strides
    digits = [Int](repeating: 0, count: sizes.count)
    var rest = position
    for axis in sizes.indices.reversed() {
      digits[axis] = rest % max(sizes[axis], 1)
      rest /= max(sizes[axis], 1)
      offsets.0 += digits[axis] * strides.0[axis]
      offsets.1 += digits[axis] * strides.1[axis]
    }
  }

  /// Moves on by one position, back to the start after the last.
  mutating func advance() {
    for axis in sizes.indices.reversed() {
      digits[axis] += 1
      offsets.0 += strides.0[axis]
      offsets.1 += strides.1[axis]
      if digits[axis] < sizes[axis] { return }
      offsets.0 -= sizes[axis] * strides.0[axis]
      offsets.1 -= sizes[axis] * strides.1[axis]
      digits[axis] = 0
    }
  }
}
