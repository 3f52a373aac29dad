/// A message in the wire format of protocol buffers, as far as an ONNX model needs it: each field is a number, then whole
/// numbers in groups of seven bits, four bytes of a float, or a length and as many bytes.
///
/// Source of the format: protobuf.dev/programming-guides/encoding.
package struct ProtobufMessage {
  /// The bytes in pieces, so that weights are not copied from message to message.
  package private(set) var pieces: [[UInt8]] = [[]]
  /// How many bytes there are.
  package private(set) var count = 0

  /// An empty message.
  package init() {}

  private enum WireType: UInt64 {
    case varint = 0
    case bytes = 2
    case fixed32 = 5
  }

  /// Adds a whole number: `int32`, `int64` or an enumeration.
  package mutating func add(_ field: Int, _ value: Int) {
    tag(field, .varint)
    varint(UInt64(bitPattern: Int64(value)))
  }

  /// Adds a float.
  package mutating func add(_ field: Int, _ value: Float) {
    tag(field, .fixed32)
    for shift in [0, 8, 16, 24] { append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(shift))) }
  }

  /// Adds a text.
  package mutating func add(_ field: Int, _ text: String) { add(field, Array(text.utf8)) }

  /// Adds bytes.
  package mutating func add(_ field: Int, _ bytes: [UInt8]) {
    tag(field, .bytes)
    varint(UInt64(bytes.count))
    append([bytes], bytes.count)
  }

  /// Adds a message within this one.
  package mutating func add(_ field: Int, _ message: ProtobufMessage) {
    tag(field, .bytes)
    varint(UInt64(message.count))
    append(message.pieces, message.count)
  }

  /// All bytes in one piece.
  package var bytes: [UInt8] { Array(pieces.joined()) }

  private mutating func tag(_ field: Int, _ type: WireType) { varint(UInt64(field) << 3 | type.rawValue) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  private mutating func append(_ byte: UInt8) {
    pieces[pieces.count - 1].append(byte)
    count += 1
  }

  private mutating func append(_ more: [[UInt8]], _ bytes: Int) {
    count += bytes
    // What is small is copied, which keeps the number of pieces low.
    if bytes < 4096 { return pieces[pieces.count - 1].append(contentsOf: more.joined()) }
    pieces += more
    pieces.append([])
  }
}
