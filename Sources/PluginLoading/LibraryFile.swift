import Foundation

/// A shared library as its file shows it, before the system's loader gets to see it: a loader trusts what it maps, and a
/// file that is cut short, or holds a core of its own, is better refused by reading.
///
/// ELF with 64 bits, little endian, which is what Linux runs on the processors that FusionKit knows. Every offset is
/// distrusted.
struct LibraryFile {
  /// The symbols that the library defines for others.
  let defined: Set<String>

  /// Why a file is no library.
  struct Defect: Error {
    let words: String
    init(_ words: String) { self.words = words }
  }

  /// Reads the headers and the table of dynamic symbols.
  init(_ bytes: Data) throws(Defect) {
    let file = Bytes(bytes)
    guard bytes.count >= 16, bytes.prefix(4).elementsEqual([0x7F, 0x45, 0x4C, 0x46]) else {
      throw Defect(bytes.isEmpty ? "the file is empty" : "it is not a shared library (no ELF header)")
    }
    guard try file.number(4, UInt8.self) == 2, try file.number(5, UInt8.self) == 1 else {
      throw Defect("it is not a library for this machine (not 64 bits, little endian)")
    }
    let (type, machine) = (try file.number(16, UInt16.self), try file.number(18, UInt16.self))
    guard machine == Self.machine.number else {
      throw Defect("it is built for another processor (ELF machine \(machine)); this one is \(Self.machine.name)")
    }
    guard type == 3 else {
      throw Defect("it is an ELF file and not a shared library (\(type == 1 ? "an object file" : "type \(type)"))")
    }
    try Self.checkSegments(file)
    defined = try Self.definedSymbols(file)
  }

  #if arch(arm64)
    private static let machine = (number: 183 as UInt16, name: "aarch64")
  #else
    private static let machine = (number: 62 as UInt16, name: "x86-64")
  #endif

  /// All that would be mapped lies in the file: touching a page beyond its end kills a process.
  private static func checkSegments(_ file: Bytes) throws(Defect) {
    let (start, size) = (try file.offset(32), Int(try file.number(54, UInt16.self)))
    for index in 0..<Int(try file.number(56, UInt16.self)) {
      let header = try file.range(start, plus: index * size, count: max(size, 56)).lowerBound
      let isMapped = try file.number(header, UInt32.self) == 1
      if isMapped { _ = try file.range(try file.offset(header + 8), count: try file.offset(header + 32)) }
    }
  }

  private static func definedSymbols(_ file: Bytes) throws(Defect) -> Set<String> {
    let (start, size) = (try file.offset(40), Int(try file.number(58, UInt16.self)))
    let count = Int(try file.number(60, UInt16.self))
    func section(_ index: Int) throws(Defect) -> (type: UInt32, range: Range<Int>, link: Int) {
      let header = try file.range(start, plus: index * size, count: max(size, 64)).lowerBound
      let type = try file.number(header + 4, UInt32.self)
      // A section of type 8 takes no place in the file.
      let range = type == 8 ? 0..<0 : try file.range(try file.offset(header + 24), count: try file.offset(header + 32))
      return (type, range, Int(try file.number(header + 40, UInt32.self)))
    }
    var found: Set<String> = []
    for index in 0..<count {
      let table = try section(index)
      guard table.type == 11 else { continue }
      guard table.link < count else { throw Defect("its table of symbols is damaged") }
      let names = try section(table.link).range
      for symbol in stride(from: table.range.lowerBound, to: table.range.upperBound - 23, by: 24) {
        // Those of section 0 are wanted, not defined.
        guard try file.number(symbol + 6, UInt16.self) != 0 else { continue }
        let name = names.lowerBound + Int(try file.number(symbol, UInt32.self))
        guard name < names.upperBound else { throw Defect("its table of symbols is damaged") }
        found.insert(file.text(from: name, to: names.upperBound))
      }
    }
    return found
  }
}

/// Bytes of a file that nothing is read beyond.
private struct Bytes {
  private let bytes: Data
  init(_ bytes: Data) { self.bytes = bytes }

  /// `count` bytes from `start + more`, if the file has them.
  func range(_ start: Int, plus more: Int = 0, count: Int) throws(LibraryFile.Defect) -> Range<Int> {
    let (from, overflows) = start.addingReportingOverflow(more)
    let (to, overflowsToo) = from.addingReportingOverflow(count)
    guard !overflows, !overflowsToo, from >= 0, count >= 0, to <= bytes.count else {
      throw LibraryFile.Defect("the file is truncated: it has \(bytes.count) bytes and wants to have more")
    }
    return from..<to
  }

  func number<Number: FixedWidthInteger>(_ start: Int, _ type: Number.Type) throws(LibraryFile.Defect) -> Number {
    let range = try range(start, count: MemoryLayout<Number>.size)
    var number = Number.zero
    for (place, index) in range.enumerated() { number |= Number(bytes[bytes.startIndex + index]) << Number(8 * place) }
    return number
  }

  /// A place or size, which fits an `Int` unless the file is damaged.
  func offset(_ start: Int) throws(LibraryFile.Defect) -> Int {
    guard let offset = Int(exactly: try number(start, UInt64.self)) else {
      throw LibraryFile.Defect("its headers are damaged")
    }
    return offset
  }

  func text(from start: Int, to end: Int) -> String {
    String(decoding: bytes[(bytes.startIndex + start)..<(bytes.startIndex + end)].prefix { $0 != 0 }, as: UTF8.self)
  }
}
