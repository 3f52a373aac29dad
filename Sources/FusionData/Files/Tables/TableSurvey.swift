import FusionCore

/// One walk over a table: how many rows and columns it has, and what they hold.
struct TableSurvey {
  /// The first row's fields, and what each is.
  private(set) var first: [(text: String, kind: CellKind)] = []
  /// The line on which the first row begins.
  private(set) var firstLine = 1
  /// The number of rows, the first one among them.
  private(set) var rowCount = 0
  /// The columns below the first row.
  private(set) var columns: [ColumnTally] = []
  /// Whether the first row stands in the table again, field by field.
  private(set) var firstRecurs = false
  /// Whether empty lines stand above the first row.
  private(set) var beginsEmpty = false

  /// A line with nothing in it. In a table of one column, behind the first row, it is a missing value nevertheless.
  static func isPassedOver(_ fields: [TableField]) -> Bool {
    fields.count == 1 && fields[0].range.isEmpty && !fields[0].isQuoted
  }

  /// - Throws: ``DataError`` where a row has another number of fields than the first.
  init(_ scanner: TableScanner) throws(DataError) {
    var firstFields: [TableField] = []
    // Empty lines in a table of one column: missing values, once another row follows them.
    var pending = 0
    try scanner.forEachRow { fields throws(DataError) in
      if Self.isPassedOver(fields) {
        if firstFields.isEmpty { beginsEmpty = true }
        if firstFields.count == 1 { pending += 1 }
        return true
      }
      if firstFields.isEmpty {
        firstFields = fields
        first = fields.map { (scanner.text($0), scanner.kind($0)) }
        firstLine = fields[0].line
        columns = [ColumnTally](repeating: ColumnTally(), count: fields.count)
        rowCount = 1
        return true
      }
      guard fields.count == firstFields.count else {
        let guess = TableSeparator.guess(scanner.bytes, insteadOf: scanner.separator)
        throw DataError(
          "\(scanner.path):\(fields[0].line)", "holds \(counted(fields.count, "field"))",
          expected: "\(firstFields.count), as in the first row"
            + (guess.map { "; \($0): \(TableSeparator.advice(scanner.separator))" } ?? ""))
      }
      for _ in 0..<pending { columns[0].add(.missing) }
      rowCount += pending + 1
      pending = 0
      var equal = 0
      for column in fields.indices {
        columns[column].add(scanner.kind(fields[column]))
        if scanner.areEqual(fields[column], firstFields[column]) {
          columns[column].recurs = true
          equal += 1
        }
      }
      if equal == fields.count { firstRecurs = true }
      return true
    }
    guard !first.isEmpty else { throw DataError(scanner.path, "holds no row") }
    if first.count == 1, let guess = TableSeparator.guess(scanner.bytes, insteadOf: scanner.separator) {
      throw DataError(scanner.path, guess, expected: TableSeparator.advice(scanner.separator))
    }
  }
}
