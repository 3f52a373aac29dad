import FusionCore

/// One thing that is wrong in a configuration, with its place.
public struct Diagnostic: Sendable {
  /// Where; nil: no place in a text, for instance a file that is not there.
  public var mark: Mark?
  /// What is wrong and what was expected.
  public var message: String
  /// Stands right of the caret, for example `did you mean 'rank'?`.
  public var suggestion: String?
  /// Further lines below, for example what is available.
  public var notes: [String]

  init(_ mark: Mark?, _ message: String, suggestion: String? = nil, notes: [String] = []) {
    self.mark = mark
    self.message = message
    self.suggestion = suggestion
    self.notes = notes
  }
}

extension Diagnostic: CustomStringConvertible {
  /// `path:line:column: error: …`, the source line, a caret and what to do.
  public var description: String {
    var lines = [(mark.map { $0.place + ": " } ?? "") + "error: " + message.shortened]
    let suggestion = suggestion?.shortened
    if let excerpt = mark.flatMap(Excerpt.init) {
      lines += excerpt.lines(suggestion: suggestion)
    } else if let suggestion {
      lines.append("  " + suggestion)
    }
    return (lines + notes.map { "  " + $0.shortened }).joined(separator: "\n")
  }
}

/// A source line with a caret below the column.
private struct Excerpt {
  let number: String
  let text: String
  let caretIndent: String

  init?(_ mark: Mark) {
    guard !mark.source.isArgument, mark.source.lines.indices.contains(mark.line - 1) else { return nil }
    let scalars = Array(mark.source.lines[mark.line - 1].unicodeScalars)
    guard !scalars.isEmpty else { return nil }
    let column = min(mark.column - 1, scalars.count)
    // A window of a line that no terminal could show.
    let start = scalars.count <= 160 ? 0 : max(0, column - 60)
    let end = min(scalars.count, start + 160)
    number = String(mark.line)
    let shown = scalars.map { actsOnTerminals($0) ? "\u{FFFD}" : $0 }
    text = string(shown[start..<end])
    caretIndent = shown[start..<column].map(blank).joined()
  }

  func lines(suggestion: String?) -> [String] {
    let gutter = max(5, number.count)
    return [
      String(repeating: " ", count: gutter - number.count) + number + " | " + text,
      String(repeating: " ", count: gutter) + " | " + caretIndent + "^" + (suggestion.map { " " + $0 } ?? ""),
    ]
  }
}

/// Whether a terminal would obey it, or turn the direction of writing.
private func actsOnTerminals(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control: scalar != "\t"
  case .lineSeparator, .paragraphSeparator: true
  default: scalar.properties.isBidiControl
  }
}

private func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
  var view = String.UnicodeScalarView()
  view.append(contentsOf: scalars)
  return String(view)
}

/// What takes as much room as `scalar` on a terminal: tabs stay tabs, wide characters count two.
private func blank(_ scalar: Unicode.Scalar) -> String {
  if scalar == "\t" { return "\t" }
  switch scalar.properties.generalCategory {
  case .nonspacingMark, .enclosingMark, .format: return ""
  default: break
  }
  switch scalar.value {
  case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
    0x1F300...0x1FAFF, 0x20000...0x3FFFD:
    return "  "
  default: return " "
  }
}

/// Everything that is wrong with a configuration, in the order of the text.
public struct ConfigError: UserError {
  /// At least one, ordered by place, none twice.
  public let diagnostics: [Diagnostic]
  /// 2: usage or configuration.
  public var exitStatus: Int32 { 2 }
  /// A text stays wrong; what has no place in it, such as a file that cannot be read, may be an accident.
  public var isLasting: Bool { diagnostics.allSatisfy { $0.mark != nil } }
  /// One paragraph for each; what no one would read to its end is cut short.
  public var description: String {
    let more = diagnostics.count > 50 ? ["… and \(diagnostics.count - 50) more errors"] : []
    return (diagnostics.prefix(50).map(\.description) + more).joined(separator: "\n")
  }

  init(_ found: [Diagnostic]) {
    var seen: Set<String> = []
    // Sorting by offset too keeps the order in which two errors at one place were found.
    let ordered = found.enumerated().sorted { a, b in
      guard let first = a.element.mark, let second = b.element.mark else {
        return a.element.mark == nil && b.element.mark != nil
          || (a.element.mark == nil) == (b.element.mark == nil)
            && a.offset < b.offset
      }
      if first.precedes(second) { return true }
      return !second.precedes(first) && a.offset < b.offset
    }
    diagnostics = ordered.map(\.element).filter { seen.insert(($0.mark?.place ?? "") + " " + $0.message).inserted }
  }

  init(_ diagnostic: Diagnostic) { self.init([diagnostic]) }
}

/// Gathers what is wrong, so that a user sees all of it at once.
struct Findings {
  private(set) var found: [Diagnostic] = []

  mutating func add(_ mark: Mark?, _ message: String, suggestion: String? = nil, notes: [String] = []) {
    found.append(Diagnostic(mark, message, suggestion: suggestion, notes: notes))
  }

  mutating func add(_ diagnostic: Diagnostic) { found.append(diagnostic) }

  mutating func add(_ error: ConfigError) { found += error.diagnostics }

  func throwIfAny() throws(ConfigError) {
    if !found.isEmpty { throw ConfigError(found) }
  }
}

/// `did you mean '…'?`, where a candidate is near.
func didYouMean(_ word: String, among candidates: [String]) -> String? {
  nearestSpelling(of: word, among: candidates).map { "did you mean '\($0)'?" }
}
