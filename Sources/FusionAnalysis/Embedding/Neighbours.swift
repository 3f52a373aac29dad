import FusionCore

/// The k nearest other points of every point, nearest first; of equally near ones those of lower number.
package struct Neighbours {
  /// How many each point has.
  package let perPoint: Int
  /// `[N, k]`.
  package let indices: [Int32]
  /// Squared distances, `[N, k]`.
  package let distances: [Float]

  /// Finds them exactly: candidates by matrix products, some more than needed, then their distances from differences.
  /// Where rounding might have hidden a neighbour from the candidates, all distances of the point are found that way.
  package init(in table: DistanceTable, perPoint k: Int, device: Device) {
    precondition(k > 0 && k < table.count, "every point has other points")
    let count = table.count
    let candidates = min(count - 1, k + 16)
    perPoint = k
    var indices = [Int32](repeating: 0, count: count * k)
    var distances = [Float](repeating: 0, count: count * k)
    let (block, span) = (64, 2048)
    indices.withUnsafeMutableBufferPointer { indices in
      distances.withUnsafeMutableBufferPointer { distances in
        let (indices, distances) = (indices.baseAddress!, distances.baseAddress!)
        device.parallel(units: (count + block - 1) / block) { unit in
          let rows = unit * block..<min(count, (unit + 1) * block)
          var nearest = rows.map { _ in NearestKeys(capacity: candidates) }
          withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * span) { buffer in
            let buffer = buffer.baseAddress!
            for start in stride(from: 0, to: count, by: span) {
              let others = start..<min(count, start + span)
              table.squared(rows, to: others, into: buffer)
              for (line, row) in rows.enumerated() {
                nearest[line].offer(buffer + line * others.count, from: others, except: row)
              }
            }
          }
          for (line, row) in rows.enumerated() {
            let found = Self.refined(nearest[line], of: row, in: table, perPoint: k)
            for (place, key) in found.enumerated() {
              indices[row * k + place] = Int32(truncatingIfNeeded: key & 0xffff_ffff)
              distances[row * k + place] = Float(bitPattern: UInt32(key >> 32))
            }
          }
        }
      }
    }
    self.indices = indices
    self.distances = distances
  }

  private static func refined(
    _ found: NearestKeys, of row: Int, in table: DistanceTable, perPoint k: Int
  ) -> ArraySlice<UInt64> {
    var keys = found.keys.map { key in
      let other = Int(key & 0xffff_ffff)
      return NearestKeys.key(table.exact(row, other), other)
    }
    keys.sort()
    guard found.keys.count < table.count - 1 else { return keys.prefix(k) }
    let farthest = Float(bitPattern: UInt32(found.keys[0] >> 32))
    let last = Float(bitPattern: UInt32(keys[k - 1] >> 32))
    if last + table.rounding(of: row, within: last) < farthest { return keys.prefix(k) }
    var all = NearestKeys(capacity: k)
    for other in 0..<table.count where other != row { all.offer(NearestKeys.key(table.exact(row, other), other)) }
    return all.keys.sorted()[...]
  }
}

/// The smallest of many keys: a heap with the largest of them on top.
///
/// A key is a distance, whose bits are in order as long as it is not negative, above a number that settles ties.
private struct NearestKeys {
  private(set) var keys: [UInt64] = []
  private let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    keys.reserveCapacity(capacity)
  }

  static func key(_ distance: Float, _ index: Int) -> UInt64 {
    UInt64(distance.bitPattern) << 32 | UInt64(truncatingIfNeeded: index)
  }

  /// A row of distances to the points of a range.
  mutating func offer(_ distances: UnsafePointer<Float>, from others: Range<Int>, except row: Int) {
    var limit = keys.count == capacity ? Float(bitPattern: UInt32(keys[0] >> 32)) : .infinity
    for place in 0..<others.count where distances[place] <= limit {
      let other = others.lowerBound + place
      guard other != row else { continue }
      offer(Self.key(distances[place], other))
      if keys.count == capacity { limit = Float(bitPattern: UInt32(keys[0] >> 32)) }
    }
  }

  mutating func offer(_ key: UInt64) {
    if keys.count < capacity {
      keys.append(key)
      var place = keys.count - 1
      while place > 0, keys[(place - 1) / 2] < keys[place] {
        keys.swapAt(place, (place - 1) / 2)
        place = (place - 1) / 2
      }
    } else if key < keys[0] {
      keys.withUnsafeMutableBufferPointer { keys in
        var place = 0
        while true {
          var child = 2 * place + 1
          guard child < keys.count else { break }
          if child + 1 < keys.count, keys[child + 1] > keys[child] { child += 1 }
          guard keys[child] > key else { break }
          keys[place] = keys[child]
          place = child
        }
        keys[place] = key
      }
    }
  }
}
