import FusionCore

/// What a map is called in messages, which of its keys the caller reads itself, and what command tells more.
struct MapContext {
  let name: String
  private let before: [String]
  private let after: [String]
  private let command: String?

  init(_ name: String, before: [String] = [], after: [String] = [], command: String? = nil) {
    self.name = name
    self.before = before
    self.after = after
    self.command = command
  }

  /// All keys of a map with these fields, in the order in which they are usually written.
  func keys(_ fields: [Field]) -> [String] { before + fields.map(\.key) + after }

  /// A note under an unknown key.
  func available(_ keys: [String]) -> String {
    "available: " + (keys.isEmpty ? "none" : keys.joined(separator: ", ")) + (command.map { "   (\($0))" } ?? "")
  }
}

/// Lays a user's nodes over defaults and gathers every unknown key, wrong type and value out of range.
///
/// Synthesised `Decodable` ignores property defaults and stops at the first mistake; reading over the encoded defaults
/// first, and decoding only what was found right, does neither.
struct StrictReader {
  var findings = Findings()

  /// The configuration of type `type` that a map says, its other keys at their defaults; nil after a finding.
  mutating func configuration<C: ComponentConfiguration>(
    _ type: C.Type, _ node: Node, _ context: MapContext
  ) -> C? {
    checked(node, C.fields, context).flatMap { decode(type, $0, node) }
  }

  /// A map with these fields, its other keys at their defaults; nil after a finding.
  mutating func checked(_ node: Node, _ fields: [Field], _ context: MapContext) -> ConfigValue? {
    let before = findings.found.count
    let value = ConfigValue.map(map(node, fields, context))
    return findings.found.count == before ? value : nil
  }

