import Foundation
import FusionCore
import FusionData
import Testing

@Suite struct SafeTensorsTests {
  let folder = TemporaryFolder()

  @Test func everyTypeIsReadAsPyTorchWroteIt() throws {
    let file = try SafeTensors(opening: "\(fixtures)/torch.safetensors")
    #expect(file.metadata == ["made": "by PyTorch", "quote": "a \"b\"\n"])
    let expected = Expected.all.filter { $0.key.hasPrefix("torch.safetensors:") }
    #expect(file.names.count == expected.count && expected.count == 8)
    for name in file.names {
      let array = try #require(file[name])
      let expected = try #require(expected["torch.safetensors:\(name)"])
      #expect(array.shape == expected.shape && array.elementType.rawValue == expected.dtype, "\(name)")
      #expect(try array.floats() == expected.values.map { Float($0) }, "\(name)")
    }
  }

  private func items() -> [SafeTensors.Item] {
    [
      SafeTensors.Item("b.weight", Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3], device: Device(threads: 1))),
      SafeTensors.Item("a \"quoted\"\u{1}ü", [Int64(7)], shape: [], .int64),
      SafeTensors.Item("empty", [Float](), shape: [0, 3], .float32),
      SafeTensors.Item("odd", [UInt8]([1, 2, 3]), shape: [3], .uint8),
    ]
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    try SafeTensors.write(items(), metadata: ["z": "1", "a": "line\nbreak\\"], to: folder("a.safetensors"))
    try SafeTensors.write(items(), metadata: ["a": "line\nbreak\\", "z": "1"], to: folder("b.safetensors"))
    let content = bytes(of: folder("a.safetensors"))
    #expect(content == bytes(of: folder("b.safetensors")))
    #expect(content[0] % 8 == 0, "the header is padded to a multiple of 8")
    let file = try SafeTensors(opening: folder("a.safetensors"))
    #expect(Set(file.names) == Set(items().map(\.name)))
    #expect(file.metadata == ["z": "1", "a": "line\nbreak\\"])
    #expect(try file["b.weight"]?.floats() == [1, 2, 3, 4, 5, 6])
    #expect(file["b.weight"]?.shape == [2, 3])
    #expect(try file["a \"quoted\"\u{1}ü"]?.floats() == [7])
    #expect(file["empty"]?.shape == [0, 3])
    #expect(file["none"] == nil)
  }

  @Test func brokenFilesAreNamedWithTheReason() {
    func error(_ bytes: [UInt8]) -> String {
      message { () throws(DataError) in try SafeTensors(opening: folder.file("x.safetensors", bytes)) }
    }
    func file(_ header: String, data: Int) -> [UInt8] {
      withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
        + [UInt8](repeating: 0, count: data)
    }
    func entry(_ name: String, _ begin: Int, _ end: Int, shape: String = "[1]", dtype: String = "F32") -> String {
      "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
    }
    let twice = "{\(entry("a", 0, 4)),\(entry("b", 4, 8)),\(entry("\\u0061", 0, 4))}"
    #expect(error(file(twice, data: 8)).contains("has a header that holds the key 'a' twice"))
    let inner = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,4]}}"
    #expect(error(file(inner, data: 4)).contains("holds the key 'shape' twice"))
    for number in ["4.0", "4e0", "0.4e1"] {
      let text = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,\(number)]}}"
      #expect(error(file(text, data: 4)).contains("has a header that holds the number \(number)"))
    }
    #expect(error([1, 2, 3]).contains("is truncated: 3 bytes"))
    #expect(error([255, 255, 255, 255, 255, 255, 255, 255]).contains("absurd header of 18446744073709551615 bytes"))
    #expect(error(Array(file("{}", data: 0).dropLast())).contains("truncated within its header"))
    #expect(error(file("not JSON", data: 0)).contains("has a header that is not valid"))
    #expect(error(file("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", data: 0)).contains("data_offsets"))
    #expect(error(file("{\"a\":{\"b\":\"c\"}}", data: 0)).contains("entry 'a' is not a tensor"))
    #expect(error(file("{\(entry("a", 0, 4))}", data: 2)).contains("offsets [0, 4], outside the 2 bytes of data"))
    #expect(error(file("{\(entry("a", -4, 0))}", data: 2)).contains("outside"))
    #expect(error(file("{\(entry("a", 0, 4)),\(entry("b", 2, 6))}", data: 6)).contains("x.safetensors:b: overlaps"))
    #expect(error(file("{\(entry("a", 0, 4)),\(entry("b", 6, 10))}", data: 10)).contains("leaves a gap"))
    #expect(error(file("{\(entry("a", 0, 4))}", data: 9)).contains("5 bytes after its last tensor"))
    #expect(error(file("{\(entry("a", 0, 4, shape: "[2]"))}", data: 4)).contains("do not fit its shape [2] of F32"))
    #expect(error(file("{\(entry("a", 0, 4, shape: "[4611686018427387904,4]"))}", data: 4)).contains("do not fit"))
    #expect(error(file("{\(entry("a", 0, 4, dtype: "F8_E4M3"))}", data: 4)).contains("unknown type 'F8_E4M3'"))
    let deep = String(repeating: "[", count: 200_000)
    #expect(error(file(deep, data: 0)).contains("has a header that is not valid"))
    #expect(error(file("{\(entry("a", 0, 4)),\(entry("a", 0, 4))}", data: 9)) != "")
    #expect(error(file("{\"a\":{\"dtype\":\"F32\",\"shape\":[1e400],\"data_offsets\":[0,4]}}", data: 4)) != "")
    let both = error(file("{\(entry("a", 0, 4, dtype: "X")),\(entry("b", 4, 8, shape: "[9]"))}", data: 8))
    #expect(both.contains("x.safetensors:a:") && both.contains("x.safetensors:b:"))
  }
}

