import FusionCore

/// Characters that look like blanks or line ends and are none for YAML, found where a blank or a line end was meant.
///
/// They come with text that was copied from a page or a word processor. YAML takes them for letters, or libyaml for line
/// ends, and the error that follows is told elsewhere and of something else. Within words, quotes and comments they are
/// left alone: `悲しい　顔` is a name.
struct OddBlanks {
  /// With lines as editors count them: the place of `Mark` counts libyaml's, which end at odd line ends, too.
  private let source: Source
  private var found: [Diagnostic] = []
  /// The quote that is open.
  private var quote: Unicode.Scalar?
  /// The indentation of the key whose block of text (`|`, `>`) is open.
  private var block: Int?

  /// All of them in a text; a character counts the lines before it as every editor does.
  static func diagnostics(in source: Source) -> [Diagnostic] {
    // Most texts hold none.
    guard source.text.unicodeScalars.contains(where: { $0.isOddBlank || $0.isOddLineEnd }) else { return [] }
    var search = OddBlanks(source: source)
    for (index, line) in source.text.unicodeScalars.split(
      omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" }
    ).enumerated() {
      search.visit(Array(line), number: index + 1)
      // Nobody reads more.
      if search.found.count > 100 { break }
    }
    return search.found
  }

  private init(source: Source) { self.source = source.withCommonLines }

  private mutating func visit(_ line: [Unicode.Scalar], number: Int) {
    for (place, scalar) in line.enumerated() where scalar.isOddLineEnd {
      add(scalar, number, place, "is a line end to some programs only: write it as \(scalar.inQuotes) within \"…\"")
    }
    let indent = line.prefix { $0 == " " }.count
    if let block {
      if indent > block || line.allSatisfy({ $0 == " " || $0 == "\r" }) { return }
      self.block = nil
    }
    // The last character that is no blank; nil at the beginning of the line.
    var before: Unicode.Scalar?
    // The place of the next one, once it was looked for.
    var visible = -1
    // Where a comment begins.
    var end = line.count
    var place = 0
    while place < line.count {
      let scalar = line[place]
      if let open = quote {
        if scalar == "\\", open == "\"" { place += 1 }
        if scalar == open { quote = nil }
        before = scalar
      } else if scalar == "#", place == 0 || line[place - 1].isAnyBlank {
        end = place
        break
      } else if scalar == "\"" || scalar == "'", before.map(Self.opens.contains) ?? true {
        quote = scalar
      } else if scalar.isOddBlank {
        if visible < place { visible = line[place...].firstIndex { !$0.isAnyBlank } ?? line.count }
        let next = visible < line.count ? line[visible] : nil
        let isBoundary =
          before.map(Self.opens.contains) ?? true || next == nil || next == "\r" || Self.closes.contains(next!)
          // A key: the colon, and then the blank that is none.
          || place > 0 && line[place - 1] == ":"
        if isBoundary {
          add(scalar, number, place, "is no blank in YAML: write a common one (U+0020)")
        }
      } else if scalar != " ", scalar != "\t" {
        before = scalar
      }
      place += 1
    }
    if quote == nil,
      let last = line[..<end].last(where: { $0 != " " && $0 != "\r" && !"+-0123456789".unicodeScalars.contains($0) }),
      last == "|" || last == ">"
    {
      block = indent
    }
  }

  /// Behind these a token begins, and before those it ends.
  private static let opens = Set(":-,[{?".unicodeScalars)
  private static let closes = Set(",]}:#".unicodeScalars)

  private mutating func add(_ scalar: Unicode.Scalar, _ line: Int, _ place: Int, _ what: String) {
    let name = scalar.properties.name.map { " (\($0.lowercased()))" } ?? ""
    let mark = Mark(source, line: line, column: place + 1)
    found.append(Diagnostic(mark, "the character \(scalar.code)\(name) \(what)"))
  }
}

extension Source {
  /// The same text with lines as editors count them.
  fileprivate var withCommonLines: Source {
    guard text.unicodeScalars.contains(where: \.isOddLineEnd) else { return self }
    let common = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isOddLineEnd ? " " : $0 }))
    return Source(name: name, text: common, order: order, isArgument: isArgument)
  }
}

extension Unicode.Scalar {
  /// Looks like a blank, or like nothing at all.
  fileprivate var isOddBlank: Bool {
    switch value {
    case 0xA0, 0xAD, 0x1680, 0x180E, 0x2000...0x200D, 0x202F, 0x205F, 0x2060, 0x3000: true
    default: false
    }
  }

  /// Ended a line in YAML 1.1, and does for libyaml.
  fileprivate var isOddLineEnd: Bool { value == 0x85 || value == 0x2028 || value == 0x2029 }

  fileprivate var isAnyBlank: Bool { self == " " || self == "\t" || isOddBlank }

  /// `U+00A0`.
  var code: String {
    let digits = String(value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// As an escape of a double-quoted text.
  fileprivate var inQuotes: String {
    "\\u" + String(repeating: "0", count: max(0, 4 - String(value, radix: 16).count)) + String(value, radix: 16)
  }
}
