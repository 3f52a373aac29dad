import FusionCore

/// The chunks of a RIFF WAVE file, as far as they tell whether it is whole and what it is.
struct WavLayout {
  /// The bytes of sound that are there.
  private(set) var dataSize = 0
  /// The bytes of a frame, a sample of each channel.
  private(set) var frameSize = 1
  /// Whether the header leaves the size of the sound open.
  private(set) var isPiped = false

  private let bytes: UnsafeRawBufferPointer
  private let path: String

  /// What programs write that cannot know the size yet: all ones (ffmpeg), nearly 2 GiB (sox), nearly 4 GiB.
  private static let openSizes: Set<Int> = [0xFFFF_FFFF, 0x7FFF_F000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_F000]

  /// Walks over the chunks up to the one called `data`.
  ///
  /// - Throws: ``DataError`` where the file is cut off, or its format contradicts itself.
  init(_ store: ByteStore) throws(DataError) {
    bytes = store.bytes
    path = store.path
    guard bytes.count >= 12, tag(0) == "RIFF", tag(8) == "WAVE" else {
      throw DataError(path, "is not a WAV file: it does not start with RIFF and WAVE")
    }
    let riffSize = word(4)
    // Sizes that are open are those of the sound, or of all behind the first eight bytes.
    let isOpen = Self.openSizes.contains { $0...($0 + 4096) ~= riffSize }
    // A last byte of padding may be missing.
    guard isOpen || riffSize + 8 <= bytes.count + 1 else {
      throw DataError(
        path, "is truncated: \(counted(bytes.count, "byte"))",
        expected: "\(counted(riffSize + 8, "byte")), as its header announces")
    }
    var offset = 12
    while offset + 8 <= bytes.count {
      let size = word(offset + 4)
      let left = bytes.count - offset - 8
      if tag(offset) == "data" {
        isPiped = isOpen && Self.openSizes.contains(size) && size > left
        dataSize = isPiped ? left : size
        guard isPiped || size <= left else { throw truncated(offset, size, left) }
        guard dataSize >= frameSize else { throw DataError(path, "holds no sound: its header says 0 bytes of it") }
        return
      }
      guard size <= left else { throw truncated(offset, size, left) }
      if tag(offset) == "fmt " { try readFormat(offset + 8, size) }
      offset += 8 + size + size % 2
    }
    throw DataError(path, "is truncated: it has no chunk 'data'")
  }

  private func truncated(_ offset: Int, _ size: Int, _ left: Int) -> DataError {
    DataError(
      path, "is truncated within its chunk '\(tag(offset).excerpt())'",
      expected: "\(counted(size, "byte")), \(counted(left, "byte")) are left")
  }

  private func word(_ offset: Int) -> Int {
    Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
  }
  private func short(_ offset: Int) -> Int {
    Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
  }
  private func tag(_ offset: Int) -> String { String(decoding: bytes[offset..<offset + 4], as: UTF8.self) }

  /// The sizes that a format allows, by its tag; formats that are not here pack samples as they like.
  private static let formats: [Int: (name: String, bits: Set<Int>)] = [
    1: ("whole numbers (PCM)", Set(1...32)), 3: ("floating point", [32, 64]), 6: ("A-law", [8]), 7: ("µ-law", [8]),
  ]

  /// A damaged header may turn samples of 16 bits into A-law, which sounds, and is noise.
  private mutating func readFormat(_ offset: Int, _ size: Int) throws(DataError) {
    guard size >= 16 else { throw DataError(path, "has a format of \(counted(size, "byte"))", expected: "16 or more") }
    var tag = short(offset)
    let (channels, align, bits) = (short(offset + 2), short(offset + 12), short(offset + 14))
    // The true tag of an extensible format begins its identifier.
    if tag == 0xFFFE, size >= 40 { tag = short(offset + 24) }
    frameSize = max(1, align)
    guard let format = Self.formats[tag] else { return }
    guard channels > 0, format.bits.contains(bits), align == channels * ((bits + 7) / 8) else {
      throw DataError(
        path,
        "has a header that contradicts itself: \(format.name) of \(counted(bits, "bit")), "
          + "\(counted(channels, "channel")) in \(counted(align, "byte"))",
        expected: "a size that fits the format; the header is damaged")
    }
  }
}
