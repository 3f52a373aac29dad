import Foundation
import FusionCore
import FusionData
import Testing

@Suite struct NpyTests {
  @Test(arguments: Expected.all.keys.filter { $0.hasSuffix(".npy") }.sorted())
  func everyTypeAndOrderIsReadAsNumPyWroteIt(name: String) throws {
    let expected = try #require(Expected.all[name])
    let array = try Npy.open("\(fixtures)/\(name)")
    #expect(array.shape == expected.shape)
    #expect(array.elementType.rawValue == expected.dtype)
    #expect(try array.floats() == expected.values.map { Float($0) })
  }

  @Test func gatheringTakesRowsInOrderAndConverts() throws {
    for name in ["npy_le_u1.npy", "npy_le_f4.npy", "npy_be_i2.npy"] {
      let all = Expected.all[name]!.values.map { Float($0) }
      let array = try Npy.open("\(fixtures)/\(name)")
      var output = [Float](repeating: .nan, count: 8)
      let rows = [2, 0]
      try output.withUnsafeMutableBufferPointer { buffer in
        try array.gather(rows: rows[...], into: buffer.baseAddress!, ValueConversion(scale: 0.5, mean: -1))
      }
      #expect(output == (all[8..<12] + all[0..<4]).map { $0 * 0.5 + 1 })
    }
  }

  @Test func whatIsWrittenIsWhatNumPyWouldWrite() throws {
    let folder = TemporaryFolder()
    let expected = Expected.all["npy_version_1.npy"]!
    try Npy.write(expected.values.map { UInt8($0) }, shape: expected.shape, to: folder("a.npy"))
    #expect(bytes(of: folder("a.npy")) == bytes(of: "\(fixtures)/npy_version_1.npy"))
    try Npy.write([1, -2, 3], shape: [3], to: folder("b.npy"))
    let read = try Npy.open(folder("b.npy"))
    #expect(read.elementType == .int64 && read.shape == [3])
    #expect(try read.floats() == [1, -2, 3])
  }

  @Test func brokenFilesAreNamedWithTheReason() {
    let folder = TemporaryFolder()
    let good = bytes(of: "\(fixtures)/npy_le_f4.npy")
    func error(_ bytes: [UInt8]) -> String {
      message { () throws(DataError) in try Npy.open(folder.file("x.npy", bytes)) }
    }
    func header(_ text: String) -> [UInt8] { Array(good[..<8]) + [UInt8(text.utf8.count), 0] + Array(text.utf8) }

    #expect(
      message { () throws(DataError) in try Npy.open(folder("none.npy")) }
        == "\(folder("none.npy")): there is no such file")
    #expect(message { () throws(DataError) in try Npy.open(folder.path) }.contains("is not a regular file"))
    #expect(error([]).contains("the file is empty"))
    #expect(error(Array(good[..<5])).contains("is truncated: 5 bytes"))
    #expect(error(Array("PK\u{3}\u{4} and more bytes".utf8)).contains("is not an npy file"))
    #expect(error(Array(good[..<6]) + [9, 0] + good[8...]).contains("npy version 9.0"))
    #expect(error(Array(good[..<60])).contains("truncated within its header"))
    #expect(
      error(Array(good.dropLast())).contains(
        "is truncated: 47 bytes of data\n  expected: 48 bytes for float32 [3, 2, 2]"))
    #expect(error(good + [0]).contains("holds 1 byte more than its header announces"))
    #expect(
      error(Array(good[..<6]) + [2, 0, 255, 255, 255, 255] + good[10...]).contains(
        "absurd header of 4,294,967,295 bytes"))
    #expect(
      error(header("{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999, 999999999999), }")).contains(
        "absurd shape"))
    #expect(
      error(header("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 99999999999, 99999999999), }")).contains(
        "absurd shape"))
    #expect(
      error(header("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999, ), }")).contains(
        "is truncated: 0 bytes"))
    #expect(
      error(header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }")).contains(
        "Python objects are never loaded"))
    #expect(
      error(header("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }")).contains("values of the type '<c8'"))
    #expect(
      error(header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }")).contains(
        "records of several fields"))
    #expect(error(header("{'descr': '<f4', 'shape': (1,), }")).contains("keys descr, shape"))
    #expect(
      error(header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }")).contains(
        "cannot be read near its character"))
    #expect(error(header("{'descr': '<f4")).contains("cannot be read near its character"))
  }

  @Test func valuesThatAreNotFiniteAreFoundWithTheirRow() throws {
    let folder = TemporaryFolder()
    var values = [Float](repeating: 1, count: 12)
    let device = Device(threads: 2)
    values[3] = -4
    try Npy.write(values, shape: [6, 2], to: folder("good.npy"))
    #expect(try Npy.open(folder("good.npy")).scanned(device: device).valueRange == -4...1)
    for (bad, word) in [(Float.nan, "NaN"), (.infinity, "infinite")] {
      values[7] = bad
      try Npy.write(values, shape: [6, 2], to: folder("bad.npy"))
      let text = message { () throws(DataError) in try Npy.open(folder("bad.npy")).scanned(device: device) }
      #expect(text.contains("row 4 holds") && text.contains(word) && text.contains("position 2"))
    }
  }

  @Test func aFileThatShrinksWhileItIsReadIsAnErrorNotACrash() throws {
    let folder = TemporaryFolder()
    try Npy.write([Float](repeating: 1, count: 4096), shape: [4096], to: folder("a.npy"))
    let array = try Npy.open(folder("a.npy"))
    // In place, as a careless program would: not by renaming another file over it.
    truncate(folder("a.npy"), 100)
    #expect(message { () throws(DataError) in try array.floats() }.contains("was shortened while it was being read"))
  }
}
