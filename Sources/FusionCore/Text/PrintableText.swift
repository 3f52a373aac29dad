/// Text of users and files, as it may be shown: a name must not move a cursor, break a table or hide what it says.
///
/// All of this works on Unicode scalars: for Swift, `"\r\n"` and `"|"` with an accent over it are one `Character` each, and
/// a search for a `Character` would not see the line feed or the bar.
extension StringProtocol {
  /// The text in one line, with everything that a terminal would obey or not show written as an escape: control
  /// characters, line and paragraph separators, marks that turn the direction of writing, characters without a shape.
  ///
  /// `"\n"` becomes `\n`, U+202E becomes `\u{202E}`. Letters of all scripts, their accents and emoji stay as they are.
  package var printable: String { shown(keepingLineFeeds: false) }

  /// As ``printable``, with line feeds and tabs left alone: for whole messages, whose own lines are wanted.
  package var printableLines: String { shown(keepingLineFeeds: true) }

  /// As much of a part of a message as anybody reads: names that a text or a damaged file repeats in it may be of any
  /// length.
  package var shortened: String {
    let start = unicodeScalars.prefix(4000)
    return start.endIndex == unicodeScalars.endIndex ? String(self) : String(String.UnicodeScalarView(start)) + "…"
  }

  /// The text in one line as Markdown that shows just this text, in a table too: no markup, no HTML, no new cell.
  package var markdown: String {
    let scalars = Array(printable.unicodeScalars)
    let special = Set("\\`*[]<|~&$".unicodeScalars)
    func isInWord(_ place: Int) -> Bool {
      scalars.indices.contains(place)
        && (scalars[place].properties.isAlphabetic || scalars[place].properties.numericType != nil)
    }
    var result = String.UnicodeScalarView()
    for (place, scalar) in scalars.enumerated() {
      // Within a word, as in f1_macro, a low line is no emphasis.
      let isEmphasis = scalar == "_" && !(isInWord(place - 1) && isInWord(place + 1))
      if special.contains(scalar) || isEmphasis { result.append("\\") }
      result.append(scalar)
    }
    return String(result)
  }

  /// The text as Markdown's code, in a table too; where it holds backticks, more of them stand around it.
  package var markdownCode: String {
    let text = printable
    var (longest, run) = (0, 0)
    for scalar in text.unicodeScalars {
      run = scalar == "`" ? run + 1 : 0
      longest = Swift.max(longest, run)
    }
    let fence = String(repeating: "`", count: longest + 1)
    let blank = longest > 0 ? " " : ""
    // Inside of a table a bar ends the cell, even within code.
    var inner = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "|" { inner.append("\\") }
      inner.append(scalar)
    }
    return fence + blank + String(inner) + blank + fence
  }

  /// The beginning of the text as it can be shown in a message: ``printable``, and `…` where it goes on.
  ///
  /// - Parameter limit: how many Unicode scalars are kept. Looks at no more of the text than that.
  package func excerpt(_ limit: Int = 60) -> String {
    let start = unicodeScalars.prefix(limit)
    return String(String.UnicodeScalarView(start)).printable + (start.endIndex == unicodeScalars.endIndex ? "" : "…")
  }

  /// A text of JSON with the same meaning that no terminal obeys: what would be an escape in ``printable`` is one of JSON.
  package var jsonPrintable: String {
    guard unicodeScalars.contains(where: { $0.value > 0x7E }) else { return String(self) }
    var result = String.UnicodeScalarView()
    var previous: Unicode.Scalar = " "
    for scalar in unicodeScalars {
      if scalar == "\n" || scalar.isShown(after: previous) {
        result.append(scalar)
      } else {
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          let escape = "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
          result.append(contentsOf: escape.unicodeScalars)
        }
      }
      previous = scalar
    }
    return String(result)
  }

  private func shown(keepingLineFeeds: Bool) -> String {
    var result = String.UnicodeScalarView()
    var previous: Unicode.Scalar = " "
    for scalar in unicodeScalars {
      if scalar.isShown(after: previous) || keepingLineFeeds && (scalar == "\n" || scalar == "\t") {
        result.append(scalar)
      } else {
        result.append(contentsOf: scalar.asEscape.unicodeScalars)
      }
      previous = scalar
    }
    return String(result)
  }
}

extension Unicode.Scalar {
  /// Whether a terminal shows it, and nothing else happens.
  fileprivate func isShown(after previous: Unicode.Scalar) -> Bool {
    if value < 0x7F { return value >= 0x20 }
    // Joiners and variants of letters and emoji, as Persian, Hindi and pictures of families need them; after Latin
    // letters they only make two names look like one.
    if self == "\u{200C}" || self == "\u{200D}" || ("\u{FE00}"..."\u{FE0F}").contains(self) {
      return previous.value > 0x2FF
    }
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .format, .surrogate: return false
    default: return !properties.isDefaultIgnorableCodePoint && !properties.isNoncharacterCodePoint
    }
  }

  /// As Swift writes it: `\n`, `\u{202E}`.
  fileprivate var asEscape: String {
    switch self {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    case "\0": "\\0"
    default: "\\u{" + String(value, radix: 16, uppercase: true) + "}"
    }
  }
}

extension Sequence<String> {
  /// Names for a message: the first few of them, each shortened, and how many more there are.
  package func listed(_ limit: Int = 20) -> String {
    let names = Array(self)
    let shown = names.prefix(limit).map { $0.excerpt(40) }.joined(separator: ", ")
    return names.count > limit ? "\(shown), … (\(grouped(names.count)) in all)" : shown
  }
}

/// A piece of a user's text inside a message: in quotes, an excerpt of at most `limit` of its characters.
///
/// Blanks other than the common one are written as escapes, so that `'a b'` and `'a\u{A0}b'` can be told apart.
package func quoted(_ text: some StringProtocol, limit: Int = 60) -> String {
  var shown = String.UnicodeScalarView()
  for scalar in text.excerpt(limit).unicodeScalars {
    let isOddBlank = scalar != " " && scalar.properties.generalCategory == .spaceSeparator
    if isOddBlank { shown.append(contentsOf: scalar.asEscape.unicodeScalars) } else { shown.append(scalar) }
  }
  return "'" + String(shown) + "'"
}
