import TensorEngine

/// Values are worked on in pieces of this size, whatever the number of threads, so that sums always round alike.
private let chunk = 8192

extension Device {
  /// Runs `body` over `0 ..< count` in pieces, on all threads.
  func forEachChunk(of count: Int, _ body: (_ range: Range<Int>) -> Void) {
    parallel(units: (count + chunk - 1) / chunk) { unit in body(unit * chunk..<min((unit + 1) * chunk, count)) }
  }

  /// The sum of what `body` gives for each piece of `0 ..< count`, added up in order.
  func sumOfChunks(of count: Int, _ body: (_ range: Range<Int>) -> Double) -> Double {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: (count + chunk - 1) / chunk) { parts in
      let base = parts.baseAddress
      forEachChunk(of: count) { base![$0.lowerBound / chunk] = body($0) }
      return parts.reduce(0, +)
    }
  }
}
