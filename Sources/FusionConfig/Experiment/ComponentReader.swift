import FusionCore

/// A component named in a configuration, with its configuration.
struct NamedComponent {
  let type: any Component.Type
  let configuration: any ComponentConfiguration
}

extension StrictReader {
  /// The component of a kind that a map names by its `type`, configured by the other keys.
  mutating func component(
    _ kind: ComponentKind, _ node: Node, _ name: String, after: [String] = [], registry: Registry
  ) -> NamedComponent? {
    guard let type = componentType(kind, node, name, key: "type", registry: registry) else { return nil }
    return configured(type, node, name, after)
  }

  private mutating func configured<C: Component>(
    _ type: C.Type, _ node: Node, _ name: String, _ after: [String]
  ) -> NamedComponent? {
    let context = MapContext(name, before: ["type"], after: after, command: "fusionkit describe \(type.name)")
    return configuration(C.Configuration.self, node, context).map { NamedComponent(type: type, configuration: $0) }
  }

  /// The type that a map names by `key`; nil after a finding.
  mutating func componentType(
    _ kind: ComponentKind, _ node: Node, _ name: String, key: String, registry: Registry
  ) -> (any Component.Type)? {
    let names = registry.all(kind).map { $0.type.name }
    let available = "available: \(names.joined(separator: ", "))   (fusionkit list \(kind.plural))"
    guard node.pairs != nil else {
      var suggestion: String?
      if case .string(let word)? = node.scalar { suggestion = "write {\(key): \(word)}" }
      findings.add(
        node.mark, "expected a map with '\(key)' for '\(name)', got \(node.inWords)", suggestion: suggestion,
        notes: [available])
      return nil
    }
    guard let typeNode = node[key] else {
      findings.add(node.mark, "missing key '\(key)' in \(name)", notes: [available])
      return nil
    }
    guard case .string(let word)? = typeNode.scalar else {
      findings.add(
        typeNode.mark, "expected the name of \(kind.withArticle) for '\(key)', got \(typeNode.inWords)",
        notes: [available])
      return nil
    }
    do throws(RegistryError) {
      return try registry.find(kind, word).type
    } catch {
      let other = ComponentKind.allCases.first { (try? registry.find($0, word)) != nil }
      var nearest: String?
      if case .notFound(_, _, _, let found) = error { nearest = found }
      findings.add(
        typeNode.mark,
        other.map { "'\(word)' is \($0.withArticle), not \(kind.withArticle)" }
          ?? "unknown \(kind.words) \(quoted(word))",
        suggestion: nearest.map { "did you mean '\($0)'?" }, notes: [available])
      return nil
    }
  }

  /// The kind of a setting that a map names by its `type`, the first kind by default.
  ///
  /// - Parameter base: what holds for what the map does not say; a map of another type starts afresh.
  mutating func variant<V: VariantSettings>(
    _ settings: V.Type, _ node: Node?, _ name: String, over base: V? = nil
  ) -> V? {
    let base = base ?? V(V.variants[0].configuration.init())
    guard let node else { return base }
    var variant = V.variants.first { $0.name == base.typeName } ?? V.variants[0]
    if let typeNode = node["type"] {
      let names = V.variants.map { $0.name }
      var word: String?
      if case .string(let text)? = typeNode.scalar { word = text }
      guard let chosen = V.variants.first(where: { $0.name == word }) else {
        findings.add(
          typeNode.mark, "unknown type \(word.map { quoted($0) } ?? typeNode.inWords) in \(name)",
          suggestion: word.flatMap { didYouMean($0, among: names) },
          notes: ["available: \(names.joined(separator: ", "))"])
        return nil
      }
      variant = chosen
    }
    let inherited = variant.name == base.typeName ? base.configuration.configValue : .null
    return configured(variant.configuration, node, MapContext(name, before: ["type"]), over: inherited).map { V($0) }
  }

  private mutating func configured<C: ComponentConfiguration>(
    _ type: C.Type, _ node: Node, _ context: MapContext, over base: ConfigValue
  ) -> (any ComponentConfiguration)? {
    checked(node, C.fields.over(base), context).flatMap { decode(type, $0, node) }
  }
}

extension ComponentKind {
  /// In a sentence: `data set`.
  var words: String { self == .dataset ? "data set" : rawValue }
  /// In a sentence: `an encoder`.
  var withArticle: String { (self == .encoder ? "an " : "a ") + words }
}
