/// The text of a file or argument, after what cannot be YAML was refused with its place.
///
/// - Throws: ``ConfigError`` for a text that is too large, not UTF-8, or holds control characters, or what looks like a
///   blank where one was meant.
func checkedSource(
  name: String, bytes: [UInt8], order: Int, isArgument: Bool = false
) throws(ConfigError) -> Source {
  func place(_ text: String.UnicodeScalarView) -> Mark {
    end(of: Source(name: name, text: String(text), order: order, isArgument: isArgument))
  }
  guard bytes.count <= largestConfigurationBytes else {
    throw ConfigError(Diagnostic(nil, "\(name): larger than 4 MiB: this is not a configuration"))
  }
  var iterator = (bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]).makeIterator()
  var parser = Unicode.UTF8.ForwardParser()
  var text = String.UnicodeScalarView()
  while true {
    switch parser.parseScalar(from: &iterator) {
    case .valid(let encoded):
      let scalar = Unicode.UTF8.decode(encoded)
      text.append(scalar)
      guard !isAllowed(scalar) else { continue }
      throw ConfigError(Diagnostic(place(text), "the character \(scalar.code) is not allowed in YAML"))
    case .emptyInput:
      let source = Source(name: name, text: String(text), order: order, isArgument: isArgument)
      let odd = OddBlanks.diagnostics(in: source)
      guard odd.isEmpty else { throw ConfigError(odd) }
      return source
    case .error:
      text.append("\u{FFFD}")
      let start = bytes.prefix(2)
      let hint = start.elementsEqual([0xFF, 0xFE]) || start.elementsEqual([0xFE, 0xFF]) ? "it looks like UTF-16" : nil
      throw ConfigError(
        Diagnostic(place(text), "this is not UTF-8", notes: hint.map { [$0] } ?? []))
    }
  }
}

let largestConfigurationBytes = 4 << 20

/// The place of the last character.
private func end(of source: Source) -> Mark {
  Mark(source, line: source.lines.count, column: source.lines[source.lines.count - 1].unicodeScalars.count)
}

/// c-printable of YAML 1.2, section 5.1.
private func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: true
  default: false
  }
}
