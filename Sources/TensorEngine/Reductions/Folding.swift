/// What a reduction does with the values along an axis.
///
/// Everything is combined in double precision, so that a sum of many values loses nothing, and in one fixed order.
protocol Fold {
  /// What no value at all gives.
  static var neutral: Double { get }
  /// Joins two partial results.
  static func combine(_ a: Double, _ b: Double) -> Double
}

enum SumFold: Fold {
  static var neutral: Double { 0 }
  static func combine(_ a: Double, _ b: Double) -> Double { a + b }
}

enum ProductFold: Fold {
  static var neutral: Double { 1 }
  static func combine(_ a: Double, _ b: Double) -> Double { a * b }
}

/// The largest value; NaN where there is one.
enum MaximumFold: Fold {
  static var neutral: Double { -.infinity }
  static func combine(_ a: Double, _ b: Double) -> Double { a > b || a.isNaN ? a : b }
}

/// The smallest value; NaN where there is one.
enum MinimumFold: Fold {
  static var neutral: Double { .infinity }
  static func combine(_ a: Double, _ b: Double) -> Double { a < b || a.isNaN ? a : b }
}

extension Tensor {
  /// The values with the axes at `positions` (ascending) folded away, or kept with size 1.
  ///
  /// Neighbouring axes are folded together: a tensor is then `[outer, n, inner]`, of which `n` goes.
  func folded<F: Fold>(_ fold: F.Type, at positions: [Int], _ keepDimensions: Bool) -> Tensor {
    let shape = keepDimensions ? keptShape(positions) : droppedShape(positions)
    guard !device.isAbstract else { return Tensor(abstract: shape, device: device) }
    var result = detached
    var end = positions.count
    while end > 0 {
      var start = end - 1
      while start > 0, positions[start - 1] == positions[start] - 1 { start -= 1 }
      let sizes = result.shape
      let (first, last) = (positions[start], positions[end - 1])
      let view = Axis(
        outer: Shape(sizes[..<first]).elementCount, length: Shape(sizes[first...last]).elementCount,
        inner: Shape(sizes[(last + 1)...]).elementCount)
      let storage = result.fold(fold, view, result.storage)
      result = Tensor(shape: Shape(sizes[..<first] + sizes[(last + 1)...]), storage: storage, device: device)
      end = start
    }
    return Tensor(shape: shape, storage: result.storage, device: device)
  }

  private func fold<F: Fold>(_ fold: F.Type, _ axis: Axis, _ source: Storage) -> Storage {
    // A long axis is cut into parts of a fixed length; their results are an axis of their own, to be folded again.
    let columns = Swift.min(axis.inner, 512)
    let part = Swift.max(64, 16384 / Swift.max(columns, 1))
    guard axis.length > 2 * part else { return foldShort(fold, axis, source) }
    let parts = (axis.length + part - 1) / part
    let partial = foldParts(fold, axis, part: part, parts: parts, source)
    return self.fold(fold, Axis(outer: axis.outer, length: parts, inner: axis.inner), partial)
  }

  /// Folds an axis that is short enough for one unit; several short ones share a unit.
  private func foldShort<F: Fold>(_ fold: F.Type, _ axis: Axis, _ source: Storage) -> Storage {
    let output = Storage(count: axis.outer * axis.inner)
    let perUnit = Swift.max(1, 16384 / Swift.max(1, axis.length * axis.inner))
    if perUnit == 1, axis.inner > 1 {
      _ = foldParts(fold, axis, part: axis.length, parts: 1, source, into: output)
    } else {
      device.forEachBlock(of: axis.outer, size: perUnit) { range in
        for o in range {
          fold.fold(
            source.base + o * axis.length * axis.inner, rows: axis.length, stride: axis.inner, columns: axis.inner,
            into: output.base + o * axis.inner)
        }
      }
    }
    return output
  }

  /// Folds each part of each axis, in strips of columns: one unit each.
  @discardableResult
  private func foldParts<F: Fold>(
    _ fold: F.Type, _ axis: Axis, part: Int, parts: Int, _ source: Storage, into existing: Storage? = nil
  ) -> Storage {
    let output = existing ?? Storage(count: axis.outer * parts * axis.inner)
    let width = 512
    let strips = (axis.inner + width - 1) / width
    device.forEachBlock(of: axis.outer * parts * strips, size: 1) { range in
      for unit in range {
        let (outer, rest) = unit.quotientAndRemainder(dividingBy: parts * strips)
        let (p, strip) = rest.quotientAndRemainder(dividingBy: strips)
        let first = p * part
        let column = strip * width
        fold.fold(
          source.base + (outer * axis.length + first) * axis.inner + column,
          rows: Swift.min(part, axis.length - first), stride: axis.inner,
          columns: Swift.min(width, axis.inner - column),
          into: output.base + (outer * parts + p) * axis.inner + column)
      }
    }
    return output
  }
}

/// One axis of a row-major tensor: how many values lie around it and inside it.
struct Axis {
  let outer: Int
  let length: Int
  let inner: Int
}

extension Tensor {
  /// This tensor as seen along one axis.
  func axis(at position: Int) -> Axis {
    Axis(
      outer: Shape(shape[..<position]).elementCount, length: shape[position],
      inner: Shape(shape[(position + 1)...]).elementCount)
  }
}

extension Fold {
  /// Folds `rows` rows of `columns` values, `stride` apart, into one row.
  fileprivate static func fold(
    _ x: UnsafeMutablePointer<Float>, rows: Int, stride: Int, columns: Int, into out: UnsafeMutablePointer<Float>
  ) {
    if columns == 1 {
      // Four chains, so that the processor need not wait for each result.
      var (a, b, c, d) = (neutral, neutral, neutral, neutral)
      var i = 0
      while i + 4 <= rows {
        a = combine(a, Double(x[i * stride]))
        b = combine(b, Double(x[(i + 1) * stride]))
        c = combine(c, Double(x[(i + 2) * stride]))
        d = combine(d, Double(x[(i + 3) * stride]))
        i += 4
      }
      while i < rows {
        a = combine(a, Double(x[i * stride]))
        i += 1
      }
      out[0] = Float(combine(combine(a, b), combine(c, d)))
      return
    }
    withUnsafeTemporaryAllocation(of: Double.self, capacity: columns) { sums in
      let sums = sums.baseAddress!
      for j in 0..<columns { sums[j] = neutral }
      for i in 0..<rows {
        let row = x + i * stride
        for j in 0..<columns { sums[j] = combine(sums[j], Double(row[j])) }
      }
      for j in 0..<columns { out[j] = Float(sums[j]) }
    }
  }
}
