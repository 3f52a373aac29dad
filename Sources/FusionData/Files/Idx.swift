import FusionCore

/// The format of the MNIST files: two zero bytes, a type, the number of dimensions, big-endian sizes and values.
public enum Idx {
  private static let types: [UInt8: ElementType] = [
    0x08: .uint8, 0x09: .int8, 0x0B: .int16, 0x0C: .int32, 0x0D: .float32, 0x0E: .float64,
  ]

  /// Opens a file, plain (its values stay there) or gzip'd (unpacked into memory).
  public static func open(_ path: String) throws(DataError) -> StoredArray {
    let file = try ByteStore(mapping: path)
    let store = try file.reading { () throws(DataError) in
      Gzip.isGzip(file.bytes) ? try Gzip.unpack(file) : file
    }
    let bytes = store.bytes
    guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0, let type = types[bytes[2]] else {
      throw DataError(
        path,
        "is not an IDX file: it starts with \(bytes.prefix(4).map { String($0, radix: 16) }.joined(separator: " "))",
        expected: "0 0, a type from 8 to e, the number of dimensions (8 3 for MNIST's images, 8 1 for its labels)")
    }
    let rank = Int(bytes[3])
    guard (1...8).contains(rank) else {
      throw DataError(path, "announces \(counted(rank, "dimension"))", expected: "1 to 8")
    }
    let start = 4 + 4 * rank
    guard bytes.count >= start else { throw DataError(path, "is truncated within its header") }
    let shape = (0..<rank).map {
      Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4 + 4 * $0, as: UInt32.self)))
    }
    let array = try StoredArray(
      source: path, store: store, offset: start, elementType: type, shape: shape, isBigEndian: true)
    let excess = bytes.count - start - shape.elementCount * type.byteCount
    guard excess == 0 else {
      throw DataError(path, "holds \(counted(excess, "byte")) more than its header announces: \(type) \(shape)")
    }
    return array
  }
}
