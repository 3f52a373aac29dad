import CBLAS
import FusionCore

/// Squared Euclidean distances between points, block by block, so that no N² values are ever held.
///
/// The points are moved to have their mean at the origin first: distances come from `|x|² + |y|² - 2x·y`, which loses
/// the fewer digits the shorter the vectors are. Points of few coordinates are subtracted instead, which loses none.
package final class DistanceTable {
  let count: Int
  let width: Int
  /// The points around the origin, `[N, D]`.
  let points: Storage
  /// Their mean, `[D]`.
  let mean: [Double]
  /// The mean of the squared length of each.
  let variance: Double
  private let lengths: Storage
  /// `[D, N]`, for points of few coordinates.
  private let columns: Storage?

  /// The most coordinates for which subtracting is as fast as a matrix product.
  private static let narrow = 16

  /// Moves the points and measures them.
  package init(_ set: PointSet, device: Device) throws(EmbeddingError) {
    let (count, width) = (set.count, set.width)
    self.count = count
    self.width = width
    if let place = set.values.firstIndex(where: { !$0.isFinite }) { throw .notFinite(row: place / max(width, 1)) }
    let points = Storage(count: count * width)
    let lengths = Storage(count: count)
    var mean = [Double](repeating: 0, count: width)
    set.values.withUnsafeBufferPointer { values in
      mean.withUnsafeMutableBufferPointer { mean in
        let means = mean.baseAddress
        // Each unit has some of the coordinates to itself.
        device.forEachBlock(of: width, size: 64) { range in
          for row in 0..<count { for i in range { means![i] += Double(values[row * width + i]) } }
          for i in range { means![i] /= Double(max(count, 1)) }
        }
        device.forEachBlock(of: count, size: 256) { rows in
          for row in rows {
            var sum = 0.0
            for i in 0..<width {
              let value = Float(Double(values[row * width + i]) - means![i])
              points.base[row * width + i] = value
              sum += Double(value) * Double(value)
            }
            lengths.base[row] = Float(sum)
          }
        }
      }
    }
    self.points = points
    self.lengths = lengths
    self.mean = mean
    variance = lengths.values.reduce(0.0) { $0 + Double($1) } / Double(max(count, 1))
    // Twice the longest vector is the largest distance there can be.
    guard lengths.values.allSatisfy({ ($0 * 4).isFinite }) else { throw .tooFarApart }
    guard width <= Self.narrow else {
      columns = nil
      return
    }
    let columns = Storage(count: count * width)
    for row in 0..<count { for i in 0..<width { columns.base[i * count + row] = points.base[row * width + i] } }
    self.columns = columns
  }

  /// Writes the distances of some points to some others, `[rows, others]`; never negative.
  func squared(_ rows: Range<Int>, to others: Range<Int>, into output: UnsafeMutablePointer<Float>) {
    let span = others.count
    guard span > 0, !rows.isEmpty else { return }
    if let columns {
      for (line, row) in rows.enumerated() {
        let out = output + line * span
        out.update(repeating: 0, count: span)
        for i in 0..<width {
          let value = points.base[row * width + i]
          let column = columns.base + i * count + others.lowerBound
          for j in 0..<span {
            let difference = column[j] - value
            out[j] += difference * difference
          }
        }
      }
      return
    }
    MatrixLibrary.reserve()
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows.count), Int32(span), Int32(width), -2,
      points.base + rows.lowerBound * width, Int32(width), points.base + others.lowerBound * width, Int32(width), 0,
      output, Int32(span))
    let other = lengths.base + others.lowerBound
    for (line, row) in rows.enumerated() {
      let out = output + line * span
      let length = lengths.base[row]
      for j in 0..<span {
        let value = out[j] + length + other[j]
        out[j] = value > 0 ? value : 0
      }
    }
  }

  /// The squared distance of two points, from their differences.
  func exact(_ a: Int, _ b: Int) -> Float { squaredDistance(points.base + a * width, points.base + b * width, width) }

  /// How far ``squared(_:to:into:)`` may be off for a point and others within `distance` of it: rounding errors of
  /// products grow with the square root of their length (Higham and Mary 2019), four times that here.
  func rounding(of row: Int, within distance: Float) -> Float {
    guard columns == nil else { return 0x1p-20 * distance }
    let length = lengths.base[row].squareRoot()
    let other = length + distance.squareRoot()
    return 4 * (Float(width).squareRoot() + 4) * 0x1p-24 * (length * length + other * other)
  }
}

/// The squared distance of two vectors.
func squaredDistance(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ width: Int) -> Float {
  var sums = SIMD8<Float>.zero
  var i = 0
  let (first, second) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
  while i + 8 <= width {
    let difference =
      first.loadUnaligned(fromByteOffset: i * 4, as: SIMD8<Float>.self)
      - second.loadUnaligned(fromByteOffset: i * 4, as: SIMD8<Float>.self)
    sums += difference * difference
    i += 8
  }
  var sum = sums.sum()
  while i < width {
    let difference = a[i] - b[i]
    sum += difference * difference
    i += 1
  }
  return sum
}
