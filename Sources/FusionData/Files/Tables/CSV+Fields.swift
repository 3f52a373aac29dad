import FusionCore

extension CSV {
  /// What a field holds.
  enum Value {
    case missing
    case number(Double)
    case word
  }

  /// Hands every field to `body`, row by row, with its column and a way to its text.
  func forEachField(
    _ body: (_ column: Int, _ value: Value, _ text: () -> String) throws(DataError) -> Void
  ) throws(DataError) {
    try forEachDataRow { scanner, fields throws(DataError) in
      for (column, field) in fields.enumerated() {
        let value: Value =
          switch scanner.kind(field) {
          case .missing: .missing
          case .whole, .decimal: .number(parsedNumber(UnsafeRawBufferPointer(rebasing: scanner.bytes[field.range])))
          case .truth, .text: .word
          }
        try body(column, value) { scanner.text(field) }
      }
      return true
    }
  }

  /// Refuses columns of numbers in which some are malformed: `0x1F`, `1_000`, digits of other scripts.
  func checkMalformedNumbers() throws(DataError) {
    let mixed = tallies.indices.filter { tallies[$0].text > 0 && tallies[$0].isRatherNumbers }
    guard !mixed.isEmpty else { return }
    var counts = [Int](repeating: 0, count: tallies.count)
    try forEachDataRow { scanner, fields throws(DataError) in
      for column in mixed where scanner.kind(fields[column]) == .text {
        let text = scanner.text(fields[column])
        let begins =
          text.first?.isNumber == true || "+-.".contains(text.prefix(1)) && text.dropFirst().first?.isNumber == true
        if begins { counts[column] += 1 }
      }
      return true
    }
    if let column = mixed.first(where: { counts[$0] == tallies[$0].text }) { throw try badFields([column]) }
  }

  /// The places of the first fields of a column that satisfy a condition, and how many there are.
  package func places(
    column: Int, limit: Int = 5, where isMeant: (CellKind, String) -> Bool
  ) throws(DataError) -> (shown: [(place: String, text: String)], count: Int) {
    var shown: [(String, String)] = []
    var count = 0
    try forEachDataRow { scanner, fields throws(DataError) in
      let text = scanner.text(fields[column])
      guard isMeant(scanner.kind(fields[column]), text) else { return true }
      count += 1
      if shown.count < limit { shown.append((scanner.place(of: fields[column]), text)) }
      return true
    }
    return (shown, count)
  }
}
