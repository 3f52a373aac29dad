import FusionCore
import FusionTraining

/// Rows as plain text in aligned columns: numbers flush right, words flush left.
///
/// On a terminal, lines stay within its width: words of a last column go on below, and where that is not enough each row
/// is printed as a block of its own, a line a cell.
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

  /// The lines as the terminal has room for them, without blanks at their ends.
  var text: String { text(width: Console.width) }

  /// The lines, none longer than `width` if blanks allow it; nil: as long as they are.
  func text(width: Int?) -> String {
    let plain = aligned(lastWidth: nil)
    guard let width, let widest = plain.map(\.count).max(), widest > width else { return plain.joined(separator: "\n") }
    let widths = widths
    let before = indent.count + widths.dropLast().reduce(0) { $0 + $1 + 2 }
    // A last column of words, wrapped, keeps the table a table, if lines of some length are left to it.
    if let last = widths.indices.last, last > 0, !numeric.contains(last), width - before >= min(24, widths[last]) {
      return aligned(lastWidth: width - before).joined(separator: "\n")
    }
    return header.isEmpty ? plain.joined(separator: "\n") : blocks(width: width)
  }

  private var lines: [[String]] { (header.isEmpty ? [] : [header]) + rows }

  private var widths: [Int] {
    (0..<(lines.map(\.count).max() ?? 0)).map { column in
      lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
  }

  /// The lines of the table, the last column wrapped to a width if one is given.
  private func aligned(lastWidth: Int?) -> [String] {
    let widths = widths
    return lines.flatMap { line -> [String] in
      var parts = [""]
      for (column, cell) in line.enumerated() {
        let gap = column == 0 ? indent : "  "
        if let lastWidth, column == widths.count - 1 {
          let pieces = wrapped(cell, to: lastWidth)
          let margin = String(repeating: " ", count: parts[0].count + gap.count)
          parts = [parts[0] + gap + (pieces.first ?? "")] + pieces.dropFirst().map { margin + $0 }
        } else {
          let blanks = String(repeating: " ", count: widths[column] - cell.count)
          parts[0] += gap + (numeric.contains(column) ? blanks + cell : cell + blanks)
        }
      }
      return parts.map { String($0.reversed().drop { $0 == " " }.reversed()) }
    }
  }

  /// Each row under its first cell, a line for every other cell that is not empty.
  private func blocks(width: Int) -> String {
    let names = header.dropFirst().map(\.count).max() ?? 0
    return rows.map { row in
      var lines = wrapped(row.first ?? "", to: width - indent.count).map { indent + $0 }
      for (title, cell) in zip(header, row).dropFirst() where !cell.isEmpty {
        let start = indent + "  " + title + String(repeating: " ", count: names - title.count) + "  "
        let pieces = wrapped(cell, to: max(1, width - start.count))
        let margin = String(repeating: " ", count: start.count)
        lines += [start + (pieces.first ?? "")] + pieces.dropFirst().map { margin + $0 }
      }
      return lines.joined(separator: "\n")
    }.joined(separator: "\n\n")
  }
}
