/// Changes that suit text: words, numbers, lines.
enum TextMutation {
  /// What readers of numbers, names and markup stumble over.
  private static let words = [
    "", " ", "\t", "\n", "\r", "\r\n", "\n\n", ",", ";", ":", ": ", "\"", "'", "\\", "|", "<", ">", "/", "..", "../",
    "{", "}", "[", "]", "(", ")", "- ", "? ", "#", " #", "&a", "*a", "&a [*a]", "!", "!!str", "!!int", "%", "@", "`",
    "~",
    "<<", "<<: *a", "---", "...", "|\n  x\n", ">-\n  x\n", "true", "false", "null", "NULL", "None", "nan", "NaN",
    "-nan",
    ".nan", "NA", "N/A", "?", "-", "inf", "-inf", ".inf", "-.inf", "Infinity", "0", "-0", "0.0", "1", "-1", "1.5", ".5",
    "5.", "1e", "1e5", "1e-5", "1e39", "-1e39", "1e300", "1e999", "1e-999", "0x10", "0x1p3", "0b1", "0o7", "1_000",
    "1,000", "+1", "٣", "１２", "1\u{0}2", "\u{0}", "2147483648", "9007199254740993", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "18446744073709551615", "18446744073709551616",
    "99999999999999999999999999999999", "\u{FEFF}", "\u{202E}", "\u{1B}[31m", "\u{85}", "\u{2028}", "e\u{301}", "é",
    "\u{1F469}\u{200D}\u{1F467}", "=cmd", "$HOME", "%s", "%n", "~root/x", "/dev/zero", "/proc/self/mem", "x.npz:a",
  ]

  /// One change.
  ///
  /// - Parameter dictionary: words that the kind of text knows.
  static func apply(to bytes: inout [UInt8], other: [UInt8], dictionary: [String], _ random: inout FuzzRandom) {
    switch random.below(9) {
    case 0: insert(word(dictionary, &random), into: &bytes, replacing: 0, &random)
    case 1: insert(word(dictionary, &random), into: &bytes, replacing: 1 + random.below(8), &random)
    case 2, 3: replaceToken(&bytes, with: Array(word(dictionary, &random).utf8), &random)
    case 4: lines(&bytes, other, &random)
    case 5:
      let word = word(dictionary, &random)
      insert(
        String(repeating: word, count: 1 + random.below(random.oneIn(8) ? 3000 : 20)), into: &bytes, replacing: 0,
        &random)
    case 6: replaceToken(&bytes, with: token(of: other, &random), &random)
    case 7: replaceToken(&bytes, with: token(of: bytes, &random), &random)
    default: ByteMutation.apply(to: &bytes, other: other, &random)
    }
  }

  private static func word(_ dictionary: [String], _ random: inout FuzzRandom) -> String {
    dictionary.isEmpty || random.oneIn(2) ? random.choose(words) : random.choose(dictionary)
  }

  private static func insert(
    _ word: String, into bytes: inout [UInt8], replacing length: Int, _ random: inout FuzzRandom
  ) {
    guard bytes.count < ByteMutation.longest else { return }
    let at = random.below(bytes.count + 1)
    bytes.replaceSubrange(at..<min(bytes.count, at + length), with: Array(word.utf8))
  }

  /// The place of a run of letters, digits and what stands in numbers and names.
  private static func tokenRange(_ bytes: [UInt8], _ random: inout FuzzRandom) -> Range<Int> {
    func isPart(_ byte: UInt8) -> Bool {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x80...0xFF: true
      default: false
      }
    }
    var start = random.below(bytes.count)
    while start < bytes.count, !isPart(bytes[start]) { start += 1 }
    while start > 0, start <= bytes.count, isPart(bytes[start - 1]) { start -= 1 }
    var end = start
    while end < bytes.count, isPart(bytes[end]) { end += 1 }
    return start..<end
  }

  private static func token(of bytes: [UInt8], _ random: inout FuzzRandom) -> [UInt8] {
    Array(bytes[tokenRange(bytes, &random)])
  }

  private static func replaceToken(_ bytes: inout [UInt8], with word: [UInt8], _ random: inout FuzzRandom) {
    bytes.replaceSubrange(tokenRange(bytes, &random), with: word)
  }

  /// Lines are doubled, lost, exchanged, indented, or come from elsewhere.
  private static func lines(_ bytes: inout [UInt8], _ other: [UInt8], _ random: inout FuzzRandom) {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
    let (a, b) = (random.below(lines.count), random.below(lines.count))
    switch random.below(6) {
    case 0: lines.remove(at: a)
    case 1: lines.insert(lines[a], at: b)
    case 2: lines.swapAt(a, b)
    case 3: lines[a].insert(contentsOf: [UInt8](repeating: 0x20, count: 1 + random.below(4)), at: 0)
    case 4: lines[a] = Array(lines[a].drop { $0 == 0x20 })
    default: lines.insert(Array(random.choose(other.split(separator: 0x0A, omittingEmptySubsequences: false))), at: a)
    }
    bytes = Array(lines.joined(separator: [0x0A]))
  }
}
