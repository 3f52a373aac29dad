import CZlib
import Foundation

/// Files with lengths and checksums in them, put together so that those are right: a reader then looks at what is inside.
enum Containers {
  /// A zip archive of some files.
  static func zip(_ members: [(name: [UInt8], bytes: [UInt8])], deflated: Bool) -> [UInt8] {
    var (body, directory): ([UInt8], [UInt8]) = ([], [])
    for (name, bytes) in members {
      let packed = deflated ? deflate(bytes, windowBits: -15) : bytes
      let fields =
        little(20, 2) + little(0x800, 2) + little(deflated ? 8 : 0, 2) + little(0, 2) + little(0x21, 2)
        + little(checksum(bytes), 4) + little(packed.count, 4) + little(bytes.count, 4) + little(name.count, 2)
        + little(0, 2)
      directory +=
        [0x50, 0x4B, 1, 2] + little(20, 2) + fields + little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4)
        + little(body.count, 4) + name
      body += [0x50, 0x4B, 3, 4] + fields + name + packed
    }
    return body + directory + [0x50, 0x4B, 5, 6] + little(0, 2) + little(0, 2) + little(members.count, 2)
      + little(members.count, 2) + little(directory.count, 4) + little(body.count, 4) + little(0, 2)
  }

  /// A gzip file.
  static func gzip(_ bytes: [UInt8]) -> [UInt8] { deflate(bytes, windowBits: 31) }

  /// What a gzip file holds; nil where it is none, or longer than inputs here are.
  static func ungzip(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var (input, output) = (bytes, [UInt8](repeating: 0, count: ByteMutation.longest))
    let status = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        (stream.next_in, stream.avail_in) = (input.baseAddress, uInt(input.count))
        (stream.next_out, stream.avail_out) = (output.baseAddress, uInt(output.count))
        return inflate(&stream, Z_FINISH)
      }
    }
    return status == Z_STREAM_END ? Array(output.prefix(output.count - Int(stream.avail_out))) : nil
  }

  private static func deflate(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
    var stream = z_stream()
    let began = deflateInit2_(
      &stream, 6, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(began == Z_OK, "zlib has no memory")
    defer { deflateEnd(&stream) }
    var (input, output) = (bytes, [UInt8](repeating: 0, count: Int(deflateBound(&stream, uLong(bytes.count))) + 64))
    input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        (stream.next_in, stream.avail_in) = (input.baseAddress, uInt(input.count))
        (stream.next_out, stream.avail_out) = (output.baseAddress, uInt(output.count))
        precondition(CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflateBound was wrong")
      }
    }
    return Array(output.prefix(output.count - Int(stream.avail_out)))
  }

  private static func checksum(_ bytes: [UInt8]) -> Int { Int(crc32(0, bytes, uInt(bytes.count))) }

  /// A number's lowest bytes, the least significant one first.
  static func little(_ number: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  static func number(_ bytes: [UInt8], _ at: Int, _ width: Int) -> Int {
    guard at + width <= bytes.count else { return 0 }
    return (0..<width).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
  }
}
