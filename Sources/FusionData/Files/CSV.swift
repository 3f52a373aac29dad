import Foundation
import FusionCore

/// A table of text: comma-separated (RFC 4180), or tab-separated where the name ends in `.tsv`; also gzip'd (`.csv.gz`).
///
/// The text stays in the file and is read again for every question; cells become values only where they are asked for.
public struct CSV: Sendable {
  /// The file.
  public let path: String
  /// The names in the first row; nil where it is a sample.
  public let header: [String]?
  /// The number of columns, the same in every row.
  public let columnCount: Int
  /// The number of rows, the header left out.
  public let rowCount: Int
  /// What the columns hold, the header left out.
  package let tallies: [ColumnTally]
  private let store: ByteStore

  /// Opens a table, makes sure that every row has as many fields as the first, and looks at what the columns hold.
  ///
  /// Empty lines are passed over, but for a table of one column, in which they are missing values.
  ///
  /// - Parameters:
  ///   - header: whether the first row names the columns.
  ///   - selection: columns that are asked for; where the first row holds their names, it is a header.
  /// - Throws: ``DataError`` at `file:line`, also where the first row could be a header or a sample.
  public init(
    opening path: String, header choice: TableHeader = .auto, naming selection: String = ""
  ) throws(DataError) {
    let file = try ByteStore(mapping: path)
    let store = try file.reading { () throws(DataError) in Gzip.isGzip(file.bytes) ? try Gzip.unpack(file) : file }
    self.store = store
    self.path = path
    let survey = try store.reading { () throws(DataError) in try TableSurvey(try Self.scanner(store, path)) }
    columnCount = survey.first.count
    let decision = HeaderDecision(
      first: survey.first, columns: survey.columns, rowRecurs: survey.firstRecurs, isAlone: survey.rowCount == 1)
    let isNamed = ColumnSelection(selection).names.contains { name in survey.first.contains { $0.text == name } }
    let hasHeader: Bool? =
      switch choice {
      case .yes: true
      case .no: false
      case .auto: isNamed ? true : decision.hasHeader
      }
    guard let hasHeader else {
      throw DataError(
        "\(path):\(survey.firstLine)",
        "the first row (\(survey.first.map(\.text).listed(6))) may be a header, the names of the columns, or a sample",
        expected: "header: true or header: false (data inspect: --header true or --header false)")
    }
    header = hasHeader ? survey.first.map(\.text) : nil
    rowCount = hasHeader ? survey.rowCount - 1 : survey.rowCount
    tallies = hasHeader ? survey.columns : zip(survey.columns, survey.first).map { $0.adding($1.kind) }
    guard hasHeader || columnCount > 1 || !survey.beginsEmpty else {
      throw DataError("\(path):1", "an empty line: a missing value", expected: "a value, or no line")
    }
    guard rowCount > 0 else { throw DataError(path, "holds no row below its header") }
  }

  private static func scanner(_ store: ByteStore, _ path: String) throws(DataError) -> TableScanner {
    try store.checkSize()
    return try TableScanner(path: path, bytes: store.bytes, separator: TableSeparator.of(path))
  }

  /// Columns by name, by number from 1, or by a range of either: `age,height`, `2`, `x1..x9`; empty: all.
  ///
  /// A name counts before a number. A range goes from one name to another, or from one number to another.
  ///
  /// - Throws: ``DataError`` with every column that is not there, or whose name occurs twice.
  public func columns(_ selection: String) throws(DataError) -> [Int] {
    try ColumnSelection(selection).columns(of: header, count: columnCount, path: path)
  }

  /// The column without a name in front, the numbers of the rows, as pandas and R write it; nil where there is none.
  var indexColumn: Int? {
    guard columnCount > 1, let name = header?[0], name.isEmpty || name == "Unnamed: 0" else { return nil }
    return 0
  }

  /// What a column is called in messages.
  package func name(of column: Int) -> String {
    header.flatMap { $0[column].isEmpty ? nil : $0[column].excerpt() } ?? "\(column + 1)"
  }

  /// The text of a column: blanks around it left out, letters composed (NFC).
  public func text(column: Int) throws(DataError) -> [String] {
    var result: [String] = []
    result.reserveCapacity(rowCount)
    try forEachDataRow { scanner, fields throws(DataError) in
      result.append(scanner.text(fields[column]))
      return true
    }
    return result
  }