  /// Decodes what has been checked; what the type itself refuses becomes a finding at its key.
  mutating func decode<C: Decodable>(_ type: C.Type, _ value: ConfigValue, _ node: Node) -> C? {
    do {
      return try ValueDecoder(value: value).decode(type)
    } catch let error as DecodingError {
      let context: DecodingError.Context? =
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
          .dataCorrupted(let context):
          context
        @unknown default: nil
        }
      let path = context?.codingPath.map { $0.intValue.map { String($0) } ?? $0.stringValue } ?? []
      findings.add(node.nearest(path).mark, context?.debugDescription ?? "\(error)")
    } catch {
      findings.add(node.mark, "\(error)")
    }
    return nil
  }

  /// The entries of a map with these fields, defaults filled in.
  private mutating func map(_ node: Node, _ fields: [Field], _ context: MapContext) -> [ConfigValue.Entry] {
    let pairs: [Node.Pair]
    switch node.content {
    case .mapping(let given): pairs = given
    case .scalar(let scalar) where scalar.value == .null: pairs = []
    default:
      findings.add(node.mark, "expected a map for '\(context.name)', got \(node.description)")
      pairs = []
    }
    let known = context.keys(fields)
    for pair in pairs where !known.contains(pair.key) {
      findings.add(
        pair.keyMark, "unknown key \(quoted(pair.key)) in \(context.name)",
        suggestion: FamiliarNames.suggestion(for: pair.key, among: known),
        notes: [context.available(known)])
    }
    return fields.map { field in
      guard let pair = pairs.first(where: { $0.key == field.key }) else { return .init(field.key, field.defaultValue) }
      if field.option?.isDistinct == true { refuseRepeats(in: pair.value, field.key) }
      return .init(
        field.key, value(pair.value, field.kind, field.rule, name: field.key, otherwise: field.defaultValue))
    }
  }

  /// Every element of a list that stood there before, at its place, and every empty text.
  private mutating func refuseRepeats(in node: Node, _ name: String) {
    var seen: Set<String> = []
    for element in node.elements ?? [] {
      guard case .scalar(let scalar) = element.content else { continue }
      if scalar.text.isEmpty { findings.add(element.mark, "'\(name)' holds an empty name") }
      if !seen.insert(scalar.text).inserted {
        findings.add(element.mark, "\(quoted(scalar.text)) stands twice in '\(name)'")
      }
    }
  }

  /// What a node says, as a value of a kind; `otherwise` after a finding.
  private mutating func value(
    _ node: Node, _ kind: ValueKind, _ rule: Option.Rule, name: String, otherwise: ConfigValue
  ) -> ConfigValue {
    switch kind {
    case .anything: return node.configValue
    case .optional(let wrapped):
      return node.scalar == .null ? .null : value(node, wrapped, rule, name: name, otherwise: otherwise)
    case .structure(let fields):
      // Over the default's own values: a nested map need not repeat them.
      return .map(map(node, fields.over(otherwise), MapContext(name)))
    case .dictionary(let element):
      guard let pairs = node.pairs else { return refuse(node, kind, rule, name, otherwise) }
      return .map(
        pairs.map { .init($0.key, value($0.value, element, rule, name: "\(name).\($0.key)", otherwise: .null)) })
    case .list(let element):
      guard let elements = node.elements else {
        if let (index, whole) = node.loneElement {
          findings.add(
            node.mark, "'\(name)' has no element \(index) to replace: its list is the default, not written in a file",
            notes: ["give the list whole, for example: \(whole)"])
          return otherwise
        }
        return refuse(node, kind, rule, name, otherwise)
      }
      return .list(elements.map { value($0, element, rule, name: name, otherwise: .null) })
    case .either(let kinds) where kinds.contains(where: \.isInteger) && kinds.contains(where: \.isString):
      guard case .scalar(let scalar) = node.content else { return refuse(node, kind, rule, name, otherwise) }
      // What is no plain whole number is a name as it stands: 01, 1.0, True and null too.
      if case .integer(let number) = scalar.value, "\(number)" == scalar.text {
        return leaf(node, kinds.first(where: \.isInteger)!, rule, name, otherwise)
      }
      return .string(scalar.text)
    case .either(let kinds):
      let fitting = kinds.first { kind in
        if case .list = kind { return node.elements != nil }
        if case .dictionary = kind { return node.pairs != nil }
        return node.scalar != nil && (kinds.count { $0.isScalar } < 2 || kind.suits(node.scalar))
      }
      guard let fitting else { return refuse(node, kind, rule, name, otherwise) }
      if case .choice(let words) = fitting, case .string(let text) = node.scalar {
        let others = kinds.filter { $0.isScalar && !$0.isChoice }
        return word(text, of: words, node, name, otherwise, or: others.map { $0.described(rule) })
      }
      return value(node, fitting, rule, name: name, otherwise: otherwise)
    case .integer, .number, .boolean, .string, .choice:
      return leaf(node, kind, rule, name, otherwise)
    }
  }

  private mutating func leaf(
    _ node: Node, _ kind: ValueKind, _ rule: Option.Rule, _ name: String, _ otherwise: ConfigValue
  ) -> ConfigValue {
    switch (kind, node.scalar) {
    case (.boolean, .boolean(let flag)): return .boolean(flag)
    case (.string, .string(let text)):
      if case .oneOf(let words) = rule { return word(text, of: words, node, name, otherwise) }
      return .string(text)
    case (.choice(let words), .string(let text)): return word(text, of: words, node, name, otherwise)
    // Among words such as auto, true and false, the last two are read as truth values.
    case (.choice(let words), .boolean(let flag)) where words.contains("\(flag)"): return .string("\(flag)")
    case (.integer(let lower, let upper), .integer(let number)):
      let fits = number >= lower && (number < 0 || UInt64(number) <= upper)
      guard fits, rule.allows(Double(number)) else { return refuse(node, kind, rule, name, otherwise) }
      return .integer(number)
    case (.integer(_, let upper), .unsigned(let number)):
      guard number <= upper, rule.allows(Double(number)) else { return refuse(node, kind, rule, name, otherwise) }
      return .unsigned(number)
    case (.number, .integer(let number)): return self.number(Double(number), node, rule, name, otherwise)
    case (.number, .unsigned(let number)): return self.number(Double(number), node, rule, name, otherwise)
    case (.number, .number(let number)): return self.number(number, node, rule, name, otherwise)
    default: return refuse(node, kind, rule, name, otherwise)
    }
  }

  private mutating func number(
    _ number: Double, _ node: Node, _ rule: Option.Rule, _ name: String, _ otherwise: ConfigValue
  ) -> ConfigValue {
    guard !number.isNaN, rule.allows(number) else { return refuse(node, .number, rule, name, otherwise) }
    // What is computed with it is float32: a larger number would become an infinite one on the way.
    // A smaller one would become zero.
    let isLarge = number.magnitude > Double(Float.greatestFiniteMagnitude)
    guard !isLarge, number == 0 || number.magnitude >= Double(Float.leastNormalMagnitude) else {
      let limit = isLarge ? "no larger than 3.4e38" : "zero, or no smaller than 1.2e-38"
      findings.add(
        node.mark, "expected \(ValueKind.number.described(rule)) for '\(name)', got \(node.description)",
        notes: ["\(limit) in size: numbers are computed in single precision"])
      return otherwise
    }
    return .number(number)
  }

  private mutating func word(
    _ text: String, of words: [String], _ node: Node, _ name: String, _ otherwise: ConfigValue, or others: [String] = []
  ) -> ConfigValue {
    if words.contains(text) { return .string(text) }
    findings.add(
      node.mark, "unknown value \(quoted(text)) for '\(name)'", suggestion: didYouMean(text, among: words),
      notes: ["available: \((words + others).joined(separator: ", "))"])
    return otherwise
  }

  /// A value that does not fit: what was expected, what was found, and how to write it where that is plain.
  private mutating func refuse(
    _ node: Node, _ kind: ValueKind, _ rule: Option.Rule, _ name: String, _ otherwise: ConfigValue
  ) -> ConfigValue {
    var suggestion = remedy(node, kind)
    if case .oneOf = rule { suggestion = nil }
    findings.add(
      node.mark, "expected \(kind.described(rule)) for '\(name)', got \(node.description)", suggestion: suggestion)
    return otherwise
  }

  private func remedy(_ node: Node, _ kind: ValueKind) -> String? {
    guard case .scalar(let scalar) = node.content else { return nil }
    switch (kind, scalar.value) {
    case (.integer(_, let upper), .number(let number)) where number.isFinite && number.rounded() == number:
      return Int(exactly: number).map { "write \($0)" } ?? "at most \(upper)"
    case (.integer, .string(let text)), (.number, .string(let text)):
      guard scalar.style != .plain, case .string = resolvePlainScalar(text) else {
        return scalar.style == .plain ? nil : "write \(text), without quotes"
      }
      return nil
    case (.boolean, .string(let text)):
      return ["yes": "write true", "on": "write true", "no": "write false", "off": "write false"][text.lowercased()]
    case (.string, .integer), (.string, .number), (.string, .unsigned), (.string, .boolean):
      return "write \"\(scalar.text)\", in quotes"
    case (.list, .null), (.list, .string): return nil
    case (.list, _): return "write [\(scalar.text)]"
    default: return nil
    }
  }
}

