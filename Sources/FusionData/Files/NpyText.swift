import Foundation
import FusionCore

/// Text as NumPy keeps it: every element of the same length, filled up with NULs.
struct NpyTextType {
  /// The number of characters, or of bytes.
  let length: Int
  /// Whether characters are UTF-32 (`U`), or bytes (`S`).
  let isUnicode: Bool
  let isBigEndian: Bool

  /// From `<U3`, `|S8`; nil for another type.
  init?(_ descr: String) {
    guard descr.count > 2, let order = descr.first, "<>|=".contains(order) else { return nil }
    let code = descr.dropFirst()
    guard let letter = code.first, "USa".contains(letter), code.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }),
      let length = Int(code.dropFirst()), length < 1 << 24
    else { return nil }
    self.length = length
    isUnicode = letter == "U"
    isBigEndian = order == ">"
  }

  var byteCount: Int { isUnicode ? length * 4 : length }

  /// One element, its letters composed (NFC); nil for what is no text.
  func text(_ bytes: UnsafeRawBufferPointer) -> String? {
    var result: String?
    if isUnicode {
      var scalars = String.UnicodeScalarView()
      var isOver = false
      for place in 0..<length {
        let raw = bytes.loadUnaligned(fromByteOffset: place * 4, as: UInt32.self)
        let code = isBigEndian ? UInt32(bigEndian: raw) : UInt32(littleEndian: raw)
        if code == 0 {
          isOver = true
          continue
        }
        guard !isOver, let scalar = Unicode.Scalar(code) else { return nil }
        scalars.append(scalar)
      }
      result = String(scalars)
    } else {
      let end = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
      let text = UnsafeRawBufferPointer(rebasing: bytes[..<end])
      result = text.contains(0) ? nil : String(validating: text, as: UTF8.self)
    }
    return result?.trimmingCharacters(in: .whitespaces).precomposedStringWithCanonicalMapping
  }
}

extension Npy {
  /// The elements of an array of text `[N]` or `[N, 1]`; nil where the file holds another type.
  static func text(_ path: String) throws(DataError) -> [String]? {
    try text(in: ByteStore(mapping: path), source: path)
  }

  /// The elements of an array of text in a store that holds a whole npy file; nil where it holds another type.
  static func text(in store: ByteStore, source: String) throws(DataError) -> [String]? {
    let (header, start) = try header(of: store, source: source)
    guard case .text(let type) = header.type else { return nil }
    let shape = header.shape
    guard let count = shape.first, shape.count <= 2, shape.dropFirst().allSatisfy({ $0 == 1 }) else {
      throw DataError(source, "holds text of shape \(shape)", expected: "one text for each sample: [N]")
    }
    guard type.byteCount > 0, let bytes = checkedProduct([count, type.byteCount]), bytes == store.bytes.count - start
    else {
      throw DataError(
        source, "holds \(counted(store.bytes.count - start, "byte")) of text",
        expected: "\(counted(count, "text")) of \(counted(type.byteCount, "byte"))")
    }
    try store.checkSize()
    var result: [String] = []
    result.reserveCapacity(count)
    for row in 0..<count {
      let place = start + row * type.byteCount
      guard let text = type.text(UnsafeRawBufferPointer(rebasing: store.bytes[place..<place + type.byteCount])) else {
        throw DataError(source, "row \(row + 1) holds what is no text", expected: "Unicode, without NULs inside")
      }
      result.append(text)
    }
    return result
  }
}
