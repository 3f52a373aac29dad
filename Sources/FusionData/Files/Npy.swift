import Foundation
import FusionCore

/// NumPy's array files, versions 1 to 3 (numpy.lib.format): magic, version, the length of a header, the header as a
/// Python dictionary, then the values.
public enum Npy {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// NumPy itself refuses headers above 10,000 bytes, unless told to trust the file.
  private static let headerLimit = 65_536

  /// Opens a file; its values stay there. Little and big endian; Fortran order is copied into C order.
  ///
  /// - Throws: ``DataError`` for whatever is not a whole, plain numeric array.
  public static func open(_ path: String) throws(DataError) -> StoredArray {
    let store = try ByteStore(mapping: path)
    return try store.reading { () throws(DataError) in try parse(store, source: path) }
  }

  /// The header of a store that holds a whole npy file, and where its values begin.
  static func header(of store: ByteStore, source: String) throws(DataError) -> (header: NpyHeader, start: Int) {
    let bytes = store.bytes
    guard bytes.count >= 10, bytes.prefix(6).elementsEqual(magic) else {
      let isPrefix = bytes.count < 10 && bytes.prefix(6).elementsEqual(magic.prefix(bytes.count))
      throw DataError(
        source,
        isPrefix
          ? "is truncated: \(counted(bytes.count, "byte"))" : "is not an npy file: its first bytes are not \\x93NUMPY",
        expected: "an array written by numpy.save")
    }
    let version = bytes[6]
    guard (1...3).contains(version) else {
      throw DataError(source, "has npy version \(version).\(bytes[7])", expected: "version 1, 2 or 3")
    }
    let start = version == 1 ? 10 : 12
    guard bytes.count >= start else { throw DataError(source, "is truncated within its header") }
    let length =
      version == 1
      ? Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
      : Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    guard length <= headerLimit else {
      throw DataError(
        source, "announces an absurd header of \(counted(length, "byte"))",
        expected: "at most \(counted(headerLimit, "byte"))")
    }
    guard length <= bytes.count - start else {
      throw DataError(source, "is truncated within its header of \(counted(length, "byte"))")
    }
    let header = try NpyHeader(UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]), source: source)
    return (header, start + length)
  }

  /// The array in a store that holds a whole npy file.
  static func parse(_ store: ByteStore, source: String) throws(DataError) -> StoredArray {
    let (header, start) = try header(of: store, source: source)
    guard case .number(let type, let isBigEndian) = header.type else {
      throw DataError(source, "holds text", expected: "numbers; text can be labels only")
    }
    let array = try StoredArray(
      source: source, store: store, offset: start, elementType: type, shape: header.shape, isBigEndian: isBigEndian)
    let excess = store.bytes.count - start - header.shape.elementCount * type.byteCount
    guard excess == 0 else {
      throw DataError(
        source, "holds \(counted(excess, "byte")) more than its header announces: \(type) \(header.shape)")
    }
    return header.isFortranOrder && header.shape.count > 1 ? try array.transposedFromFortran() : array
  }

  /// The bytes before the values: version 1, padded so that values start at a multiple of 64.
  static func header(_ elementType: ElementType, shape: Shape) -> [UInt8] {
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let order = elementType.byteCount == 1 ? "|" : "<"
    guard let code = elementType.numpyCode else { preconditionFailure("npy has no type for \(elementType)") }
    var text = "{'descr': '\(order)\(code)', 'fortran_order': False, 'shape': (\(sizes)), }"
    text += String(repeating: " ", count: 63 - (10 + text.utf8.count) % 64) + "\n"
    return magic + [1, 0, UInt8(text.utf8.count & 255), UInt8(text.utf8.count >> 8)] + Array(text.utf8)
  }

  /// Writes an array, whole or not at all.
  public static func write(_ values: [UInt8], shape: Shape, to path: String) throws(DataError) {
    let writer = try NpyWriter(path, .uint8, shape: shape)
    try writer.append(values)
    try writer.commit()
  }

  /// Writes an array, whole or not at all.
  public static func write(_ values: [Float], shape: Shape, to path: String) throws(DataError) {
    let writer = try NpyWriter(path, .float32, shape: shape)
    try writer.append(values)
    try writer.commit()
  }

  /// Writes an array of 64-bit integers, whole or not at all.
  public static func write(_ values: [Int], shape: Shape, to path: String) throws(DataError) {
    let writer = try NpyWriter(path, .int64, shape: shape)
    try writer.append(values.map(Int64.init))
    try writer.commit()
  }
}

/// Writes an array piece by piece; it appears at its path when it is complete.
public final class NpyWriter {
  private let file: AtomicFile
  private let elementType: ElementType
  private let hash = SHA256()
  private var missing: Int

  /// Starts the file of an array whose shape is known beforehand.
  public init(_ path: String, _ elementType: ElementType, shape: Shape) throws(DataError) {
    file = try AtomicFile(path)
    self.elementType = elementType
    missing = shape.elementCount * elementType.byteCount
    try Npy.header(elementType, shape: shape).withUnsafeBytes { raw in Result { () throws(DataError) in try put(raw) } }
      .get()
  }

  /// Appends values, which must be of the array's type and little-endian, as all supported machines are.
  public func append<Value: BitwiseCopyable>(_ values: [Value]) throws(DataError) {
    precondition(
      MemoryLayout<Value>.stride == elementType.byteCount, "\(Value.self) is not the array's type \(elementType)")
    missing -= values.count * MemoryLayout<Value>.stride
    try values.withUnsafeBytes { raw in Result { () throws(DataError) in try put(raw) } }.get()
  }

  private func put(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
    hash.update(bytes)
    try file.write(bytes)
  }

  /// Brings everything to the disk: see ``AtomicFile/complete()``.
  public func complete() throws(DataError) { try file.complete() }

  /// Puts the file in its place.
  ///
  /// - Returns: the SHA-256 of the file.
  @discardableResult
  public func commit() throws(DataError) -> String {
    precondition(missing == 0, "\(file.path): \(missing) bytes fewer were appended than the shape asks for")
    try file.commit()
    return hash.finish()
  }
}

extension StoredArray {
  /// A copy in C order of an array whose first index varies fastest.
  fileprivate func transposedFromFortran() throws(DataError) -> StoredArray {
    let width = elementType.byteCount
    let total = shape.elementCount
    let sizes = shape
    let input = store.bytes.baseAddress! + offset
    var strides = [Int](repeating: width, count: sizes.count)
    for axis in 1..<sizes.count { strides[axis] = strides[axis - 1] * sizes[axis - 1] }
    let copy = try ByteStore(path: store.path, owning: total * width) { memory throws(DataError) in
      var index = [Int](repeating: 0, count: sizes.count)
      var position = 0
      for place in 0..<total {
        memcpy(memory.baseAddress! + place * width, input + position, width)
        for axis in stride(from: sizes.count - 1, through: 0, by: -1) {
          index[axis] += 1
          position += strides[axis]
          if index[axis] < sizes[axis] { break }
          position -= strides[axis] * sizes[axis]
          index[axis] = 0
        }
      }
    }
    return try StoredArray(
      source: source, store: copy, offset: 0, elementType: elementType, shape: shape, isBigEndian: isBigEndian)
  }
}
