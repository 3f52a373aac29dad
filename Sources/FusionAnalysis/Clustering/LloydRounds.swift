import CBLAS
import Foundation
import FusionCore

/// Points to their nearest centres, centres to the means of their points, until little moves.
final class LloydRounds {
  private let table: DistanceTable
  private let device: Device
  private let clusters: Int
  private let width: Int
  private let centres: Storage
  private var labels: [Int32]
  /// Sums over the points of each cluster, kept up as points change sides, and their numbers.
  private var sums: [Double]
  private var sizes: [Int]

  /// - Parameter centres: `[K, D]`, around the mean of the points.
  init(_ table: DistanceTable, centres start: [Float], device: Device) {
    (self.table, self.device) = (table, device)
    width = table.width
    clusters = start.count / max(table.width, 1)
    centres = Storage(count: start.count)
    _ = centres.values.update(fromContentsOf: start)
    labels = [Int32](repeating: -1, count: table.count)
    sums = [Double](repeating: 0, count: start.count)
    sizes = [Int](repeating: 0, count: clusters)
  }

  func run(_ settings: KMeans) -> Clustering {
    let tolerance = settings.tolerance * table.variance / Double(max(width, 1))
    var rounds = 0
    var isSettled = false
    while rounds < settings.iterations {
      rounds += 1
      let before = labels
      assign()
      let shift = moveCentres(before)
      if labels == before {
        isSettled = true
        break
      }
      if shift <= tolerance { break }
    }
    // The labels are to be those of the centres that are returned.
    if !isSettled { assign() }
    let moved = centres.values.indices.map { Float(Double(centres.base[$0]) + table.mean[$0 % width]) }
    return Clustering(
      labels: labels.map { Int($0) }, centres: PointSet(count: clusters, width: width, values: moved),
      inertia: distances().reduce(0) { $0 + Double($1) }, iterations: rounds)
  }

  /// Every point to its nearest centre, the first of equally near ones.
  private func assign() {
    let (clusters, width, centres, points) = (clusters, width, centres, table.points)
    let lengths = (0..<clusters).map { k in
      (0..<width).reduce(0.0) { $0 + Double(centres.base[k * width + $1]) * Double(centres.base[k * width + $1]) }
    }.map { Float($0) }
    labels.withUnsafeMutableBufferPointer { labels in
      let labels = labels.baseAddress!
      device.forEachBlock(of: table.count, size: 256) { rows in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * clusters) { products in
          let products = products.baseAddress!
          MatrixLibrary.reserve()
          cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows.count), Int32(clusters), Int32(width), -2,
            points.base + rows.lowerBound * width, Int32(width), centres.base, Int32(width), 0, products,
            Int32(clusters))
          for (line, row) in rows.enumerated() {
            var best: (cluster: Int, value: Float) = (0, .infinity)
            for k in 0..<clusters {
              let value = products[line * clusters + k] + lengths[k]
              if value < best.value { best = (k, value) }
            }
            labels[row] = Int32(best.cluster)
          }
        }
      }
    }
  }

  /// Centres to the means of their points; returns how far they moved, squared, in all.
  private func moveCentres(_ before: [Int32]) -> Double {
    let changed = labels.indices.filter { labels[$0] != before[$0] }
    for row in changed {
      if before[row] >= 0 { sizes[Int(before[row])] -= 1 }
      sizes[Int(labels[row])] += 1
    }
    let (width, points) = (width, table.points)
    sums.withUnsafeMutableBufferPointer { sums in
      let sums = sums.baseAddress
      // Each unit has some of the coordinates to itself.
      device.forEachBlock(of: width, size: 64) { range in
        for row in changed {
          let point = points.base + row * width
          let own = sums! + Int(labels[row]) * width
          for i in range { own[i] += Double(point[i]) }
          guard before[row] >= 0 else { continue }
          let old = sums! + Int(before[row]) * width
          for i in range { old[i] -= Double(point[i]) }
        }
      }
    }
    var (sums, weights) = (sums, sizes)
    fillEmpty(&sums, &weights)
    var shift = 0.0
    for k in 0..<clusters where weights[k] > 0 {
      for i in k * width..<(k + 1) * width {
        let new = Float(sums[i] / Double(weights[k]))
        let difference = Double(new) - Double(centres.base[i])
        shift += difference * difference
        centres.base[i] = new
      }
    }
    return shift
  }

  /// A cluster without points gets the point that is farthest from its own centre, and so on.
  private func fillEmpty(_ sums: inout [Double], _ weights: inout [Int]) {
    let empty = weights.indices.filter { weights[$0] == 0 }
    guard !empty.isEmpty else { return }
    let distances = distances()
    let farthest = distances.indices.sorted { (distances[$1], $0) < (distances[$0], $1) }.prefix(empty.count)
    // More clusters than different points.
    guard let first = farthest.first, distances[first] > 0 else { return }
    for (cluster, row) in zip(empty, farthest) {
      let old = Int(labels[row])
      for i in 0..<width {
        let value = Double(table.points.base[row * width + i])
        sums[old * width + i] -= value
        sums[cluster * width + i] = value
      }
      weights[cluster] = 1
      weights[old] -= 1
    }
  }

  /// The squared distance of each point to the centre of its cluster.
  private func distances() -> [Float] {
    var result = [Float](repeating: 0, count: table.count)
    let (width, centres, points) = (width, centres, table.points)
    result.withUnsafeMutableBufferPointer { result in
      let result = result.baseAddress!
      device.forEachBlock(of: table.count, size: 256) { rows in
        for row in rows {
          result[row] = squaredDistance(points.base + row * width, centres.base + Int(labels[row]) * width, width)
        }
      }
    }
    return result
  }
}

/// The natural logarithm of a whole number of 1 or more.
func logOfWhole(_ value: Int) -> Double { log(Double(max(value, 1))) }
