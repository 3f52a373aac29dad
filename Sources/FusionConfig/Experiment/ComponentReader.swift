import FusionCore

extension StrictReader {
  /// The component of a kind that a map names by its `type`, configured by the other keys; nil after a finding.
  ///
  /// - Parameters:
  ///   - name: what the map is called in messages: `training.optimizer`.
  ///   - common: keys that stand beside the component's own, whatever it is; the caller reads them.
  ///   - after: keys of the map that the caller reads itself.
  ///   - base: what holds where the map says no `type`, and for what it does not say; a map of another type starts afresh.
  mutating func component(
    _ kind: ComponentKind, _ node: Node, _ name: String, common: [Field] = [], after: [String] = [],
    over base: ConfiguredComponent? = nil, registry: Registry
  ) -> ConfiguredComponent? {
    let isMap = node.pairs != nil || node.scalar == .null
    let named = isMap && node[kind.nameKey] == nil ? base?.type : nil
    guard let type = named ?? componentType(kind, node, name, key: kind.nameKey, registry: registry) else { return nil }
    return configured(type, node, name, common, after, over: base)
  }

  /// A list of components of a kind, each as ``component(_:_:_:common:after:over:registry:)`` reads it; nil after a finding.
  mutating func components(
    _ kind: ComponentKind, _ node: Node, _ name: String, common: [Field] = [], registry: Registry
  ) -> [ConfiguredComponent]? {
    guard let elements = node.elements else {
      findings.add(node.mark, "expected a list of \(kind.words)s for '\(name)', got \(node.inWords)")
      return nil
    }
    let found = elements.enumerated().map { index, element in
      component(kind, element, "\(name).\(index)", common: common, registry: registry)
    }
    return found.contains { $0 == nil } ? nil : found.compactMap { $0 }
  }

  private mutating func configured<C: Component>(
    _ type: C.Type, _ node: Node, _ name: String, _ common: [Field], _ after: [String], over base: ConfiguredComponent?
  ) -> ConfiguredComponent? {
    let context = MapContext(name, before: [C.kind.nameKey], after: after, command: "fusionkit describe \(type.name)")
    let isSame = base.map { ObjectIdentifier($0.type) == ObjectIdentifier(type) } ?? false
    let own = C.Configuration.fields.over(isSame ? base?.configuration.configValue ?? .null : .null)
    let fields = own + common.filter { field in !own.contains { $0.key == field.key } }
    return checked(node, fields, context).flatMap { decode(C.Configuration.self, $0, node) }
      .map { ConfiguredComponent(type, $0) }
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
