import FusionCore

extension StrictReader {
  /// The component of a kind that a map names by its `type`, configured by the other keys; nil after a finding.
  ///
  /// - Parameters:
  ///   - name: what the map is called in messages: `modalities.image.encoder`.
  ///   - after: keys of the map that the caller reads itself.
  mutating func component(
    _ kind: ComponentKind, _ node: Node, _ name: String, after: [String] = [], registry: Registry
  ) -> ConfiguredComponent? {
    component(kind, node, name, beside: NoConfiguration.self, after: after, registry: registry)?.component
  }

  /// The same with keys that stand beside the component's own, whatever it is: the weight of an objective.
  ///
  /// - Parameters:
  ///   - part: the keys.
  ///   - base: what holds where the map says no `type`, and for what it does not say; a map of another type starts afresh.
  mutating func component<Part: ComponentConfiguration>(
    _ kind: ComponentKind, _ node: Node, _ name: String, beside part: Part.Type, after: [String] = [],
    over base: (component: ConfiguredComponent, part: Part)? = nil, registry: Registry
  ) -> (component: ConfiguredComponent, part: Part)? {
    let isMap = node.pairs != nil || node.scalar == .null
    let named = isMap && node[kind.nameKey] == nil ? base?.component.type : nil
    guard let type = named ?? componentType(kind, node, name, key: kind.nameKey, registry: registry) else { return nil }
    return configured(type, node, name, part, after, over: base)
  }

  /// A list of components of a kind, each as ``component(_:_:_:beside:after:over:registry:)`` reads it; nil after a finding.
  mutating func components<Part: ComponentConfiguration>(
    _ kind: ComponentKind, _ node: Node, _ name: String, beside part: Part.Type, registry: Registry
  ) -> [(component: ConfiguredComponent, part: Part)]? {
    guard let elements = node.elements else {
      findings.add(node.mark, "expected a list of \(kind.words)s for '\(name)', got \(node.description)")
      return nil
    }
    let found = elements.enumerated().map { index, element in
      component(kind, element, "\(name).\(index)", beside: part, registry: registry)
    }
    return found.contains { $0 == nil } ? nil : found.compactMap { $0 }
  }

  private mutating func configured<C: Component, Part: ComponentConfiguration>(
    _ type: C.Type, _ node: Node, _ name: String, _ part: Part.Type, _ after: [String],
    over base: (component: ConfiguredComponent, part: Part)?
  ) -> (component: ConfiguredComponent, part: Part)? {
    let context = MapContext(name, before: [C.kind.nameKey], after: after, command: "fusionkit describe \(type.name)")
    let isSame = base.map { ObjectIdentifier($0.component.type) == ObjectIdentifier(type) } ?? false
    let own = C.Configuration.fields.over(isSame ? base?.component.configuration.configValue ?? .null : .null)
    let beside = Part.fields.over(isSame ? base?.part.configValue ?? .null : .null).filter { field in
      !own.contains { $0.key == field.key }
    }
    guard let value = checked(node, own + beside, context), let part = decode(Part.self, value, node),
      let configuration = decode(C.Configuration.self, value, node)
    else { return nil }
    let problems = type.problems(configuration)
    for problem in problems {
      findings.add(node.nearest(problem.path).mark, problem.message, notes: problem.hint.map { [$0] } ?? [])
    }
    return problems.isEmpty ? (ConfiguredComponent(type, configuration), part) : nil
  }

  /// The type that a map names by `key`; nil after a finding.
  mutating func componentType(
    _ kind: ComponentKind, _ node: Node, _ name: String, key: String, registry: Registry
  ) -> (any Component.Type)? {
    let names = registry.all(kind).map { $0.type.name }
    let available = "available: \(names.joined(separator: ", "))   (fusionkit list \(kind.plural))"
    guard node.pairs != nil else {
      var suggestion: String?
      if case .string(let word)? = node.scalar, word.utf8.count <= 64 { suggestion = "write {\(key): \(word)}" }
      findings.add(
        node.mark, "expected a map with '\(key)' for '\(name)', got \(node.description)", suggestion: suggestion,
        notes: [available])
      return nil
    }
    guard let typeNode = node[key] else {
      findings.add(node.mark, "missing key '\(key)' in \(name)", notes: [available])
      return nil
    }
    guard case .string(let word)? = typeNode.scalar else {
      findings.add(
        typeNode.mark, "expected the name of \(kind.withArticle) for '\(key)', got \(typeNode.description)",
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
          typeNode.mark, "unknown type \(word.map { quoted($0) } ?? typeNode.description) in \(name)",
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
