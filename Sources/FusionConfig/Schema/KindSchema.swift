import FusionCore

// JSON Schema, draft 7: the one that yaml-language-server understands best.

extension ConfigValue {
  /// A map, written as a schema is read.
  static func object(_ entries: KeyValuePairs<String, ConfigValue>) -> ConfigValue {
    .map(entries.map { Entry($0.key, $0.value) })
  }

  static func strings(_ words: [String]) -> ConfigValue { .list(words.map { .string($0) }) }
}

/// A map with these keys and no others.
func closedObject(_ properties: [ConfigValue.Entry]) -> [ConfigValue.Entry] {
  [.init("properties", .map(properties)), .init("additionalProperties", .boolean(false))]
}

extension Field {
  /// The key with its type, range, meaning and default.
  var schema: ConfigValue.Entry {
    let description = option.map { [ConfigValue.Entry("description", .string($0.summary))] } ?? []
    return .init(key, .map(description + kind.schema(rule) + [.init("default", defaultValue)]))
  }
}

extension ValueKind {
  /// The keywords that describe the kind.
  func schema(_ rule: Option.Rule) -> [ConfigValue.Entry] {
    switch self {
    case .integer(let lower, let upper):
      var bounds = rule.schema
      if lower == 0, !bounds.contains(where: { $0.key.lowercased().contains("minimum") }) {
        bounds.append(.init("minimum", .integer(0)))
      }
      if upper < UInt64(Int.max), rule == .any { bounds.append(.init("maximum", .unsigned(upper))) }
      return [type("integer")] + bounds
    case .number: return [type("number")] + rule.schema
    case .boolean: return [type("boolean")]
    case .string: return [type("string")] + rule.schema
    case .choice(let words):
      let truths = [true, false].filter { words.contains("\($0)") }
      return [.init("enum", .list(words.map { .string($0) } + truths.map { .boolean($0) }))]
    case .list(let element): return [type("array"), .init("items", .map(element.schema(rule)))]
    case .dictionary(let element): return [type("object"), .init("additionalProperties", .map(element.schema(rule)))]
    case .structure(let fields):
      return [.init("type", .strings(["object", "null"]))] + closedObject(fields.map(\.schema))
    case .either(let kinds): return [.init("anyOf", .list(kinds.map { .map($0.schema(rule)) }))]
    case .anything: return []
    // A map may be left empty, which reads as null.
    case .optional(.structure(let fields)): return ValueKind.structure(fields).schema(rule)
    case .optional(let wrapped):
      let inner = wrapped.schema(rule)
      if case .string? = inner.first?.value, inner.first?.key == "type", !inner.contains(where: { $0.key == "enum" }) {
        return [.init("type", .list([inner[0].value, .string("null")]))] + inner.dropFirst()
      }
      return [.init("anyOf", .list([.map(inner), .object(["type": .string("null")])]))]
    }
  }

  private func type(_ name: String) -> ConfigValue.Entry { .init("type", .string(name)) }
}

extension Option.Rule {
  fileprivate var schema: [ConfigValue.Entry] {
    switch self {
    case .any: []
    case .oneOf(let words): [.init("enum", .strings(words))]
    case .atLeast(let lower): [.init("minimum", bound(lower))]
    case .above(let lower): [.init("exclusiveMinimum", bound(lower))]
    case .range(let lower, let upper, let includesLower, let includesUpper):
      [
        .init(includesLower ? "minimum" : "exclusiveMinimum", bound(lower)),
        .init(includesUpper ? "maximum" : "exclusiveMaximum", bound(upper)),
      ]
    }
  }

  private func bound(_ value: Double) -> ConfigValue { Int(exactly: value).map { .integer($0) } ?? .number(value) }
}
