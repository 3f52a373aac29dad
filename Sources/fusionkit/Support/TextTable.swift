import FusionCore

/// Rows as plain text in aligned columns: numbers flush right, words flush left.
struct TextTable {
  /// The header; without one, rows only.
  var header: [String] = []
  /// Which columns hold numbers.
  var numeric: Set<Int> = []
  /// Stands before each line.
  var indent = ""
  private(set) var rows: [[String]] = []

  init(_ header: [String] = [], numeric: Set<Int> = [], indent: String = "") {
    self.header = header.map(\.printable)
    self.numeric = numeric
    self.indent = indent
  }

  mutating func add(_ row: String...) { add(row) }
  /// Names of users and files stay in their cell, whatever they hold.
  mutating func add(_ row: [String]) { rows.append(row.map(\.printable)) }

  /// The lines, without blanks at their ends.
  var text: String {
    let lines = (header.isEmpty ? [] : [header]) + rows
    let widths = (0..<(lines.map(\.count).max() ?? 0)).map { column in
      lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return lines.map { line in
      var text = ""
      for (column, cell) in line.enumerated() {
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        text += (column == 0 ? indent : "  ") + (numeric.contains(column) ? blanks + cell : cell + blanks)
      }
      return String(text.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }
}
