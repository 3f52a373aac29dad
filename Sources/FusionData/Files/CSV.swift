import Foundation
import FusionCore

/// A table of text: comma-separated (RFC 4180), or tab-separated where the name ends in `.tsv`.
///
/// Where no field of the first row is a number, that row names the columns; so do the numbers 0, 1, 2, … from pandas,
/// three or more of them. The text stays in the file and is read
/// again for every question.
public struct CSV: Sendable {
  /// The file.
  public let path: String
  /// The names in the first row; nil where it holds numbers.
  public let header: [String]?
  /// The number of columns, the same in every row.
  public let columnCount: Int
  /// The number of rows, the header left out.
  public let rowCount: Int
  private let store: ByteStore

  /// A field: where it stands and what it says.
  private struct Field {
    let line: Int
    let column: Int
    let text: String
  }

  /// Opens a table and makes sure that every row has as many fields as the first.
  public init(opening path: String) throws(DataError) {
    let store = try ByteStore(mapping: path)
    self.store = store
    self.path = path
    var first: [String] = []
    var rows = 0
    try Self.forEachRow(store) { fields throws(DataError) in
      if rows == 0 { first = fields.map(\.text) }
      guard fields.count == first.count else {
        throw DataError(
          "\(store.path):\(fields[0].line)", "holds \(counted(fields.count, "field"))",
          expected: "\(first.count), as in the first row")
      }
      rows += 1
    }
    guard !first.isEmpty else { throw DataError(path, "holds no row") }
    let isNumbered = first.count > 2 && first == first.indices.map(String.init)
    header = isNumbered || !first.contains { Double($0) != nil } ? first : nil
    columnCount = first.count
    rowCount = header == nil ? rows : rows - 1
    guard rowCount > 0 else { throw DataError(path, "holds no row below its header") }
  }

  /// Columns by name, by number from 1, or by a range of either: `age,height`, `2`, `x1..x9`; empty: all.
  public func columns(_ selection: String) throws(DataError) -> [Int] {
    if selection.isEmpty { return Array(0..<columnCount) }
    return try selection.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      .mapGathering { part throws(DataError) -> [Int] in
        if let exact = position(part) { return [exact] }
        if let dots = part.range(of: ".."), let from = position(String(part[..<dots.lowerBound])),
          let to = position(String(part[dots.upperBound...])), from <= to
        {
          return Array(from...to)
        }
        throw DataError(
          path, "has no column '\(part)'",
          expected: (header.map { "\($0.prefix(20).joined(separator: ", ")), or " } ?? "")
            + "a number from 1 to \(columnCount)")
      }.flatMap { $0 }
  }

  private func position(_ name: String) -> Int? {
    if let index = header?.firstIndex(of: name) { return index }
    return Int(name).flatMap { (1...columnCount).contains($0) ? $0 - 1 : nil }
  }

  /// The text of a column.
  public func text(column: Int) throws(DataError) -> [String] {
    var result: [String] = []
    try forEachDataRow { fields throws(DataError) in result.append(fields[column].text) }
    return result
  }

  /// Some columns as an array `[rows, columns]`: int64 where every field is a whole number, else float64.
  ///
  /// - Throws: ``DataError`` at `file:line:column` for what is not a finite number.
  public func numbers(columns: [Int]) throws(DataError) -> StoredArray {
    var values: [Double] = []
    var areWhole = true
    values.reserveCapacity(rowCount * columns.count)
    try forEachDataRow { fields throws(DataError) in
      for column in columns {
        let field = fields[column]
        let text = field.text.trimmingCharacters(in: .whitespaces)
        guard let value = Double(text), value.isFinite else {
          throw DataError(
            "\(path):\(field.line):\(field.column)",
            text.isEmpty ? "an empty field" : "'\(text)' is not a finite number",
            expected: "a number in column \(header?[column] ?? "\(column + 1)")")
        }
        if areWhole { areWhole = Int(text) != nil && abs(value) < 0x1p53 }
        values.append(value)
      }
    }
    let bytes = areWhole ? values.map { Int64($0) }.withUnsafeBytes { Array($0) } : values.withUnsafeBytes { Array($0) }
    let memory = try ByteStore(path: path, owning: bytes.count) { memory throws(DataError) in
      memory.copyBytes(from: bytes)
    }
    return try StoredArray(
      source: path, store: memory, offset: 0, elementType: areWhole ? .int64 : .float64,
      shape: [rowCount, columns.count])
  }

  private func forEachDataRow(_ body: ([Field]) throws(DataError) -> Void) throws(DataError) {
    var isHeader = header != nil
    try Self.forEachRow(store) { fields throws(DataError) in
      if !isHeader { try body(fields) }
      isHeader = false
    }
  }

  /// Rows end at line feeds outside of quotes, with or without a carriage return; empty lines are passed over.
  private static func forEachRow(
    _ store: ByteStore, _ body: ([Field]) throws(DataError) -> Void
  ) throws(DataError) {
    try store.reading { () throws(DataError) in try forEachRow(of: store, body) }
  }

  private static func forEachRow(
    of store: ByteStore, _ body: ([Field]) throws(DataError) -> Void
  ) throws(DataError) {
    let bytes = store.bytes
    let separator = UInt8(ascii: store.path.hasSuffix(".tsv") ? "\t" : ",")
    let (quote, lineFeed, carriageReturn) = (UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    var position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var line = 1
    var lineStart = position
    var fields: [Field] = []
    func isEnd(_ place: Int) -> Bool {
      place >= bytes.count || bytes[place] == separator || bytes[place] == lineFeed
        || (bytes[place] == carriageReturn && (place + 1 >= bytes.count || bytes[place + 1] == lineFeed))
    }
    while position < bytes.count {
      let (startLine, column) = (line, position - lineStart + 1)
      var text: [UInt8] = []
      if bytes[position] == quote {
        position += 1
        while true {
          guard position < bytes.count else {
            throw DataError("\(store.path):\(startLine):\(column)", "a quoted field without its closing quote")
          }
          if bytes[position] == quote {
            position += 1
            guard position < bytes.count, bytes[position] == quote else { break }
          } else if bytes[position] == lineFeed {
            line += 1
            lineStart = position + 1
          }
          text.append(bytes[position])
          position += 1
        }
        guard isEnd(position) else {
          throw DataError(
            "\(store.path):\(line):\(position - lineStart + 1)", "text after a closing quote", expected: "a separator")
        }
      } else {
        let start = position
        while !isEnd(position) { position += 1 }
        text = Array(bytes[start..<position])
      }
      guard let string = String(validating: text, as: UTF8.self) else {
        throw DataError("\(store.path):\(startLine):\(column)", "text that is not UTF-8")
      }
      fields.append(Field(line: startLine, column: column, text: string))
      if position < bytes.count, bytes[position] == separator {
        position += 1
        // A separator at the very end still opens a field.
        if position < bytes.count { continue }
        fields.append(Field(line: line, column: position - lineStart + 1, text: ""))
      }
      if position < bytes.count, bytes[position] == carriageReturn { position += 1 }
      position += 1
      line += 1
      lineStart = position
      if fields.count > 1 || !fields[0].text.isEmpty { try body(fields) }
      fields.removeAll(keepingCapacity: true)
    }
  }

  /// A row as text, its line feed included: fields are quoted where they have to be.
  public static func line(_ fields: [String]) -> String {
    fields.map { field in
      field.contains { ",\"\n\r".contains($0) } ? "\"\(field.replacingOccurrences(of: "\"", with: "\"\""))\"" : field
    }.joined(separator: ",") + "\n"
  }
}
