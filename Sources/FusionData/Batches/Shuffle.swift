import FusionCore

extension RandomStream {
  /// A whole number below `bound`, the one at `position` of the stream: the high half of a 64-bit product.
  func integer(below bound: Int, at position: Int) -> Int {
    let block = block(UInt64(position))
    let word = UInt64(block[0]) << 32 | UInt64(block[1])
    return Int(word.multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A number in 0 ..< 1, the one at `position` of the stream.
  func uniform(at position: Int) -> Float { Float(block(UInt64(position))[0] >> 8) * 0x1p-24 }

  /// The numbers 0 ..< count in an order that depends on this stream alone (Fisher and Yates).
  func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, integer(below: i + 1, at: i)) }
    return order
  }
}
