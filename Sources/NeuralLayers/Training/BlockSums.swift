import TensorEngine

extension Device {
  /// The sum of what `body` gives for each block of `0 ..< count`. The blocks follow from `count` alone and are added
  /// up in order, so that the sum rounds alike for any number of threads.
  func sumOfBlocks(of count: Int, _ body: (_ range: Range<Int>) -> Double) -> Double {
    let size = 8192
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: (count + size - 1) / size + 1) { parts in
      parts.initialize(repeating: 0)
      let base = parts.baseAddress!
      forEachBlock(of: count, size: size) { base[$0.lowerBound / size] = body($0) }
      return parts.reduce(0, +)
    }
  }
}
