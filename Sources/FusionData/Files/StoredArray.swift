import Foundation
import FusionCore

/// An array of samples as it lies in a file: typed, row-major, mapped into memory where the format allows.
///
/// Values become `Float` only where rows are gathered for a batch, so that bytes stay bytes, and arrays larger than
/// memory can be used.
public struct StoredArray: Sendable {
  /// The file, with `:member` for a part of one, for messages.
  public let source: String
  /// The stored type.
  public let elementType: ElementType
  /// All sizes, samples first: `[N, …]`.
  public let shape: Shape
  /// The smallest and largest value, where they have been looked at: see ``scanned(device:)``.
  public var valueRange: ClosedRange<Double>?
  /// The table that the values were read from, row by row.
  var table: CSV?

  let store: ByteStore
  let offset: Int
  let isBigEndian: Bool

  /// An array of `shape` at `offset` in a store.
  ///
  /// - Throws: ``DataError`` where the store does not hold that many bytes.
  init(
    source: String, store: ByteStore, offset: Int, elementType: ElementType, shape: Shape, isBigEndian: Bool = false
  ) throws(DataError) {
    guard let bytes = checkedProduct(shape + [elementType.byteCount]) else {
      throw DataError(source, "announces the absurd shape \(shape) of \(elementType)")
    }
    guard offset >= 0, offset <= store.bytes.count, bytes <= store.bytes.count - offset else {
      throw DataError(
        source, "is truncated: \(counted(max(0, store.bytes.count - offset), "byte")) of data",
        expected: "\(counted(bytes, "byte")) for \(elementType) \(shape)")
    }
    self.source = source
    self.elementType = elementType
    self.shape = shape
    self.store = store
    self.offset = offset
    self.isBigEndian = isBigEndian && elementType.byteCount > 1
    if elementType == .uint8 { valueRange = 0...255 }
    if elementType == .bool { valueRange = 0...1 }
  }

  /// Values that were read as text or computed.
  ///
  /// - Parameters:
  ///   - shape: samples first, of as many values as `values` holds.
  ///   - source: the file, or what else names the array to a person.
  /// - Throws: ``DataError`` where the values do not fill the shape, or there is too little memory.
  public init(_ values: [Float], shape: Shape, source: String) throws(DataError) {
    guard checkedProduct(shape) == values.count, !shape.isEmpty else {
      throw DataError(
        source, "holds \(counted(values.count, "value"))", expected: "as many as the shape \(shape) takes, [N, …]")
    }
    let store = try ByteStore(path: source, owning: values.count * 4) { memory throws(DataError) in
      values.withUnsafeBytes { memory.copyMemory(from: $0) }
    }
    try self.init(source: source, store: store, offset: 0, elementType: .float32, shape: shape)
  }

  /// An array of a file; which reader is meant follows from its name: `.npy`, `.npz`, `.safetensors`, `.csv`, `.tsv`, `.idx`.
  ///
  /// - Parameters:
  ///   - reference: `FILE`, or `FILE:MEMBER` for one array of several and for columns of a table: `table.csv:x1..x9`.
  ///   - root: the folder that a relative path starts from.
  /// - Throws: ``DataError`` where the file is missing, broken or of an unknown kind.
  public init(opening reference: String, root: String? = nil) throws(DataError) {
    self = try ArrayReference(reference, root: root).open()
  }

  /// The number of samples: the first size.
  public var count: Int { shape.first ?? 0 }
  /// The shape of one sample.
  public var sampleShape: Shape { Array(shape.dropFirst()) }
  /// The number of values of one sample.
  public var sampleCount: Int { sampleShape.elementCount }
  /// What a pipeline has to know of the array.
  public var description: ArrayDescription {
    ArrayDescription(sampleShape: sampleShape, elementType: elementType.rawValue, valueRange: valueRange)
  }

  /// The same values with samples of another shape of as many values.
  public func withSampleShape(_ shape: Shape) throws(DataError) -> StoredArray {
    guard shape.elementCount == sampleCount else {
      throw DataError(source, "holds samples of shape \(sampleShape)", expected: "\(shape)")
    }
    var copy = try StoredArray(
      source: source, store: store, offset: offset, elementType: elementType, shape: [count] + shape,
      isBigEndian: isBigEndian)
    copy.valueRange = valueRange
    copy.table = table
    return copy
  }

