/// Sums along neighbouring values: eight partial sums side by side, which the processor adds at once, and which lose
/// less to rounding than one.
@inline(__always)
private func lanes(_ count: Int, _ vector: (Int) -> SIMD8<Float>, _ scalar: (Int) -> Float) -> Float {
  var sums = SIMD8<Float>.zero
  let whole = count & ~7
  var i = 0
  while i < whole {
    sums += vector(i)
    i += 8
  }
  var rest: Float = 0
  while i < count {
    rest += scalar(i)
    i += 1
  }
  return sums.sum() + rest
}

extension UnsafeMutablePointer<Float> {
  /// Eight values from `index` on.
  @inline(__always)
  func eight(_ index: Int) -> SIMD8<Float> {
    UnsafeRawPointer(self + index).loadUnaligned(as: SIMD8<Float>.self)
  }

  /// Writes eight values from `index` on.
  @inline(__always)
  func setEight(_ index: Int, _ value: SIMD8<Float>) {
    UnsafeMutableRawPointer(self + index).storeBytes(of: value, as: SIMD8<Float>.self)
  }

  /// Σ self.
  func sum(_ count: Int) -> Float { lanes(count, { eight($0) }, { self[$0] }) }

  /// Σ self · other.
  func dot(_ other: UnsafeMutablePointer<Float>, _ count: Int) -> Float {
    lanes(count, { eight($0) * other.eight($0) }, { self[$0] * other[$0] })
  }

  /// Σ (self − centre)².
  func squaredDeviations(from centre: Float, _ count: Int) -> Float {
    lanes(
      count,
      {
        let d = eight($0) - centre
        return d * d
      }, { (self[$0] - centre) * (self[$0] - centre) })
  }

  /// Σ (self − centre) · other.
  func dotDeviations(from centre: Float, _ other: UnsafeMutablePointer<Float>, _ count: Int) -> Float {
    lanes(count, { (eight($0) - centre) * other.eight($0) }, { (self[$0] - centre) * other[$0] })
  }
}

extension Device {
  /// Runs `body` over `0..<count` in at most 16 runs of neighbours, fewer where all the work (`cost` operations an
  /// item) is too little to be worth a second thread.
  func parallel(count: Int, cost: Int, _ body: (Range<Int>) -> Void) {
    let pieces = max(1, min(count, 16, (count * max(cost, 1)) >> 14))
    parallel(units: pieces) { body($0 * count / pieces..<($0 + 1) * count / pieces) }
  }
}
