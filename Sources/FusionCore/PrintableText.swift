extension String {
  /// The text as it can be shown to a person: what would move the cursor, change colours, hide letters or turn the
  /// direction of reading around is written out, as in `\u{202E}`; line feeds and tabs as `\n` and `\t`.
  ///
  /// Text that holds nothing of the kind comes back as it is. Letters of every script do, and emoji.
  public var printable: String {
    guard unicodeScalars.contains(where: \.mustBeEscaped) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      if scalar.mustBeEscaped { result += scalar.escaped } else { result.unicodeScalars.append(scalar) }
    }
    return result
  }

  /// The beginning of the text as it can be shown in a message: ``printable``, and `…` where it goes on.
  ///
  /// - Parameter limit: how many Unicode scalars are kept. Looks at no more of the text than that.
  public func excerpt(_ limit: Int = 60) -> String {
    let scalars = unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
      end != scalars.endIndex
    else { return printable }
    return String(scalars[..<end]).printable + "…"
  }
}

extension Sequence<String> {
  /// Names for a message: the first few of them, each shortened, and how many more there are.
  public func listed(_ limit: Int = 20) -> String {
    let names = Array(self)
    let shown = names.prefix(limit).map { $0.excerpt(40) }.joined(separator: ", ")
    return names.count > limit ? "\(shown), … (\(grouped(names.count)) in all)" : shown
  }
}

extension Unicode.Scalar {
  fileprivate var mustBeEscaped: Bool {
    switch value {
    case 0x20..<0x7f: false
    case 0..<0x20, 0x7f..<0xa0: true
    // What joins emoji and shapes letters of some scripts.
    case 0x200c, 0x200d: false
    // Direction marks, line separators, invisible letters, byte order marks, tags.
    case 0xad, 0x61c, 0x180e, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff, 0xfff9...0xfffb: true
    case 0xe0000...0xe007f: true
    default: false
    }
  }

  fileprivate var escaped: String {
    switch self {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default: "\\u{" + String(value, radix: 16, uppercase: true) + "}"
    }
  }
}