@Suite struct AtomicFileTests {
  let folder = TemporaryFolder()

  @Test func aFullDiskLeavesTheOldFileWhole() throws {
    let path = folder.file("model", "old")
    // A device that is always full takes the place of the temporary file.
    symlink("/dev/full", folder("partial"))
    let text = message { () throws(DataError) in
      let file = try AtomicFile(path, temporary: folder("partial"))
      try file.write([UInt8](repeating: 1, count: 3 << 20))
      try file.commit()
    }
    #expect(text == "\(path): cannot be written: No space left on device")
    #expect(bytes(of: path) == Array("old".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model"])
  }

  @Test func aFullDeviceIsAnError() {
    let text = message { () throws(DataError) in try AtomicFile.write("text", to: "/dev/full") }
    #expect(text == "/dev/full: cannot be written: No space left on device")
    #expect(message { () throws(DataError) in try AtomicFile.write("text", to: "/dev/null") } == "")
  }

  @Test func aFileThatIsNotFinishedLeavesNothingBehind() throws {
    let path = folder.file("model", "old")
    do {
      let file = try AtomicFile(path)
      try file.write("new")
    }
    #expect(bytes(of: path) == Array("old".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model"])
  }

  @Test func linksStayLinks() throws {
    let path = folder.file("model", "old")
    symlink(path, folder("best"))
    try AtomicFile.write("new", to: folder("best"))
    #expect(bytes(of: path) == Array("new".utf8))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder("best")) == path)
  }

  @Test func foldersThatCannotBeWrittenAreErrors() throws {
    #expect(
      message { () throws(DataError) in try AtomicFile.write("", to: folder("none/file")) }.contains(
        "No such file or directory"))
    #expect(message { () throws(DataError) in try AtomicFile.write("", to: folder.path) }.contains("is a folder"))
    let file = folder.file("file", "text")
    #expect(message { () throws(DataError) in try AtomicFile.makeFolder("\(file)/below") }.contains("is a file"))
    #expect(message { () throws(DataError) in try AtomicFile.makeFolder("/proc/none/below") } != "")
    try AtomicFile.makeFolder(folder("a/b/c"))
    try AtomicFile.makeFolder(folder("a/b/c"))
    #expect(FileManager.default.fileExists(atPath: folder("a/b/c")))
  }
}