  /// What is wrong with a sample, where it stands: `table.csv:9: holds …`, or `array.npy: row 8 holds …`, from 1.
  ///
  /// - Parameters:
  ///   - row: counted from 0.
  func problem(row: Int, _ what: String, expected: String? = nil) -> DataError {
    guard let table, let line = table.line(ofRow: row) else {
      return DataError(source, "row \(row + 1) \(what)", expected: expected)
    }
    return DataError("\(table.path):\(line)", what, expected: expected)
  }

  /// Calls `body` with the position and value of every element of `range`, in order.
  @inline(__always)
  func visit(_ range: Range<Int>, _ body: (_ position: Int, _ value: Double) -> Void) {
    let base = store.bytes.baseAddress! + offset
    @inline(__always) func each<Raw: FixedWidthInteger>(_ raw: Raw.Type, _ value: (Raw) -> Double) {
      let width = MemoryLayout<Raw>.size
      if isBigEndian {
        for i in range { body(i, value(Raw(bigEndian: base.loadUnaligned(fromByteOffset: i * width, as: raw)))) }
      } else {
        for i in range { body(i, value(Raw(littleEndian: base.loadUnaligned(fromByteOffset: i * width, as: raw)))) }
      }
    }
    switch elementType {
    case .bool: each(UInt8.self) { $0 == 0 ? 0 : 1 }
    case .uint8: each(UInt8.self) { Double($0) }
    case .int8: each(Int8.self) { Double($0) }
    case .uint16: each(UInt16.self) { Double($0) }
    case .int16: each(Int16.self) { Double($0) }
    case .uint32: each(UInt32.self) { Double($0) }
    case .int32: each(Int32.self) { Double($0) }
    case .uint64: each(UInt64.self) { Double($0) }
    case .int64: each(Int64.self) { Double($0) }
    case .float16: each(UInt16.self) { Double(floatFromHalf($0)) }
    case .bfloat16: each(UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
    case .float32: each(UInt32.self) { Double(Float(bitPattern: $0)) }
    case .float64: each(UInt64.self) { Double(bitPattern: $0) }
    }
  }

  /// Writes the converted samples of `rows`, one after the other, to `output`: `[rows, …sample]`.
  ///
  /// - Throws: ``DataError`` where the file was shortened meanwhile.
  public func gather(
    rows: ArraySlice<Int>, into output: UnsafeMutablePointer<Float>, _ conversion: ValueConversion = .identity
  ) throws(DataError) {
    let width = sampleCount
    let scale = conversion.scale
    let base = store.bytes.baseAddress! + offset
    for (place, row) in rows.enumerated() {
      precondition(row >= 0 && row < count, "gather: row \(row) of \(count) rows")
      let target = output + place * width
      let first = row * width
      guard conversion.isPlain else {
        convert(first..<first + width, into: target, conversion)
        continue
      }
      switch elementType {
      case .uint8:
        let bytes = (base + first).assumingMemoryBound(to: UInt8.self)
        for i in 0..<width { target[i] = Float(bytes[i]) * scale }
      case .float32 where !isBigEndian:
        memcpy(target, base + first * 4, width * 4)
        if scale != 1 { for i in 0..<width { target[i] *= scale } }
      default: visit(first..<first + width) { target[$0 - first] = Float($1) * scale }
      }
    }
    try store.checkSize()
  }

  /// Writes the converted values of a sample's `range`, computed in double precision, to `target`.
  private func convert(
    _ range: Range<Int>, into target: UnsafeMutablePointer<Float>, _ conversion: ValueConversion
  ) {
    let (first, scale) = (range.lowerBound, Double(conversion.scale))
    guard let features = conversion.features else {
      let (mean, deviation) = (conversion.mean, conversion.deviation)
      visit(range) { target[$0 - first] = Float(($1 * scale - mean) / deviation) }
      return
    }
    precondition(!features.means.isEmpty, "gather: standardised values without features")
    features.means.withUnsafeBufferPointer { means in
      features.factors.withUnsafeBufferPointer { factors in
        var place = FeaturePlace(features.layout)
        visit(range) { position, value in
          target[position - first] = Float((value * scale - means[place.feature]) * factors[place.feature])
          place.advance()
        }
      }
    }
  }

  /// Some rows alone, as they are stored.
  func copied(rows: [Int]) throws(DataError) -> StoredArray {
    try store.checkSize()
    let bytes = sampleCount * elementType.byteCount
    let base = store.bytes.baseAddress! + offset
    let copy = try ByteStore(path: source, owning: rows.count * bytes) { memory throws(DataError) in
      for (place, row) in rows.enumerated() {
        precondition(row >= 0 && row < count, "copied: row \(row) of \(count) rows")
        memory.baseAddress!.advanced(by: place * bytes).copyMemory(from: base + row * bytes, byteCount: bytes)
      }
    }
    var result = try StoredArray(
      source: source, store: copy, offset: 0, elementType: elementType, shape: [rows.count] + sampleShape,
      isBigEndian: isBigEndian)
    result.valueRange = valueRange
    return result
  }

  /// All values as `Float`.
  public func floats() throws(DataError) -> [Float] {
    try store.reading { () throws(DataError) in
      [Float](unsafeUninitializedCapacity: shape.elementCount) { buffer, count in
        count = shape.elementCount
        let target = buffer.baseAddress!
        visit(0..<count) { target[$0] = Float($1) }
      }
    }
  }

  /// The array with its ``valueRange``, after a look at every value.
  ///
  /// - Parameters:
  ///   - always: also where the type alone bounds the values, as that of bytes does.
  ///   - presence: rows that are missing may hold anything, and are passed over; as many as there are samples.
  /// - Throws: ``DataError`` that names the row of the first value that is not a number, infinite, or so large that it
  ///   becomes infinite as a `Float`.
  public func scanned(
    device: Device, always: Bool = false, presence: PresenceMask? = nil
  ) throws(DataError) -> StoredArray {
    guard valueRange == nil || always, shape.elementCount > 0, !ReadingDepth.isHeadersOnly else { return self }
    let isPresent = presence?.isPresent
    let width = sampleCount
    // Units follow from the array's size alone; 1M values take about a millisecond.
    let total = shape.elementCount
    let unit = 1 << 20
    let units = (total + unit - 1) / unit
    var found = [Extremes](repeating: Extremes(), count: units)
    found.withUnsafeMutableBufferPointer { found in
      let results = found.baseAddress!
      device.parallel(units: units) { index in
        var extremes = Extremes()
        visit(index * unit..<min(total, (index + 1) * unit)) { position, value in
          if let isPresent, !isPresent[position / width] { return }
          extremes.low = value < extremes.low ? value : extremes.low
          extremes.high = value > extremes.high ? value : extremes.high
          // True for infinities, NaN, and what becomes infinite as a Float.
          if !(abs(value) < floatOverflow), extremes.bad == nil { extremes.bad = position }
        }
        results[index] = extremes
      }
    }
    try store.checkSize()
    if let bad = found.lazy.compactMap(\.bad).first {
      var value = 0.0
      visit(bad..<bad + 1) { value = $1 }
      let row = bad / max(sampleCount, 1)
      let what =
        value.isNaN
        ? "NaN (not a number)"
        : value.isInfinite ? "an infinite value" : "\(value), which is too large to be computed with,"
      throw problem(
        row: row, "holds \(what) at position \(bad - row * sampleCount + 1)",
        expected: value.isFinite
          ? "numbers up to 3.4e38, the largest of 32 bits; scale the array first"
          : "finite values; clean or impute the array first")
    }
    var copy = self
    let (low, high) = (found.map(\.low).min()!, found.map(\.high).max()!)
    // Nothing was looked at where every row is missing.
    if low <= high { copy.valueRange = low...high }
    return copy
  }

  private struct Extremes {
    var low = Double.infinity
    var high = -Double.infinity
    var bad: Int?
  }
}

/// IEEE 754 half precision, by hand: `Float16` is missing on Intel Macs.
@inline(__always)
func floatFromHalf(_ half: UInt16) -> Float {
  let sign = UInt32(half & 0x8000) << 16
  let exponent = UInt32(half >> 10) & 0x1f
  let fraction = UInt32(half & 0x3ff)
  if exponent == 0 { return (sign == 0 ? 1 : -1) * Float(fraction) * 0x1p-24 }
  if exponent == 31 { return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13) }
  return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
}
