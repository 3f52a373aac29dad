import FusionCore

extension SafeTensors {
  /// What a file says about its own content.
  public enum Seal: Sendable, Equatable {
    /// It has no seal: another program wrote it.
    case none
    /// Every byte is as it was written.
    case whole
    /// Some byte has changed since.
    case broken
  }

  /// The key of the seal in the file's metadata.
  ///
  /// Its value is the SHA-256, in hexadecimal digits, of the whole file with zeros in the place of these digits.
  static let sealKey = "fusionkit.sha256"
  /// What stands in the place of the digits while they are computed.
  static let sealRoom = String(repeating: "0", count: 64)
  /// What is in front of the digits in a header.
  static let sealFront = "\"\(sealKey)\":\""

  /// The digits of the seal; nil where there is none.
  public var sealDigits: String? { metadata[Self.sealKey] }

  /// Compares the content of the file with its seal.
  ///
  /// - Throws: ``DataError`` where the file was shortened meanwhile.
  public func checkSeal() throws(DataError) -> Seal {
    guard let digits = metadata[Self.sealKey] else { return .none }
    let bytes = store.bytes
    let length = Int(UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)))
    let mark = Array((Self.sealFront + digits).utf8)
    // Keys are sorted, and the metadata come first.
    let places = 8..<8 + max(0, min(length, bytes.count - 8) - mark.count)
    guard digits.utf8.count == Self.sealRoom.utf8.count,
      let place = places.first(where: { bytes[$0] == mark[0] && bytes[$0..<$0 + mark.count].elementsEqual(mark) })
    else { return .broken }
    let start = place + mark.count - digits.utf8.count
    return try store.reading { () throws(DataError) in
      let hash = SHA256()
      hash.update(UnsafeRawBufferPointer(rebasing: bytes[..<start]))
      Array(Self.sealRoom.utf8).withUnsafeBytes { hash.update($0) }
      hash.update(UnsafeRawBufferPointer(rebasing: bytes[(start + digits.utf8.count)...]))
      return hash.finish() == digits ? .whole : .broken
    }
  }
}
