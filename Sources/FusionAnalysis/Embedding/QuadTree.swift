import FusionCore

/// Points of a plane in cells of four (Barnes and Hut 1986), in flat arrays: a cell stands before what it holds, and knows
/// where to go on if that is left out.
///
/// Within a cell the quarters follow Hilbert's curve, so that neighbours in ``order`` are neighbours in the plane.
final class QuadTree {
  /// A cell: how many points there are, where on average, and from how far away that is all one has to know.
  struct Cell {
    var x: Float
    var y: Float
    var weight: Float
    /// Squared: from farther away the cell counts as one.
    var limit: Float
    /// The cell after all within this one.
    var next: Int32
    /// The points of a leaf, in tree order; none for other cells.
    var first: Int32
    var last: Int32
    private var unused: Int32 = 0

    init(first: Int, last: Int) {
      (x, y, weight, limit, next, self.first, self.last) = (0, 0, 0, 0, 0, Int32(first), Int32(last))
    }
  }

  /// As many points as a leaf holds before it is divided.
  private static let leafSize = 4
  /// Points that are still together after so many divisions are as good as equal.
  private static let depthLimit = 48

  private let count: Int
  /// Square of the angle under which a cell may appear and count as one.
  private let squaredAngle: Float
  private(set) var cells: UnsafeMutablePointer<Cell>
  private(set) var cellCount = 0
  /// The points in tree order, by number.
  let order: UnsafeMutablePointer<Int32>
  /// Their coordinates in tree order; the last is repeated to fill whole vectors.
  let x: Storage
  let y: Storage
  private let scratchOrder: UnsafeMutablePointer<Int32>
  private let scratch: Storage

  /// Room for a number of points.
  init(count: Int, angle: Double, lanes: Int) {
    self.count = count
    squaredAngle = Float(angle * angle)
    let padded = (count + lanes - 1) / lanes * lanes
    (x, y, scratch) = (Storage(count: padded), Storage(count: padded), Storage(count: count * 2))
    order = .allocate(capacity: max(count, 1))
    scratchOrder = .allocate(capacity: max(count, 1))
    // Every cell that is no leaf has two or more below it.
    cells = .allocate(capacity: max(2 * count, 1))
  }

  deinit {
    order.deallocate()
    scratchOrder.deallocate()
    cells.deallocate()
  }

  /// Sorts the points into cells.
  func build(_ px: UnsafePointer<Float>, _ py: UnsafePointer<Float>) {
    guard count > 0 else { return }
    cellCount = 0
    var (low, high) = ((x: px[0], y: py[0]), (x: px[0], y: py[0]))
    for i in 0..<count {
      (x.base[i], y.base[i], order[i]) = (px[i], py[i], Int32(truncatingIfNeeded: i))
      low = (min(low.x, px[i]), min(low.y, py[i]))
      high = (max(high.x, px[i]), max(high.y, py[i]))
    }
    let half = max(high.x - low.x, high.y - low.y) / 2
    _ = add(0, count, (low.x + high.x) / 2, (low.y + high.y) / 2, half, depth: 0, state: 0)
    for i in count..<x.count { (x.base[i], y.base[i]) = (x.base[count - 1], y.base[count - 1]) }
  }

  /// For each orientation of Hilbert's curve: which quarter (2 for the right half, 1 for the upper) comes when, and with
  /// which orientation.
  private static func quarter(_ state: Int, _ place: Int) -> (quarter: Int, state: Int) {
    let orders: (UInt32, UInt32, UInt32, UInt32) = (0x0132, 0x0231, 0x3102, 0x3201)
    let row = state == 0 ? orders.0 : state == 1 ? orders.1 : state == 2 ? orders.2 : orders.3
    let turn = place == 0 ? 1 : place == 3 ? 2 : 0
    return (Int(row >> UInt32(12 - 4 * place)) & 3, state ^ turn)
  }

  /// Adds a cell of the points `first ..< last` and all below; returns the sums of their coordinates.
  private func add(
    _ first: Int, _ last: Int, _ centreX: Float, _ centreY: Float, _ halfWidth: Float, depth: Int, state: Int
  ) -> (x: Double, y: Double) {
    var (centre, half, depth, state) = ((x: centreX, y: centreY), halfWidth, depth, state)
    var counts = SIMD4<Int32>.zero
    var isLeaf = last - first <= Self.leafSize
    // A cell with all its points in one quarter gives way to that quarter.
    while !isLeaf {
      counts = .zero
      for i in first..<last { counts[(x.base[i] >= centre.x ? 2 : 0) + (y.base[i] >= centre.y ? 1 : 0)] += 1 }
      guard let only = (0..<4).first(where: { Int(counts[$0]) == last - first }) else { break }
      let place = (0..<4).first { Self.quarter(state, $0).quarter == only }!
      state = Self.quarter(state, place).state
      half /= 2
      centre = (centre.x + (only & 2 != 0 ? half : -half), centre.y + (only & 1 != 0 ? half : -half))
      depth += 1
      isLeaf = depth >= Self.depthLimit
    }
    let index = cellCount
    cellCount += 1
    cells[index] = Cell(first: first, last: isLeaf ? last : first)
    var sum = (x: 0.0, y: 0.0)
    if isLeaf {
      for i in first..<last { sum = (sum.x + Double(x.base[i]), sum.y + Double(y.base[i])) }
    } else {
      let starts = partition(first, last, centre, counts, state)
      for place in 0..<4 where starts[place] < starts[place + 1] {
        let (quarter, below) = Self.quarter(state, place)
        let part = add(
          Int(starts[place]), Int(starts[place + 1]), centre.x + (quarter & 2 != 0 ? half / 2 : -half / 2),
          centre.y + (quarter & 1 != 0 ? half / 2 : -half / 2), half / 2, depth: depth + 1, state: below)
        sum = (sum.x + part.x, sum.y + part.y)
      }
    }
    let weight = Double(last - first)
    cells[index].x = Float(sum.x / weight)
    cells[index].y = Float(sum.y / weight)
    cells[index].weight = Float(weight)
    cells[index].limit = 4 * half * half / squaredAngle
    cells[index].next = Int32(truncatingIfNeeded: cellCount)
    return sum
  }

  /// Brings the points of each quarter together, in the order of the curve; returns where each starts, and the end.
  private func partition(
    _ first: Int, _ last: Int, _ centre: (x: Float, y: Float), _ counts: SIMD4<Int32>, _ state: Int
  ) -> SIMD8<Int32> {
    var starts = SIMD8<Int32>.zero
    var next = SIMD4<Int32>.zero
    var position = Int32(truncatingIfNeeded: first)
    for place in 0..<4 {
      let quarter = Self.quarter(state, place).quarter
      (starts[place], next[quarter]) = (position, position)
      position += counts[quarter]
    }
    starts[4] = position
    let (sx, sy) = (scratch.base, scratch.base + count)
    for i in first..<last {
      let quarter = (x.base[i] >= centre.x ? 2 : 0) + (y.base[i] >= centre.y ? 1 : 0)
      let place = Int(next[quarter])
      next[quarter] += 1
      (sx[place], sy[place], scratchOrder[place]) = (x.base[i], y.base[i], order[i])
    }
    (x.base + first).update(from: sx + first, count: last - first)
    (y.base + first).update(from: sy + first, count: last - first)
    (order + first).update(from: scratchOrder + first, count: last - first)
    return starts
  }
}
