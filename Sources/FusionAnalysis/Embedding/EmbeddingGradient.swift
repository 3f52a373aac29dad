import Foundation
import FusionCore

/// The derivative of the divergence by the positions of the points: 4 (Σ p_ij q_ij Z (y_i - y_j) - Σ q_ij² Z (y_i - y_j)).
///
/// Attraction runs over the neighbours, repulsion over the cells of a tree, both for points in blocks that follow from
/// their number: whoever computes a block, its result is the same, and sums over blocks are taken in their order.
package final class EmbeddingGradient {
  /// By x of all points, then by y.
  package let values: Storage
  /// Σ p log(p / q) where it was asked for last.
  package private(set) var divergence = Double.infinity

  private let affinities: Affinities
  private let device: Device
  private let count: Int
  private let tree: QuadTree
  private let attraction: Storage
  private let repulsion: Storage
  private var normalisers: [Double]
  private var costs: [Double]

  /// Vectors of points that go through the tree together, and points of each.
  private static let vectors = 2
  private static let lanes = 8
  /// Points of a unit of work: whole groups.
  private static let unit = 128

  /// At an angle of 0 nothing is approximated.
  package init(_ affinities: Affinities, angle: Double, device: Device) {
    self.affinities = affinities
    self.device = device
    count = affinities.starts.count - 1
    tree = QuadTree(count: count, angle: angle, lanes: Self.vectors * Self.lanes)
    (values, attraction, repulsion) = (
      Storage(count: 2 * count), Storage(count: 2 * count), Storage(count: 2 * count)
    )
    let units = (count + Self.unit - 1) / Self.unit
    normalisers = [Double](repeating: 0, count: units)
    costs = [Double](repeating: 0, count: units)
  }

  /// Computes ``values`` and, if wanted, ``divergence``.
  ///
  /// - Parameters:
  ///   - position: x of all points, then y.
  ///   - exaggeration: what p is multiplied with.
  package func compute(at position: Storage, exaggeration: Float, wantsDivergence: Bool) {
    let units = normalisers.count
    let (px, py) = (UnsafePointer(position.base), UnsafePointer(position.base + count))
    costs.withUnsafeMutableBufferPointer { costs in
      let costs = costs.baseAddress!
      // The tree is one thread's work; others attract meanwhile.
      device.parallel(units: units + 1) { unit in
        guard unit > 0 else { return tree.build(px, py) }
        let rows = (unit - 1) * Self.unit..<min(count, unit * Self.unit)
        attract(rows, px, py)
        if wantsDivergence { costs[unit - 1] = cost(rows, px, py) }
      }
    }
    normalisers.withUnsafeMutableBufferPointer { normalisers in
      let normalisers = normalisers.baseAddress!
      device.parallel(units: units) { unit in
        normalisers[unit] = repel(unit * Self.unit..<min(count, (unit + 1) * Self.unit))
      }
    }
    // Every point has counted itself, at a distance of 0.
    let normaliser = max(normalisers.reduce(0, +) - Double(count), .ulpOfOne)
    let scale = Float(4 / normaliser)
    let (out, pull, push) = (values.base, attraction.base, repulsion.base)
    for i in 0..<2 * count { out[i] = 4 * exaggeration * pull[i] - scale * push[i] }
    // log(p / q) = log p + log(1 + d²) + log Z.
    if wantsDivergence { divergence = affinities.negativeEntropy + costs.reduce(0, +) + log(normaliser) }
  }

  /// Σ_j p_ij (1 + d²)⁻¹ (y_i - y_j) for some points.
  private func attract(_ rows: Range<Int>, _ px: UnsafePointer<Float>, _ py: UnsafePointer<Float>) {
    let (outX, outY) = (attraction.base, attraction.base + count)
    affinities.others.withUnsafeBufferPointer { others in
      affinities.values.withUnsafeBufferPointer { values in
        let (others, values) = (others.baseAddress!, values.baseAddress!)
        for row in rows {
          var place = affinities.starts[row]
          let end = affinities.starts[row + 1]
          let (x, y) = (px[row], py[row])
          var (sumX, sumY) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
          while place + 8 <= end {
            var (dx, dy) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
            for lane in 0..<8 {
              let other = Int(others[place + lane])
              dx[lane] = px[other]
              dy[lane] = py[other]
            }
            dx = x - dx
            dy = y - dy
            let p = UnsafeRawPointer(values + place).loadUnaligned(as: SIMD8<Float>.self)
            let weight = p / (1 + (dx * dx + dy * dy))
            sumX += weight * dx
            sumY += weight * dy
            place += 8
          }
          var (restX, restY) = (sumX.sum(), sumY.sum())
          while place < end {
            let other = Int(others[place])
            let (dx, dy) = (x - px[other], y - py[other])
            let weight = values[place] / (1 + (dx * dx + dy * dy))
            restX += weight * dx
            restY += weight * dy
            place += 1
          }
          (outX[row], outY[row]) = (restX, restY)
        }
      }
    }
  }

  /// Σ_ij p_ij log(1 + d²) over the neighbours of some points.
  private func cost(_ rows: Range<Int>, _ px: UnsafePointer<Float>, _ py: UnsafePointer<Float>) -> Double {
    var sum = 0.0
    for row in rows {
      for place in affinities.starts[row]..<affinities.starts[row + 1] {
        let other = Int(affinities.others[place])
        let (dx, dy) = (px[row] - px[other], py[row] - py[other])
        sum += Double(affinities.values[place]) * Double(log1p(dx * dx + dy * dy))
      }
    }
    return sum
  }

  /// Σ_j (1 + d²)⁻² (y_i - y_j) for some points in tree order; returns Σ_ij (1 + d²)⁻¹, each point with itself counted.
  private func repel(_ places: Range<Int>) -> Double {
    let (outX, outY) = (repulsion.base, repulsion.base + count)
    let (x, y) = (UnsafeRawPointer(tree.x.base), UnsafeRawPointer(tree.y.base))
    let capacity = 1024
    var normaliser = 0.0
    withUnsafeTemporaryAllocation(of: SIMD4<Float>.self, capacity: capacity) { list in
      let list = list.baseAddress!
      for start in stride(from: places.lowerBound, to: places.upperBound, by: Self.vectors * Self.lanes) {
        var group = PointGroup(x, y, start)
        var walk = Walk(tree, group)
        while true {
          let found = walk.fill(list, capacity)
          if found == 0 { break }
          group.first.repel(list, found)
          group.second.repel(list, found)
        }
        for lane in 0..<min(Self.vectors * Self.lanes, count - start) {
          let point = Int(tree.order[start + lane])
          let (forces, lane) = lane < Self.lanes ? (group.first, lane) : (group.second, lane - Self.lanes)
          (outX[point], outY[point]) = (forces.forceX[lane], forces.forceY[lane])
          normaliser += Double(forces.sum[lane])
        }
      }
    }
    return normaliser
  }
}

