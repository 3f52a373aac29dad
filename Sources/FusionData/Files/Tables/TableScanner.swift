import Foundation
import FusionCore

/// A field of a table: where it stands. Blanks around it, outside of quotes, are left out.
struct TableField {
  /// The bytes between quotes, or all of them.
  var range: Range<Int>
  /// The line, from 1.
  var line: Int
  /// Where that line begins.
  var lineStart: Int
  /// Whether it stood in quotes.
  var isQuoted = false
  /// Whether these hold doubled ones.
  var hasDoubledQuotes = false
  /// Whether all of it is ASCII.
  var isASCII = true
}

/// Walks over the rows of a table (RFC 4180). Lines end with a line feed, a carriage return, or both.
struct TableScanner {
  let path: String
  let bytes: UnsafeRawBufferPointer
  let separator: UInt8

  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  /// Where the first row begins, and on which line: behind a byte order mark and a line `sep=,`.
  private let start: (offset: Int, line: Int)
  /// Whether there is any NUL to look for.
  private let hasNUL: Bool

  /// - Throws: ``DataError`` for what is no text of this kind: UTF-16, an archive, another separator.
  init(path: String, bytes: UnsafeRawBufferPointer, separator: UInt8) throws(DataError) {
    self.path = path
    self.bytes = bytes
    self.separator = separator
    hasNUL = memchr(bytes.baseAddress!, 0, bytes.count) != nil
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw DataError(path, "is text in UTF-16", expected: "UTF-8: save it as 'CSV UTF-8', or use iconv -t UTF-8")
    }
    if bytes.starts(with: [0x50, 0x4B, 3, 4]) {
      throw DataError(path, "is a zip archive, not a table: a workbook?", expected: "a table saved as CSV")
    }
    let mark = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let announcement = Array("sep=".utf8)
    guard bytes.dropFirst(mark).starts(with: announcement), bytes.count > mark + 4,
      let end = bytes[(mark + 5)...].firstIndex(where: { $0 != Self.carriageReturn }),
      bytes[end] == Self.lineFeed
    else {
      start = (mark, 1)
      return
    }
    let announced = bytes[mark + 4]
    guard announced == separator else {
      throw DataError(
        "\(path):1", "says that its separator is '\(String(Unicode.Scalar(announced)).printable)'",
        expected: TableSeparator.advice(separator))
    }
    start = (end + 1, 2)
  }

  private func isEnd(_ place: Int) -> Bool {
    guard place < bytes.count else { return true }
    let byte = bytes[place]
    return byte == separator || byte == Self.lineFeed || byte == Self.carriageReturn
  }

  private func isBlank(_ byte: UInt8) -> Bool { (byte == 0x20 || byte == 0x09) && byte != separator }

  /// Hands every row to `body`, empty lines too, as one empty field, until it says false.
  ///
  /// - Throws: ``DataError`` at `file:line:column`.
  func forEachRow(_ body: ([TableField]) throws(DataError) -> Bool) throws(DataError) {
    var position = start.offset
    var line = start.line
    var lineStart = position
    var fields: [TableField] = []
    while position < bytes.count {
      var field = TableField(range: position..<position, line: line, lineStart: lineStart)
      while position < bytes.count, isBlank(bytes[position]) { position += 1 }
      if position < bytes.count, bytes[position] == Self.quote {
        try quoted(&field, &position, &line, &lineStart)
      } else {
        plain(&field, &position)
      }
      try check(field)
      fields.append(field)
      if position < bytes.count, bytes[position] == separator {
        position += 1
        // A separator at the very end still opens a field.
        if position < bytes.count { continue }
        fields.append(TableField(range: position..<position, line: line, lineStart: lineStart))
      }
      if position < bytes.count {
        let isReturn = bytes[position] == Self.carriageReturn
        position += 1
        if isReturn, position < bytes.count, bytes[position] == Self.lineFeed { position += 1 }
      }
      line += 1
      lineStart = position
      guard try body(fields) else { return }
      fields.removeAll(keepingCapacity: true)
    }
  }

  private func plain(_ field: inout TableField, _ position: inout Int) {
    let begin = position
    var all: UInt8 = 0
    while !isEnd(position) {
      all |= bytes[position]
      position += 1
    }
    var end = position
    while end > begin, isBlank(bytes[end - 1]) { end -= 1 }
    field.range = begin..<end
    field.isASCII = all < 0x80
    if !field.isASCII { field.range = withoutBlanks(begin..<end) }
  }

  /// A range of bytes without blanks of any script at its ends.
  private func withoutBlanks(_ range: Range<Int>) -> Range<Int> {
    var (begin, end) = (range.lowerBound, range.upperBound)
    while begin < end, let length = blank(begin..<end, (1...3).first { Self.isLast(bytes, begin + $0, end) }) {
      begin += length
    }
    while begin < end {
      let start = (1...3).map { end - $0 }.first { $0 >= begin && bytes[$0] & 0xC0 != 0x80 }
      guard let start, let length = blank(start..<end, end - start) else { break }
      end -= length
    }
    return begin..<end
  }

  /// Whether a character of UTF-8 that begins earlier ends in front of a place.
  private static func isLast(_ bytes: UnsafeRawBufferPointer, _ place: Int, _ end: Int) -> Bool {
    place >= end || bytes[place] & 0xC0 != 0x80
  }

  /// The length of the character at the beginning of a range, if it is a blank (a tab, or of Unicode's class Zs).
  private func blank(_ range: Range<Int>, _ length: Int?) -> Int? {
    guard let length, length <= range.count else { return nil }
    let at = range.lowerBound
    if length == 1 { return isBlank(bytes[at]) ? 1 : nil }
    let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[at..<at + length]), as: UTF8.self)
    guard text.unicodeScalars.count == 1, let scalar = text.unicodeScalars.first else { return nil }
    return scalar.properties.generalCategory == .spaceSeparator ? length : nil
  }

  private func quoted(
    _ field: inout TableField, _ position: inout Int, _ line: inout Int, _ lineStart: inout Int
  ) throws(DataError) {
    let begin = position + 1
    position = begin
    field.isQuoted = true
    var all: UInt8 = 0
    while true {
      guard position < bytes.count else {
        field.range = begin..<begin
        throw DataError(place(of: field), "a quoted field without its closing quote")
      }
      let byte = bytes[position]
      if byte == Self.quote {
        guard position + 1 < bytes.count, bytes[position + 1] == Self.quote else { break }
        field.hasDoubledQuotes = true
        position += 1
      } else if byte == Self.lineFeed {
        line += 1
        lineStart = position + 1
      }
      all |= byte
      position += 1
    }
    field.range = begin..<position
    field.isASCII = all < 0x80
    position += 1
    while position < bytes.count, isBlank(bytes[position]) { position += 1 }
    guard isEnd(position) else {
      let behind = TableField(range: position..<position, line: line, lineStart: lineStart)
      throw DataError(place(of: behind), "text after a closing quote", expected: "a separator")
    }
  }

  private func check(_ field: TableField) throws(DataError) {
    let text = bytes[field.range]
    if hasNUL, text.contains(0) {
      throw DataError(
        place(of: field), "a NUL byte", expected: "text in UTF-8; the file is damaged, binary, or in UTF-16")
    }
    guard field.isASCII || String(validating: text, as: UTF8.self) != nil else {
      throw DataError(
        place(of: field), "text that is not UTF-8", expected: "UTF-8: save it as 'CSV UTF-8', or use iconv -t UTF-8")
    }
  }

  /// `file:line:column` of the beginning of a field, counted in characters from 1.
  func place(of field: TableField) -> String {
    // In front of the quote, where there is one.
    let start = field.range.lowerBound - (field.isQuoted ? 1 : 0)
    // A field of several lines begins on the first.
    let before = start < field.lineStart ? 0 : bytes[field.lineStart..<start].count { $0 & 0xC0 != 0x80 }
    return "\(path):\(field.line):\(before + 1)"
  }

  /// The text of a field, its letters composed (NFC), blanks of every script around it left out.
  func text(_ field: TableField) -> String {
    let raw = UnsafeRawBufferPointer(rebasing: bytes[field.range])
    var text = String(decoding: raw, as: UTF8.self)
    if field.hasDoubledQuotes { text = text.replacing("\"\"", with: "\"") }
    guard !field.isASCII else { return text }
    if !field.isQuoted { text = text.trimmingCharacters(in: .whitespaces) }
    return text.precomposedStringWithCanonicalMapping
  }

  /// What a field is.
  func kind(_ field: TableField) -> CellKind { CellKind(UnsafeRawBufferPointer(rebasing: bytes[field.range])) }

  /// Whether two fields hold the same bytes.
  func areEqual(_ a: TableField, _ b: TableField) -> Bool {
    a.range.count == b.range.count
      && memcmp(bytes.baseAddress! + a.range.lowerBound, bytes.baseAddress! + b.range.lowerBound, a.range.count) == 0
  }
}
