import Foundation
import FusionCore
import FusionData
import Testing

@Suite struct ReaderTests {
  let folder = TemporaryFolder()

  /// The error of a file of these bytes.
  private func error<Result>(
    _ name: String, _ bytes: [UInt8], _ open: (String) throws(DataError) -> Result
  ) -> String {
    let path = folder.file(name, bytes)
    return message { () throws(DataError) in try open(path) }
  }

  @Test func npzMembersAreReadStoredAndDeflated() throws {
    for file in ["npz_stored.npz", "npz_deflated.npz"] {
      let archive = try Npz(opening: "\(fixtures)/\(file)")
      #expect(archive.names == ["image", "score"])
      for name in archive.names {
        let expected = try #require(Expected.all["\(file):\(name)"])
        let array = try archive.array(name)
        #expect(array.shape == expected.shape && array.elementType.rawValue == expected.dtype)
        #expect(try array.floats() == expected.values.map { Float($0) })
      }
    }
  }

  @Test func brokenNpzFilesAreNamedWithTheReason() throws {
    func open(_ path: String) throws(DataError) -> [StoredArray] {
      let archive = try Npz(opening: path)
      return [try archive.array("image"), try archive.array("score")]
    }
    let good = bytes(of: "\(fixtures)/npz_deflated.npz")
    #expect(error("a.npz", [], open).contains("the file is empty"))
    #expect(error("a.npz", Array(good.dropLast(30)), open).contains("is not an npz archive, or is truncated"))
    #expect(error("a.npz", Array("no archive at all".utf8), open).contains("is not an npz archive"))
    var flipped = good
    flipped[60] ^= 0x55
    #expect(error("a.npz", flipped, open).contains("a.npz:image"))
    var absurd = bytes(of: "\(fixtures)/npz_stored.npz")
    // The uncompressed size in the central directory: 24 bytes after its signature.
    let entry = try #require(absurd.indices.first { absurd[$0...].starts(with: [0x50, 0x4b, 1, 2]) })
    absurd.replaceSubrange(entry + 24..<entry + 28, with: [255, 255, 255, 127])
    let text = error("a.npz", absurd, open)
    #expect(text.contains("absurd size") || text.contains("is not an npz archive"))
    #expect(
      message { () throws(DataError) in try Npz(opening: "\(fixtures)/npz_stored.npz").array("none") }
        .contains("holds no array 'none'\n  expected: image, score"))
  }

  @Test func idxFilesAreReadPlainAndPacked() throws {
    for name in ["idx_images.idx", "idx_images.gz", "idx_shorts.idx"] {
      let expected = try #require(Expected.all[name])
      let array = try Idx.open("\(fixtures)/\(name)")
      #expect(array.shape == expected.shape)
      #expect(try array.floats() == expected.values.map { Float($0) })
    }
  }

  @Test func brokenIdxFilesAreNamedWithTheReason() {
    let good = bytes(of: "\(fixtures)/idx_images.idx")
    let packed = bytes(of: "\(fixtures)/idx_images.gz")
    #expect(error("a.idx", [0, 0], Idx.open).contains("is not an IDX file"))
    #expect(error("a.idx", [0, 0, 8, 3, 0, 0], Idx.open).contains("truncated within its header"))
    #expect(error("a.idx", [9] + good[1...], Idx.open).contains("it starts with 9 0 8 3"))
    #expect(error("a.idx", [0, 0, 8, 200] + good[4...], Idx.open).contains("announces 200 dimensions"))
    #expect(
      error("a.idx", Array(good.dropLast()), Idx.open).contains("is truncated: 59 bytes of data\n  expected: 60 bytes"))
    #expect(error("a.idx", good + [1], Idx.open).contains("1 byte more"))
    let absurd = [0, 0, 14, 3] + [UInt8](repeating: 255, count: 12)
    #expect(error("a.idx", absurd, Idx.open).contains("absurd shape"))
    #expect(error("a.gz", Array(packed.dropLast(12)), Idx.open).contains("truncated or damaged gzip"))
    #expect(error("a.gz", Array(packed.prefix(9)), Idx.open).contains("truncated gzip"))
    var flipped = packed
    flipped[30] ^= 0xff
    #expect(error("a.gz", flipped, Idx.open).contains("truncated or damaged gzip"))
    #expect(error("a.gz", packed.dropLast(4) + [0, 0, 0, 255], Idx.open).contains("truncated or damaged gzip"))
  }

  @Test func gzipStreamsBehindEachOtherAreOneFile() throws {
    let parts = ["a,b\n1,2\n", "3,4\n", "", "5,6\n"].enumerated().map { number, text in
      let path = folder.file("part\(number)", text)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["gzip", "-kf", path]
      try? process.run()
      process.waitUntilExit()
      return bytes(of: path + ".gz")
    }
    try #require(parts.allSatisfy { !$0.isEmpty })
    let table = try CSV(opening: folder.file("t.csv.gz", Array(parts.joined())))
    #expect(try table.numbers(columns: [0, 1]).floats() == [1, 2, 3, 4, 5, 6])
    #expect(error("a.gz", parts[0] + parts[1].dropLast(9), Idx.open).contains("truncated or damaged gzip"))
  }

  @Test func recordingsAreReadAndTruncatedOnesRefused() throws {
    let expected = try #require(Expected.all["tone.wav"])
    let wav = try Wav(opening: "\(fixtures)/tone.wav")
    #expect(wav.sampleRate == 8000 && wav.channels == 1)
    #expect(wav.samples == expected.values.map { Float($0 / 32768) })

    func open(_ path: String) throws(DataError) -> Wav { try Wav(opening: path) }
    let good = bytes(of: "\(fixtures)/tone.wav")
    #expect(error("a.wav", Array("text, not a sound".utf8), open).contains("is not a WAV file"))
    #expect(error("a.wav", Array(good.dropLast(100)), open).contains("is truncated: 744 bytes\n  expected: 844 bytes"))
    #expect(error("a.wav", Array(good.prefix(20)), open).contains("is truncated"))
    var absurd = good
    absurd.replaceSubrange(40..<44, with: [255, 255, 255, 255])
    #expect(error("a.wav", absurd, open).contains("truncated within its chunk 'data'"))
    var unknown = good
    unknown.replaceSubrange(20..<22, with: [0x34, 0x12])
    #expect(error("a.wav", unknown, open).contains("cannot be read"))
    var silent = good
    silent.replaceSubrange(40..<44, with: [0, 0, 0, 0])
    #expect(error("a.wav", silent, open).contains("holds no sound"))
  }

  /// The fixture's sound with other bytes in its header, from these offsets on.
  private func recording(_ changes: [Int: [UInt8]]) -> [UInt8] {
    var bytes = bytes(of: "\(fixtures)/tone.wav")
    for (offset, value) in changes { bytes.replaceSubrange(offset..<offset + value.count, with: value) }
    return bytes
  }

  @Test(arguments: [[255, 255, 255, 255], [0, 0xF0, 0xFF, 0x7F]] as [[UInt8]])
  func recordingsFromAPipeAreReadToTheirEnd(size: [UInt8]) throws {
    let whole = try Wav(opening: "\(fixtures)/tone.wav")
    #expect(!whole.isPiped)
    let piped = try Wav(opening: folder.file("a.wav", recording([4: size, 40: size])))
    #expect(piped.isPiped && piped.samples == whole.samples)
    // Half a frame at the end is none.
    let cut = try Wav(opening: folder.file("b.wav", Array(recording([4: size, 40: size]).dropLast(3))))
    #expect(cut.samples == Array(whole.samples.dropLast(2)))
  }

  @Test func headersThatContradictThemselvesAreRefused() {
    func open(_ path: String) throws(DataError) -> Wav { try Wav(opening: path) }
    // 16 bits become A-law, or floating point, or lie in one byte.
    #expect(error("a.wav", recording([20: [6, 0]]), open).contains("contradicts itself: A-law of 16 bits"))
    #expect(error("a.wav", recording([20: [3, 0]]), open).contains("floating point of 16 bits"))
    #expect(error("a.wav", recording([32: [1, 0]]), open).contains("16 bits, 1 channel in 1 byte"))
    #expect(error("a.wav", recording([22: [3, 0]]), open).contains("3 channels in 2 bytes"))
  }

  @Test func anArchiveWithOneNameTwiceIsRefused() throws {
    // The second name becomes the first one's, in its own header and in the directory.
    var bytes = bytes(of: "\(fixtures)/npz_stored.npz")
    let (old, new) = (Array("score.npy".utf8), Array("image.npy".utf8))
    for place in bytes.indices where bytes[place...].starts(with: old) {
      bytes.replaceSubrange(place..<place + new.count, with: new)
    }
    func open(_ path: String) throws(DataError) -> Npz { try Npz(opening: path) }
    #expect(error("a.npz", bytes, open).contains("holds two arrays called 'image'"))
  }

  @Test func gzippedTablesAreTables() throws {
    let path = folder("t.csv.gz")
    try FileManager.default.copyItem(atPath: "\(fixtures)/table.csv.gz", toPath: path)
    let table = try CSV(opening: path)
    #expect(table.header == ["x", "y"] && table.rowCount == 2)
    #expect(try table.numbers(columns: [0, 1]).floats() == [1, 2, 3, 4])
  }

  @Test func inspectionShowsColumnsOfEveryKind() throws {
    let path = folder.file("t.csv", "label,x,y,has\ncat,1,0.5,True\ndog,3,NA,false\ncat,2,-1,true\n")
    let inspection = try Inspection(of: path, device: Device(threads: 1))
    let table = try #require(inspection.table)
    #expect(table.header && table.rows == 3 && inspection.arrays.isEmpty)
    #expect(table.columns.map(\.kind) == ["text", "whole numbers", "numbers", "true or false"])
    #expect(table.columns[0].words == ["cat": 2, "dog": 1] && table.columns[2].missing == 1)
    #expect(table.columns[2].minimum == -1 && table.columns[2].maximum == 0.5)
    let text = inspection.description
    #expect(text.contains("  table: 3 rows of 4 columns, header: the first row names the columns"))
    #expect(text.contains("  label: text, 2 different: cat: 2, dog: 1"))
    #expect(text.contains("  y: numbers, -1 to 0.5, missing in 1 row"))
    for cell in ["0x1F", "0x1p3", "1_000", "-1,5", "１２"] {
      let path = folder.file("u.csv", "x,y\n1.0,\"\(cell)\"\n2.0,3\n")
      #expect(
        message { () throws(DataError) in try Inspection(of: path, device: Device(threads: 1)) }
          .contains("u.csv:2:5: '\(cell)' is not a number"))
    }
  }

  @Test func tablesAreReadByNameNumberAndRange() throws {
    let path = folder.file("a.csv", "\u{FEFF}id,\"a, \"\"quoted\"\" name\",x1,x2\r\n1,2.5,3,4\r\n\r\n5,-6e1,7,8")
    let table = try CSV(opening: path)
    #expect(table.header == ["id", "a, \"quoted\" name", "x1", "x2"])
    #expect(table.rowCount == 2)
    #expect(try table.columns("x1..x2, 1") == [2, 3, 0])
    let whole = try table.numbers(columns: [0, 2])
    #expect(whole.elementType == .int64 && whole.shape == [2, 2])
    #expect(try whole.floats() == [1, 3, 5, 7])
    let all = try table.numbers(columns: table.columns(""))
    #expect(all.elementType == .float64)
    #expect(try all.floats() == [1, 2.5, 3, 4, 5, -60, 7, 8])
    #expect(message { () throws(DataError) in try table.columns("x3,y") }.contains("no column 'x3'"))
    #expect(message { () throws(DataError) in try table.columns("x3,y") }.contains("no column 'y'"))

    let pandas = try CSV(opening: folder.file("c.csv", "0,1,2\n5,6,7\n"), header: .yes)
    #expect(pandas.rowCount == 1 && pandas.header == ["0", "1", "2"])
    #expect(try pandas.numbers(columns: pandas.columns("0")).floats() == [5])

    let bare = try CSV(opening: folder.file("b.tsv", "7\t2\n3\t4\n"))
    #expect(bare.header == nil && bare.rowCount == 2)
    #expect(try bare.numbers(columns: bare.columns("2")).floats() == [2, 4])
    #expect(CSV.line(["a", "b,c", "say \"x\""]) == "a,\"b,c\",\"say \"\"x\"\"\"\n")
  }

  @Test func brokenTablesAreNamedWithLineAndColumn() {
    func read(_ path: String) throws(DataError) -> StoredArray {
      let table = try CSV(opening: path)
      return try table.numbers(columns: table.columns(""))
    }
    #expect(
      error("a.csv", Array("x,y\n1,2\n3,four\n".utf8), read).contains(
        "a.csv:3:3: 'four' is not a number\n  expected: a number in column y"))
    #expect(error("a.csv", Array("x,y\n1,nan\n".utf8), read).contains("a.csv:2:3: 'nan': a missing value"))
    #expect(error("a.csv", Array("x,y\n1,\n".utf8), read).contains("a.csv:2:3: an empty field"))
    #expect(error("a.csv", Array("x,y\n1,".utf8), read).contains("a.csv:2:3: an empty field"))
    #expect(error("a.csv", Array("x,y\n1,2\n3\n".utf8), read).contains("a.csv:3: holds 1 field\n  expected: 2"))
    #expect(
      error("a.csv", Array("x,y\n1,\"2\n".utf8), read).contains("a.csv:2:3: a quoted field without its closing quote"))
    #expect(error("a.csv", Array("x,y\n1,\"2\"3\n".utf8), read).contains("a.csv:2:6: text after a closing quote"))
    #expect(error("a.csv", [0x78, 0x0a, 0xff, 0xfe, 0x0a], read).contains("a.csv:2:1: text that is not UTF-8"))
    #expect(error("a.csv", Array("x,y\n".utf8), read).contains("no row below its header"))
    #expect(error("a.csv", Array("\n\n".utf8), read).contains("holds no row"))
  }
}
