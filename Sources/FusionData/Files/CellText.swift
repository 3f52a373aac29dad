import FusionCore

/// Words of users, class names above all, as cells of the tables that this program writes.
///
/// A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula, and computes it
/// when the table is opened. An apostrophe in front keeps it a text. So that every name can be read back exactly, one more
/// apostrophe goes in front of names that already look like that: ``unguarded(_:)`` takes off what ``guarded(_:)`` put on,
/// whatever the name. Numbers stay numbers.
public enum CellText {
  /// The text as a cell that is no formula.
  public static func guarded(_ text: String) -> String { isFormula(text, afterApostrophes: 0) ? "'" + text : text }

  /// The text that a cell stands for.
  public static func unguarded(_ cell: String) -> String {
    isFormula(cell, afterApostrophes: 1) ? String(cell.unicodeScalars.dropFirst()) : cell
  }

  /// Several names in one cell: `sad face|joy`, with `\|` for a bar within a name and `\\` for a backslash.
  public static func joined(_ names: [String]) -> String {
    names.map { name in
      String(
        String.UnicodeScalarView(name.unicodeScalars.flatMap { $0 == "|" || $0 == "\\" ? ["\\", $0] : [$0] }))
    }.joined(separator: "|")
  }

  /// The names that ``joined(_:)`` put together; none for an empty cell.
  public static func names(_ cell: String) -> [String] {
    guard !cell.isEmpty else { return [] }
    var names = [String.UnicodeScalarView()]
    var isEscaped = false
    for scalar in cell.unicodeScalars {
      switch scalar {
      case "\\" where !isEscaped: isEscaped = true
      case "|" where !isEscaped: names.append(String.UnicodeScalarView())
      default:
        names[names.count - 1].append(scalar)
        isEscaped = false
      }
    }
    return names.map { String($0) }
  }

  /// Whether what follows apostrophes, at least so many of them, and blanks begins like a formula and is no number.
  private static func isFormula(_ text: String, afterApostrophes least: Int) -> Bool {
    let scalars = text.unicodeScalars
    let rest = scalars.drop { $0 == "'" }
    let apostrophes = scalars.count - rest.count
    guard apostrophes >= least else { return false }
    guard let first = rest.first(where: { $0 != " " && $0 != "\u{A0}" }) else { return false }
    // The wide forms count too where spreadsheets are set to Chinese, Japanese or Korean.
    guard "=+-@\t\r\n＝＋－＠".unicodeScalars.contains(first) else { return false }
    return apostrophes > 0 || !isNumber(text)
  }

  /// Whether it is a decimal number: `inf` and `0x1p3`, which Swift reads as numbers too, would be names to a spreadsheet.
  private static func isNumber(_ text: String) -> Bool {
    text.utf8.allSatisfy { "0123456789.+-eE".utf8.contains($0) } && Double(text) != nil
  }
}

extension CSV {
  /// A row as text, its line feed included: fields stand in quotes where they have to (RFC 4180).
  public static func line(_ fields: [String]) -> String {
    // By bytes: "\r\n" and a comma under an accent are one Character each, which no search for a comma finds.
    fields.map { field in
      let ends = [field.unicodeScalars.first, field.unicodeScalars.last].compactMap { $0 }
      // Blanks at the ends count within quotes alone.
      guard
        field.utf8.contains(where: { [0x2C, 0x22, 0x0A, 0x0D].contains($0) })
          || ends.contains(where: { $0.properties.isWhitespace })
      else { return field }
      let inner = field.unicodeScalars.flatMap { $0 == "\"" ? [$0, $0] : [$0] }
      return "\"" + String(String.UnicodeScalarView(inner)) + "\""
    }.joined(separator: ",") + "\n"
  }
}
