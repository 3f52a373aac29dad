/// What a plain scalar means in YAML 1.2's core schema (yaml.org/spec/1.2.2, section 10.3.2).
///
/// Unlike YAML 1.1, `no`, `on` and `12:30` are strings, `1e-4` is a number and `010` is ten.
func resolvePlainScalar(_ text: String) -> ConfigValue {
  switch text {
  case "", "~", "null", "Null", "NULL": return .null
  case "true", "True", "TRUE": return .boolean(true)
  case "false", "False", "FALSE": return .boolean(false)
  case ".nan", ".NaN", ".NAN": return .number(.nan)
  default: break
  }
  let (sign, digits) = splitSign(text)
  if [".inf", ".Inf", ".INF"].contains(digits) { return .number(sign == "-" ? -.infinity : .infinity) }
  if sign.isEmpty, let radix = ["0x": 16, "0o": 8][digits.prefix(2)], let value = integer(digits.dropFirst(2), radix) {
    return value
  }
  guard isNumber(digits) else { return .string(text) }
  if digits.utf8.allSatisfy(isDigit) {
    if let value = Int(text) { return .integer(value) }
    if sign != "-", let value = UInt64(digits) { return .unsigned(value) }
  }
  // What no Double can hold stays as written: 1e999 is not silently infinite.
  return Double(text).flatMap { $0.isFinite ? .number($0) : nil } ?? .string(text)
}

private func splitSign(_ text: String) -> (sign: Substring, rest: Substring) {
  let signed = text.hasPrefix("-") || text.hasPrefix("+")
  return (text.prefix(signed ? 1 : 0), text.dropFirst(signed ? 1 : 0))
}

private func integer(_ digits: Substring, _ radix: Int) -> ConfigValue? {
  // `UInt64(_:radix:)` takes a sign, YAML does not here.
  guard digits.first?.isHexDigit == true else { return nil }
  return UInt64(digits, radix: radix).map { $0 <= UInt64(Int.max) ? .integer(Int($0)) : .unsigned($0) }
}

/// `( "." digits | digits ( "." digits* )? ) ( [eE] [-+]? digits )?`, without the sign.
private func isNumber(_ text: Substring) -> Bool {
  var rest = text.utf8[...]
  func takeDigits() -> Int {
    let count = rest.prefix(while: isDigit).count
    rest = rest.dropFirst(count)
    return count
  }
  let whole = takeDigits()
  if rest.first == UInt8(ascii: ".") {
    rest = rest.dropFirst()
    if takeDigits() == 0, whole == 0 { return false }
  } else if whole == 0 {
    return false
  }
  if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
    rest = rest.dropFirst()
    if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
    if takeDigits() == 0 { return false }
  }
  return rest.isEmpty
}

private func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