/// Eight points and what repels them.
private struct Forces {
  let x: SIMD8<Float>
  let y: SIMD8<Float>
  var forceX = SIMD8<Float>.zero
  var forceY = SIMD8<Float>.zero
  /// Σ (1 + d²)⁻¹.
  var sum = SIMD8<Float>.zero

  init(_ x: UnsafeRawPointer, _ y: UnsafeRawPointer, _ start: Int) {
    self.x = x.loadUnaligned(fromByteOffset: start * 4, as: SIMD8<Float>.self)
    self.y = y.loadUnaligned(fromByteOffset: start * 4, as: SIMD8<Float>.self)
  }

  /// Adds the repulsion of cells and points: x, y, weight.
  @inline(__always)
  mutating func repel(_ list: UnsafePointer<SIMD4<Float>>, _ count: Int) {
    var (fx, fy, total) = (forceX, forceY, sum)
    let (px, py) = (x, y)
    for i in 0..<count {
      let entry = list[i]
      let dx = px - entry.x
      let dy = py - entry.y
      let q = 1 / (1 + (dx * dx + dy * dy))
      let weighted = entry.z * q
      total += weighted
      let strength = weighted * q
      fx += strength * dx
      fy += strength * dy
    }
    (forceX, forceY, sum) = (fx, fy, total)
  }
}

/// Sixteen neighbours in tree order, and the rectangle that holds them.
private struct PointGroup {
  var first: Forces
  var second: Forces
  let left: Float
  let right: Float
  let lower: Float
  let upper: Float

  init(_ x: UnsafeRawPointer, _ y: UnsafeRawPointer, _ start: Int) {
    first = Forces(x, y, start)
    second = Forces(x, y, start + 8)
    (left, right) = (pointwiseMin(first.x, second.x).min(), pointwiseMax(first.x, second.x).max())
    (lower, upper) = (pointwiseMin(first.y, second.y).min(), pointwiseMax(first.y, second.y).max())
  }
}

/// A walk through the tree that lists what repels a group: cells that are far from all of it, else points.
private struct Walk {
  private let cells: UnsafePointer<QuadTree.Cell>
  private let end: Int
  private let x: UnsafePointer<Float>
  private let y: UnsafePointer<Float>
  private let left: Float
  private let right: Float
  private let lower: Float
  private let upper: Float
  private var cell = 0
  /// Points of a leaf that are still to be listed.
  private var pending = 0..<0

  init(_ tree: QuadTree, _ group: PointGroup) {
    (cells, end) = (UnsafePointer(tree.cells), tree.cellCount)
    (x, y) = (UnsafePointer(tree.x.base), UnsafePointer(tree.y.base))
    (left, right, lower, upper) = (group.left, group.right, group.lower, group.upper)
  }

  /// Writes up to `capacity` entries; 0: the walk is over.
  mutating func fill(_ list: UnsafeMutablePointer<SIMD4<Float>>, _ capacity: Int) -> Int {
    var (found, index, leaf) = (0, cell, pending)
    while found < capacity {
      if !leaf.isEmpty {
        let end = min(leaf.upperBound, leaf.lowerBound + capacity - found)
        for point in leaf.lowerBound..<end {
          list[found] = SIMD4(x[point], y[point], 1, 0)
          found += 1
        }
        leaf = end..<leaf.upperBound
        continue
      }
      guard index < end else { break }
      let next = cells[index]
      let dx = max(left - next.x, next.x - right, 0)
      let dy = max(lower - next.y, next.y - upper, 0)
      if dx * dx + dy * dy > next.limit {
        list[found] = SIMD4(next.x, next.y, next.weight, 0)
        found += 1
        index = Int(next.next)
      } else if next.first < next.last {
        leaf = Int(next.first)..<Int(next.last)
        index = Int(next.next)
      } else {
        index += 1
      }
    }
    (cell, pending) = (index, leaf)
    return found
  }
}
