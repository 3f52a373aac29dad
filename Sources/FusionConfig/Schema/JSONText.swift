extension ConfigValue {
  /// The value of a YAML text, places forgotten; JSON is YAML too.
  ///
  /// - Throws: ``ConfigError`` with the first mistake.
  public init(yaml: String, name: String = "text") throws(ConfigError) {
    self = try NodeParser.parse(checkedSource(name: name, bytes: Array(yaml.utf8), order: 0)).configValue
  }

  /// The value as JSON, two spaces a level; numbers that JSON does not have become null.
  public var json: String { jsonText(indent: "") }

  private func jsonText(indent: String) -> String {
    let inner = indent + "  "
    switch self {
    case .null: return "null"
    case .boolean(let flag): return flag ? "true" : "false"
    case .integer(let number): return String(number)
    case .unsigned(let number): return String(number)
    case .number(let number): return number.isFinite ? number.description : "null"
    case .string(let text): return jsonString(text)
    case .list(let elements):
      guard elements.contains(where: { !$0.entries.isEmpty }) else {
        return "[" + elements.map { $0.jsonText(indent: inner) }.joined(separator: ", ") + "]"
      }
      let lines = elements.map { inner + $0.jsonText(indent: inner) }
      return "[\n" + lines.joined(separator: ",\n") + "\n\(indent)]"
    case .map(let entries):
      guard !entries.isEmpty else { return "{}" }
      let lines = entries.map { "\(inner)\(jsonString($0.key)): \($0.value.jsonText(indent: inner))" }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
    }
  }
}

private func jsonString(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    case _ where scalar.value < 0x20:
      result += "\\u" + String(repeating: "0", count: scalar.value < 16 ? 3 : 2) + String(scalar.value, radix: 16)
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
