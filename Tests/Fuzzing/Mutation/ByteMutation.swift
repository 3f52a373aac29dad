/// Changes that suit any file.
enum ByteMutation {
  /// Numbers at which sizes and counts go wrong.
  private static let numbers: [UInt64] = [
    0, 1, 2, 7, 8, 15, 16, 127, 128, 255, 256, 1000, 32_767, 32_768, 65_535, 65_536, 1 << 20, 0x7FFF_FFFF,
    0x8000_0000, 0xFFFF_FFFF, 1 << 32, 1 << 40, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max, .max - 7,
    // NaN and infinity as float32 and float64.
    0x7FC0_0000, 0x7F80_0000, 0x7FF8_0000_0000_0000, 0x7FF0_0000_0000_0000,
  ]
  static let longest = 1 << 18

  /// One change; `other` is another file of the kind, to take pieces from.
  static func apply(to bytes: inout [UInt8], other: [UInt8], _ random: inout FuzzRandom) {
    guard !bytes.isEmpty else {
      bytes = [random.byte()]
      return
    }
    // Most of what can go wrong is in the first bytes.
    let reach = random.oneIn(2) ? min(160, bytes.count) : bytes.count
    let at = random.below(reach)
    let length = 1 + random.below(min(bytes.count - at, random.oneIn(4) ? 4096 : 16))
    switch random.below(10) {
    case 0: bytes[at] ^= 1 << UInt8(random.below(8))
    case 1: bytes[at] = random.byte()
    case 2: bytes[at] = UInt8(truncatingIfNeeded: random.choose(numbers))
    case 3, 4: overwrite(&bytes, at, &random)
    case 5: bytes.removeSubrange(at..<at + length)
    case 6: bytes.removeSubrange(at...)
    case 7:
      let piece = Array(bytes[at..<at + length])
      let copies = random.oneIn(16) ? 1 + random.below(200) : 1
      for _ in 0..<copies where bytes.count < longest { bytes.insert(contentsOf: piece, at: random.below(bytes.count)) }
    case 8:
      let from = random.below(other.count)
      let piece = other[from..<min(other.count, from + length * 4)]
      bytes.replaceSubrange(at..<min(bytes.count, at + (random.oneIn(2) ? piece.count : 0)), with: piece)
    default: bytes += (0..<1 + random.below(64)).map { _ in random.byte() }
    }
  }

  /// A number over what stands there, in 1, 2, 4 or 8 bytes of either order.
  private static func overwrite(_ bytes: inout [UInt8], _ at: Int, _ random: inout FuzzRandom) {
    let width = 1 << random.below(4)
    let number = random.oneIn(3) ? UInt64(random.below(bytes.count * 2)) : random.choose(numbers)
    let little = (0..<width).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
    for (offset, byte) in (random.oneIn(2) ? little : little.reversed()).enumerated() where at + offset < bytes.count {
      bytes[at + offset] = byte
    }
  }
}
