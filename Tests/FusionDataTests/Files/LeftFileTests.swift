import Foundation
import FusionCore
import FusionData
import Testing

/// What killed processes leave of files that are written as a whole, and links in their place.
@Suite struct LeftFileTests {
  let folder = TemporaryFolder()

  private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? [] }

  @Test func aLinkIsFollowedOrReplaced() throws {
    let target = folder.file("target", "old")
    symlink(target, folder("link"))
    try AtomicFile.write("through", to: folder("link"))
    #expect(bytes(of: target) == Array("through".utf8))
    try AtomicFile.write("mine", to: folder("link"), links: .replaced)
    #expect(bytes(of: target) == Array("through".utf8))
    #expect(bytes(of: folder("link")) == Array("mine".utf8))
    #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: folder("link"))) == nil)
    // One that leads nowhere, or to a device, is replaced too.
    for there in ["/nowhere/at/all", "/dev/full"] {
      symlink(there, folder("odd"))
      try AtomicFile.write("mine", to: folder("odd"), links: .replaced)
      #expect(bytes(of: folder("odd")) == Array("mine".utf8))
      unlink(folder("odd"))
    }
  }

  @Test func whatAKilledProcessLeftIsRemovedAndWhatIsBeingWrittenIsNot() throws {
    // The number of a process that is over.
    let over = Process()
    over.executableURL = URL(fileURLWithPath: "/bin/sh")
    over.arguments = ["-c", "exit 0"]
    try over.run()
    over.waitUntilExit()
    // Numbers are given again: that another process has it now does not matter, for it holds no lock.
    for process in [over.processIdentifier, getpid()] {
      _ = folder.file("a.npy.partial-\(process)-1", "half")
      _ = folder.file("encodings-train-a.partial-\(process)", "half")
    }
    for kept in ["a.npy", "notes.partial-draft", ".partial-7-1", "x.partial-7-1.txt"] { _ = folder.file(kept, "mine") }
    try FileManager.default.createDirectory(atPath: folder("f.partial-7-1"), withIntermediateDirectories: false)
    symlink(folder("a.npy"), folder("l.partial-7-1"))
    let file = try AtomicFile(folder("b.npy"))
    try file.write("whole")
    try file.complete()
    let written = try #require(names.first { $0.hasPrefix("b.npy.partial-") })
    AbandonedFiles.remove(in: folder.path)
    #expect(
      names == [
        ".partial-7-1", "a.npy", written, "f.partial-7-1", "l.partial-7-1", "notes.partial-draft", "x.partial-7-1.txt",
      ])
    try file.commit()
    #expect(bytes(of: folder("b.npy")) == Array("whole".utf8))
    AbandonedFiles.remove(in: folder("absent"))
  }

  @Test func aLeftoverOfTheSameProcessNumberIsNotInTheWay() throws {
    // In a container every process may have the same number: the next names are taken.
    let file = try AtomicFile(folder("x"))
    let name = try #require(names.first)
    let last = try #require(name.split(separator: "-").last)
    let number = try #require(Int(last))
    for next in number + 1...number + 200 { _ = folder.file("x.partial-\(getpid())-\(next)", "half") }
    try AtomicFile.write("whole", to: folder("x"))
    #expect(bytes(of: folder("x")) == Array("whole".utf8))
    withExtendedLifetime(file) {}
  }
}

/// Files that are shortened while they are read: an error, where the system would end the process.
@Suite struct ShortenedFileTests {
  let folder = TemporaryFolder()
  private let count = 40_000

  @Test func everyWayOfReadingAnArraySaysSo() throws {
    let device = Device(threads: 2)
    let ways: [(StoredArray) -> String] = [
      { array in message { () throws(DataError) in try array.floats() } },
      { array in message { () throws(DataError) in try array.scanned(device: device, always: true) } },
      { array in message { () throws(DataError) in try Targets.values(array, device: device) } },
      { array in
        let room = UnsafeMutablePointer<Float>.allocate(capacity: array.sampleCount)
        defer { room.deallocate() }
        return message { () throws(DataError) in try array.gather(rows: [array.count - 1], into: room) }
      },
    ]
    for way in ways {
      try Npy.write([Float](repeating: 1, count: count), shape: [count / 4, 4], to: folder("a.npy"))
      let array = try Npy.open(folder("a.npy"))
      truncate(folder("a.npy"), 5000)
      for _ in 0..<2 { #expect(way(array).contains("a.npy: the file was shortened")) }
    }
    try Npy.write([Int](repeating: 1, count: count), shape: [count], to: folder("a.npy"))
    let labels = try Npy.open(folder("a.npy"))
    truncate(folder("a.npy"), 5000)
    #expect(message { () throws(DataError) in try Targets.classes(labels) }.contains("was shortened"))
    #expect(message { () throws(DataError) in try PresenceMask(labels) }.contains("was shortened"))
  }

  /// Shortened and filled again: its size tells nothing, but zeros were read.
  @Test func aFileThatIsWrittenAnewMeanwhileIsNoticed() throws {
    try Npy.write([Float](repeating: 1, count: count), shape: [count], to: folder("a.npy"))
    let array = try Npy.open(folder("a.npy"))
    let whole = bytes(of: folder("a.npy"))
    truncate(folder("a.npy"), 5000)
    _ = try? array.floats()
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: folder("a.npy")))
    try handle.write(contentsOf: Data(whole))
    try handle.close()
    #expect(bytes(of: folder("a.npy")) == whole)
    #expect(message { () throws(DataError) in try array.floats() }.contains("could not be read to its end"))
    // Opened again, it is as good as any.
    #expect(try Npy.open(folder("a.npy")).floats().count == count)
  }

  @Test func manyMappingsComeAndGo() throws {
    try Npy.write([Float](repeating: 1, count: count), shape: [count], to: folder("good.npy"))
    for round in 0..<20 {
      try Npy.write([Float](repeating: 2, count: count), shape: [count], to: folder("bad.npy"))
      let (good, bad) = (try Npy.open(folder("good.npy")), try Npy.open(folder("bad.npy")))
      truncate(folder("bad.npy"), 5000)
      #expect(message { () throws(DataError) in try bad.floats() }.contains("was shortened"), "\(round)")
      #expect(try good.floats().allSatisfy { $0 == 1 })
    }
  }
}
