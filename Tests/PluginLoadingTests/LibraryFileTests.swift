import Foundation
import FusionCore
import PluginLoading
import Testing

/// Files that are no libraries, refused by reading, before the system's loader sees them. What a real library may do wrong is
/// tested with libraries that the command line builds.
@Suite struct LibraryFileTests {
  /// The message for a file of these bytes.
  private func refusal(_ bytes: [UInt8]?) throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "fusionkit-\(UUID().uuidString).so").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    if let bytes { try Data(bytes).write(to: URL(filePath: path)) }
    var registry = Registry()
    let error = #expect(throws: PluginError.self) { try registry.load(library: path) }
    #expect(registry.libraries.isEmpty)
    return "\(try #require(error))".replacing(path, with: "FILE")
  }

  /// The header of an ELF file with tables at `segments` and `sections`.
  private func header(
    bits: UInt8 = 2, type: UInt8 = 3, machine: UInt16? = nil, segments: UInt64 = 64, sections: UInt64 = 64,
    segmentCount: UInt8 = 0, sectionCount: UInt8 = 0
  ) -> [UInt8] {
    #if arch(arm64)
      let own: UInt16 = 183
    #else
      let own: UInt16 = 62
    #endif
    var bytes = [UInt8](repeating: 0, count: 64)
    bytes.replaceSubrange(0..<6, with: [0x7F, 0x45, 0x4C, 0x46, bits, 1])
    bytes[16] = type
    withUnsafeBytes(of: (machine ?? own).littleEndian) { bytes.replaceSubrange(18..<20, with: $0) }
    withUnsafeBytes(of: segments.littleEndian) { bytes.replaceSubrange(32..<40, with: $0) }
    withUnsafeBytes(of: sections.littleEndian) { bytes.replaceSubrange(40..<48, with: $0) }
    (bytes[54], bytes[56], bytes[58], bytes[60]) = (56, segmentCount, 64, sectionCount)
    return bytes
  }

  @Test func whatIsNoLibraryIsNamed() throws {
    #expect(try refusal(nil).contains("there is no such file"))
    #expect(try refusal([]).contains("the file is empty"))
    #expect(try refusal(Array("a text, no library".utf8)).contains("no ELF header"))
    #expect(try refusal(header(bits: 1)).contains("not 64 bits, little endian"))
    #expect(try refusal(header(machine: 243)).contains("ELF machine 243"))
    #expect(try refusal(header(type: 1)).contains("an object file"))
    #expect(try refusal(header(type: 2)).contains("type 2"))
  }

  /// Offsets that point nowhere, up to those whose sum overflows.
  @Test(arguments: [65, 1 << 20, 1 << 40, UInt64(Int64.max), .max])
  func offsetsBeyondTheEndAreRefused(_ offset: UInt64) throws {
    let words = offset > UInt64(Int64.max) ? "its headers are damaged" : "truncated"
    #expect(try refusal(header(segments: offset, segmentCount: 1)).contains(words))
    #expect(try refusal(header(sections: offset, sectionCount: 1)).contains(words))
  }

  @Test func aHeaderAloneIsNoPlugin() throws {
    #expect(try refusal(header()).hasPrefix("plugin 'FILE': "))
    for count in 1..<64 { _ = try refusal(Array(header().prefix(count))) }
  }
}
