import FusionCore

/// What stands between the fields of a table: a comma, or a tab where the name ends in `.tsv`.
enum TableSeparator {
  /// The separator that a file's name stands for.
  static func of(_ path: String) -> UInt8 {
    var name = path.lowercased()
    if name.hasSuffix(".gz") { name.removeLast(3) }
    return UInt8(ascii: name.hasSuffix(".tsv") ? "\t" : ",")
  }

  /// What to do about a file with another separator than `expected`.
  static func advice(_ expected: UInt8) -> String {
    expected == UInt8(ascii: ",")
      ? "commas, and decimal points: save it as comma-separated, or with tabs as .tsv"
      : "tabs: save it as tab-separated, or with commas as .csv"
  }

  private static let others: [(byte: UInt8, name: String)] = [
    (UInt8(ascii: ";"), "semicolons"), (UInt8(ascii: "\t"), "tabs"), (UInt8(ascii: "|"), "bars"),
    (UInt8(ascii: ","), "commas"),
  ]

  /// What seems to separate the fields in truth, in words: another character that every one of the first lines holds
  /// equally often. Nil where there is none.
  static func guess(_ bytes: UnsafeRawBufferPointer, insteadOf separator: UInt8) -> String? {
    var lines = bytes.prefix(1 << 16).split(separator: UInt8(ascii: "\n"), maxSplits: 20)
    // What is left of the text, or a line that was cut off.
    if lines.count > 1, lines.count > 20 || bytes.count > 1 << 16 { lines.removeLast() }
    guard !lines.isEmpty else { return nil }
    for other in others where other.byte != separator {
      let counts = lines.map { line in line.count { $0 == other.byte } }
      guard counts[0] > 0, counts.allSatisfy({ $0 == counts[0] }) else { continue }
      let decimalCommas =
        separator == UInt8(ascii: ",") && lines.contains { hasDecimalComma($0) } ? ", with decimal commas" : ""
      return "the fields seem to be separated by \(other.name)\(decimalCommas)"
    }
    return nil
  }

  private static func hasDecimalComma(_ line: Slice<UnsafeRawBufferPointer>) -> Bool {
    func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    return line.indices.dropFirst().dropLast().contains {
      line[$0] == UInt8(ascii: ",") && isDigit(line[$0 - 1]) && isDigit(line[$0 + 1])
    }
  }
}