  /// Some columns as an array `[rows, columns]`: bool where every field is true or false, int64 where every field is a
  /// whole number (or, in another column, true or false), else float64.
  ///
  /// - Throws: ``DataError`` at `file:line:column` for the first fields that are missing, no number, or too large.
  public func numbers(columns: [Int]) throws(DataError) -> StoredArray {
    let chosen = columns.map { tallies[$0] }
    guard chosen.allSatisfy({ $0.missing == 0 && ($0.isNumericWhereKnown || $0.isTruthWhereKnown) }) else {
      throw try badFields(columns)
    }
    let type: ElementType =
      chosen.allSatisfy(\.isTruthWhereKnown) ? .bool : chosen.allSatisfy(\.isWhole) ? .int64 : .float64
    guard let count = checkedProduct([rowCount, columns.count, type.byteCount]) else {
      throw DataError(path, "holds more numbers than can be counted")
    }
    var tooLarge: TableField?
    let memory = try ByteStore(path: path, owning: count) { memory throws(DataError) in
      var place = 0
      try forEachDataRow { scanner, fields throws(DataError) in
        for column in columns {
          let cell = UnsafeRawBufferPointer(rebasing: scanner.bytes[fields[column].range])
          let value = Self.value(cell)
          switch type {
          case .bool: memory[place] = value == 0 ? 0 : 1
          case .int64: memory.storeBytes(of: Int64(value), toByteOffset: place * 8, as: Int64.self)
          default: memory.storeBytes(of: value, toByteOffset: place * 8, as: Double.self)
          }
          if abs(value) >= floatOverflow, tooLarge == nil { tooLarge = fields[column] }
          place += 1
        }
        return true
      }
    }
    if let tooLarge {
      let scanner = try Self.scanner(store, path)
      throw DataError(
        scanner.place(of: tooLarge), "'\(scanner.text(tooLarge).excerpt())' is too large to be computed with",
        expected: "numbers up to 3.4e38, the largest of 32 bits")
    }
    var array = try StoredArray(
      source: path, store: memory, offset: 0, elementType: type, shape: [rowCount, columns.count])
    array.table = self
    return array
  }

  /// The value of a number, or of true and false.
  private static func value(_ cell: UnsafeRawBufferPointer) -> Double {
    switch cell[0] | 0x20 {
    case UInt8(ascii: "t"): 1
    case UInt8(ascii: "f"): 0
    default: parsedNumber(cell)
    }
  }

  /// The first fields of some columns that are not what these columns hold otherwise.
  func badFields(_ columns: [Int]) throws(DataError) -> DataError {
    var errors: [DataError] = []
    var count = 0
    let hint = TableSeparator.guess(store.bytes, insteadOf: TableSeparator.of(path)).map { "; \($0)" } ?? ""
    try forEachDataRow { scanner, fields throws(DataError) in
      for column in columns {
        let kind = scanner.kind(fields[column])
        let isTruth = tallies[column].isTruthWhereKnown
        if kind == .whole || kind == .decimal || (kind == .truth && isTruth) { continue }
        count += 1
        guard errors.count < 5 else { continue }
        let text = scanner.text(fields[column])
        let reason =
          kind != .missing
          ? "'\(text.excerpt())' is not a number"
          : text.isEmpty ? "an empty field: a missing value" : "'\(text)': a missing value"
        errors.append(
          DataError(
            scanner.place(of: fields[column]), reason, expected: "a number in column \(name(of: column))\(hint)"))
      }
      return true
    }
    if count > errors.count { errors.append(DataError(path, "\(counted(count - errors.count, "more such field"))")) }
    return DataError(gathering: errors)
  }

  /// The line on which a row begins, counted from 1; nil where there is no such row.
  package func line(ofRow row: Int) -> Int? {
    var found: Int?
    var passed = 0
    try? forEachDataRow { _, fields throws(DataError) in
      if passed == row { found = fields[0].line }
      passed += 1
      return found == nil
    }
    return found
  }

  /// Hands every row below the header to `body`, until it says false.
  func forEachDataRow(
    _ body: (TableScanner, [TableField]) throws(DataError) -> Bool
  ) throws(DataError) {
    var passed = 0
    let skipped = header == nil ? 0 : 1
    let scanner = try Self.scanner(store, path)
    let width = columnCount
    try store.reading { () throws(DataError) in
      try scanner.forEachRow { fields throws(DataError) in
        guard !TableSurvey.isPassedOver(fields) || (width == 1 && passed > 0) else { return true }
        // Empty lines at the end are no rows; a file that has grown since is read as it was.
        guard passed < rowCount + skipped else { return false }
        guard fields.count == width else { throw DataError(path, "was changed while it was read") }
        passed += 1
        return try passed > skipped ? body(scanner, fields) : true
      }
    }
  }
}
