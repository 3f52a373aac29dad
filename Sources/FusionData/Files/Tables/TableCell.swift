import FusionCore

/// What the text of a cell is, by one strict grammar for all tables.
///
/// A number is an optional sign, ASCII digits with at most one decimal point among, before or behind them, and an optional
/// exponent. Hexadecimal, thousands separators, digits of other scripts, `inf` and `nan` are no numbers.
package enum CellKind: UInt8 {
  /// Empty, or one of the known marks.
  case missing
  /// A number without a decimal point or an exponent, exact as a `Double`.
  case whole
  /// Any other number.
  case decimal
  /// `true` or `false`, in any case.
  case truth
  case text

  /// Marks of missing values, in lower case.
  package static let marks: Set<String> = ["", "?", "na", "n/a", "null", "nan", "-", "-nan", "<na>", "#n/a"]
  /// The marks as they are told to people.
  package static let marksDescription = "?, NA, N/A, null, nan, -, or nothing"

  init(_ cell: UnsafeRawBufferPointer) {
    guard let first = cell.first else {
      self = .missing
      return
    }
    if first < 0x3a, let number = Self.number(cell) {
      self = number
      return
    }
    self = cell.count <= 5 ? Self.word(cell) : .text
  }

  /// The kind of number, nil for what is none.
  private static func number(_ cell: UnsafeRawBufferPointer) -> CellKind? {
    var position = 0
    func digits() -> Int {
      let start = position
      while position < cell.count, cell[position] &- 0x30 < 10 { position += 1 }
      return position - start
    }
    if cell[0] == UInt8(ascii: "-") || cell[0] == UInt8(ascii: "+") { position = 1 }
    let before = digits()
    if position == cell.count, before > 0 { return before <= 15 || isExact(cell) ? .whole : .decimal }
    var behind = 0
    if position < cell.count, cell[position] == UInt8(ascii: ".") {
      position += 1
      behind = digits()
    }
    guard before + behind > 0 else { return nil }
    if position < cell.count, cell[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      if position < cell.count, cell[position] == UInt8(ascii: "-") || cell[position] == UInt8(ascii: "+") {
        position += 1
      }
      guard digits() > 0 else { return nil }
    }
    return position == cell.count ? .decimal : nil
  }

  private static func isExact(_ cell: UnsafeRawBufferPointer) -> Bool { abs(parsedNumber(cell)) < 0x1p53 }

  private static func word(_ cell: UnsafeRawBufferPointer) -> CellKind {
    let text = String(decoding: cell, as: UTF8.self).lowercased()
    if text == "true" || text == "false" { return .truth }
    return marks.contains(text) ? .missing : .text
  }
}

/// Powers of ten that a `Double` holds exactly.
private let exactPowers: [Double] = (0...22).map { exponent in (0..<exponent).reduce(1) { value, _ in value * 10 } }

/// The value of a cell that ``CellKind`` calls a number, rounded correctly; infinite where it is too large.
func parsedNumber(_ cell: UnsafeRawBufferPointer) -> Double {
  var mantissa: UInt64 = 0
  var digits = 0
  var exponent = 0
  var position = 0
  var isBehindPoint = false
  let isNegative = cell[0] == UInt8(ascii: "-")
  if isNegative || cell[0] == UInt8(ascii: "+") { position = 1 }
  while position < cell.count {
    let byte = cell[position]
    if byte &- 0x30 < 10 {
      if digits > 0 || byte != 0x30 { digits += 1 }
      if digits <= 18 { mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30) }
      if isBehindPoint { exponent -= 1 }
    } else if byte == UInt8(ascii: ".") {
      isBehindPoint = true
    } else {
      break
    }
    position += 1
  }
  if position < cell.count {
    // An exponent of more digits than this is that of a number that is zero or infinite; the library knows which.
    var value = 0
    var places = 0
    position += 1
    let isNegativeExponent = cell[position] == UInt8(ascii: "-")
    if isNegativeExponent || cell[position] == UInt8(ascii: "+") { position += 1 }
    while position < cell.count, places < 6 {
      value = value * 10 + Int(cell[position] &- 0x30)
      position += 1
      places += 1
    }
    exponent += isNegativeExponent ? -value : value
    if position < cell.count { digits = 99 }
  }
  // W. D. Clinger (1990): where both factors are exact, so is the rounding of one product or quotient.
  if digits <= 18, mantissa <= 1 << 53, abs(exponent) <= 22 {
    let exact = Double(mantissa)
    let value = exponent < 0 ? exact / exactPowers[-exponent] : exact * exactPowers[exponent]
    return isNegative ? -value : value
  }
  return Double(String(decoding: cell, as: UTF8.self)) ?? .nan
}

/// From here on a `Double` becomes infinite as a `Float`: half a unit above the largest one.
let floatOverflow = 0x1.ffffffp127
