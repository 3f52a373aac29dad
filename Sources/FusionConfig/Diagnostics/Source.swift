/// A text that configuration comes from: a file, or the argument of `--set`.
public final class Source: Sendable {
  /// The path as the user gave it, or `--set key=value`.
  public let name: String
  /// Whether the text is an argument: its place is its name, without line and column.
  public let isArgument: Bool
  /// Where its errors stand among those of other sources: the order of reading.
  let order: Int
  let text: String
  /// The lines as libyaml counts them, without their ends.
  let lines: [Substring]

  init(name: String, text: String, order: Int = 0, isArgument: Bool = false) {
    self.name = name
    self.isArgument = isArgument
    self.order = order
    self.text = text
    lines = text.split(omittingEmptySubsequences: false) { lineEnds.contains($0) }
  }
}

/// What ends a line in YAML; CR LF is one character in Swift.
private let lineEnds: Set<Character> = ["\n", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}"]

/// A place in a source: line and column count from 1, columns count characters (Unicode scalars).
public struct Mark: Sendable {
  /// The file or argument.
  public let source: Source
  /// Counts from 1.
  public let line: Int
  /// Counts from 1.
  public let column: Int

  init(_ source: Source, line: Int, column: Int) {
    self.source = source
    self.line = line
    self.column = column
  }

  /// `path:line:column`, or the argument itself.
  public var place: String { source.isArgument ? source.name : "\(source.name):\(line):\(column)" }

  func precedes(_ other: Mark) -> Bool {
    (source.order, line, column) < (other.source.order, other.line, other.column)
  }
}