extension Node {
  /// The index that `--set hidden.0=5` names where no file has the list, and the argument that gives it whole.
  fileprivate var loneElement: (index: Int, whole: String)? {
    guard let pair = pairs?.first, let index = Int(pair.key), pair.keyMark.source.isArgument,
      let end = pair.keyMark.source.name.firstRange(of: ".\(pair.key)=")
    else { return nil }
    let argument = pair.keyMark.source.name
    return (index, "\(argument[..<end.lowerBound])=[\(argument[end.upperBound...])]")
  }

  /// The node at the end of a path of keys and indices, or the nearest one above that is there.
  func nearest(_ path: [String]) -> Node {
    var node = self
    for step in path {
      if let child = node[step] {
        node = child
      } else if let elements = node.elements, let index = Int(step), elements.indices.contains(index) {
        node = elements[index]
      } else {
        // A component whose key was left to its default is best shown by its type.
        return node["type"] ?? node
      }
    }
    return node
  }

  /// What the nodes say, without places.
  var configValue: ConfigValue {
    switch content {
    case .scalar(let scalar): scalar.value
    case .sequence(let elements): .list(elements.map(\.configValue))
    case .mapping(let pairs): .map(pairs.map { ConfigValue.Entry($0.key, $0.value.configValue) })
    }
  }
}
