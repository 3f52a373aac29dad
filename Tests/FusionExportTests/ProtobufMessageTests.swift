import FusionExport
import Testing

/// The wire format against bytes from its documentation (protobuf.dev/programming-guides/encoding) and from Python's protobuf.
@Suite struct ProtobufMessageTests {
  private func bytes(_ fill: (inout ProtobufMessage) -> Void) -> [UInt8] {
    var message = ProtobufMessage()
    fill(&message)
    #expect(message.count == message.bytes.count)
    return message.bytes
  }

  @Test func wholeNumbers() {
    #expect(bytes { $0.add(1, 150) } == [0x08, 0x96, 0x01])
    #expect(bytes { $0.add(1, 0) } == [0x08, 0x00])
    #expect(bytes { $0.add(20, 1) } == [0xa0, 0x01, 0x01])
    #expect(bytes { $0.add(1, -2) } == [0x08, 0xfe] + [UInt8](repeating: 0xff, count: 8) + [0x01])
    #expect(bytes { $0.add(1, Int.max) } == [0x08] + [UInt8](repeating: 0xff, count: 8) + [0x7f])
  }

  @Test func textsFloatsAndMessages() {
    #expect(bytes { $0.add(2, "testing") } == [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67])
    #expect(bytes { $0.add(2, "ß") } == [0x12, 0x02, 0xc3, 0x9f])
    #expect(bytes { $0.add(2, Float(1.5)) } == [0x15, 0x00, 0x00, 0xc0, 0x3f])
    let inner = bytes { outer in
      var message = ProtobufMessage()
      message.add(1, 150)
      outer.add(3, message)
    }
    #expect(inner == [0x1a, 0x03, 0x08, 0x96, 0x01])
  }

  /// Long contents are kept in pieces, which changes no byte.
  @Test func longContents() {
    let long = [UInt8](repeating: 7, count: 70_000)
    let message = bytes { outer in
      var message = ProtobufMessage()
      message.add(1, 1)
      message.add(9, long)
      message.add(1, 2)
      outer.add(5, message)
      outer.add(1, 3)
    }
    let inner: [UInt8] = [0x08, 0x01, 0x4a, 0xf0, 0xa2, 0x04] + long + [0x08, 0x02]
    #expect(message == [0x2a, 0xf8, 0xa2, 0x04] + inner + [0x08, 0x03])
  }
}
