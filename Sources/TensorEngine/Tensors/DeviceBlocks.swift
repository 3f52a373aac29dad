extension Device {
  /// Runs `body` over `0..<count` in blocks of a fixed size, on all threads; a single block runs inline.
  ///
  /// The blocks follow from `count` alone, so that no result depends on the number of threads.
  public func forEachBlock(of count: Int, size: Int = 16384, _ body: (_ range: Range<Int>) -> Void) {
    guard count > size else { return body(0..<count) }
    parallel(units: (count + size - 1) / size) { unit in
      body(unit * size..<min(count, (unit + 1) * size))
    }
  }
}
