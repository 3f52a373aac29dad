import FusionCore

/// What a table holds, column by column: `fusionkit data inspect`.
public struct TableSummary: Codable, Sendable, Equatable {
  /// One column.
  public struct Column: Codable, Sendable, Equatable {
    /// Its name, or its number where the columns have none.
    public let name: String
    /// `whole numbers`, `numbers`, `true or false`, `text`, `text and numbers` or `nothing`.
    public let kind: String
    /// The smallest number.
    public fileprivate(set) var minimum: Double?
    /// The largest number.
    public fileprivate(set) var maximum: Double?
    /// In how many rows it is missing.
    public let missing: Int
    /// In how many rows a number is beyond what a double-precision number holds; these are no minimum and no maximum.
    public fileprivate(set) var tooLarge = 0
    /// How often each word occurs; nil for numbers, and where there are more than ``most`` different ones.
    public fileprivate(set) var words: [String: Int]?
  }

  /// The most different words of a column that are counted.
  public static let most = 1000

  /// Whether the first row names the columns.
  public let header: Bool
  /// The number of rows, the header left out.
  public let rows: Int
  /// The columns, in order.
  public private(set) var columns: [Column]

  /// Looks at every field of a table.
  public init(_ table: CSV) throws(DataError) {
    header = table.header != nil
    rows = table.rowCount
    columns = table.tallies.enumerated().map { place, tally in
      let isText = tally.text > 0 || tally.truth > 0
      return Column(
        name: table.header?[place] ?? "\(place + 1)", kind: tally.description, missing: tally.missing,
        words: isText ? [:] : nil)
    }
    var columns = self.columns
    try table.forEachField { place, kind, text throws(DataError) in
      switch kind {
      case .missing: break
      case .number(let value) where !value.isFinite:
        columns[place].tooLarge += 1
      case .number(let value):
        columns[place].minimum = min(columns[place].minimum ?? value, value)
        columns[place].maximum = max(columns[place].maximum ?? value, value)
        if columns[place].words != nil { columns[place].count(text()) }
      case .word: columns[place].count(text())
      }
    }
    self.columns = columns
  }
}

extension TableSummary.Column {
  fileprivate mutating func count(_ word: String) {
    guard words != nil else { return }
    words![word, default: 0] += 1
    if words!.count > TableSummary.most { words = nil }
  }

  /// One line, for people.
  var line: String {
    var parts = [kind]
    if let minimum, let maximum, !kind.hasPrefix("text") {
      parts.append("\(shortNumber(minimum)) to \(shortNumber(maximum))")
    }
    if let words {
      // In the order in which they become classes.
      let counts = words.sorted { $0.key < $1.key }.map { "\($0.key.excerpt(40)): \($0.value)" }
      parts.append(
        "\(words.count) different: " + counts.prefix(20).joined(separator: ", ") + (counts.count > 20 ? ", …" : ""))
    } else if kind.hasPrefix("text") {
      parts.append("more than \(grouped(TableSummary.most)) different")
    }
    if tooLarge > 0 { parts.append("too large in \(counted(tooLarge, "row"))") }
    if missing > 0 { parts.append("missing in \(counted(missing, "row"))") }
    return "\(name.isEmpty ? "(no name)" : name.excerpt()): " + parts.joined(separator: ", ")
  }
}

extension ColumnTally {
  fileprivate var description: String {
    if text + truth + whole + decimal == 0 { return "nothing" }
    if isTruthWhereKnown { return "true or false" }
    if text + truth > 0 { return whole + decimal > 0 ? "text and numbers" : "text" }
    return isWhole ? "whole numbers" : "numbers"
  }
}
