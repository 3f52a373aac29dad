import FusionCore

/// From text to nodes: anchors, aliases and merge keys resolved, duplicate keys and runaway texts refused.
struct NodeParser {
  /// No experiment comes near these; texts made to exhaust memory do.
  private static let deepestNesting = 64
  private static let mostNodes = 100_000

  private let events: EventStream
  private var anchors: [String: (node: Node, size: Int)] = [:]
  private var openAnchors: Set<String> = []
  private var size = 0

  /// The one document of a text.
  ///
  /// - Throws: ``ConfigError`` with the first mistake; libyaml cannot go on behind one.
  static func parse(_ source: Source) throws(ConfigError) -> Node {
    var parser = NodeParser(events: EventStream(source))
    return try parser.document(source)
  }

  private init(events: EventStream) { self.events = events }

  private mutating func document(_ source: Source) throws(ConfigError) -> Node {
    _ = try events.next()
    let start = try events.next()
    guard case .documentStart = start.kind else {
      throw ConfigError(Diagnostic(Mark(source, line: 1, column: 1), "the configuration is empty"))
    }
    let root = try node(try events.next(), depth: 0)
    _ = try events.next()
    let end = try events.next()
    guard case .streamEnd = end.kind else {
      throw ConfigError(Diagnostic(end.mark, "a second document begins here; a configuration is one document"))
    }
    return root
  }

  private mutating func node(_ event: Event, depth: Int) throws(ConfigError) -> Node {
    guard depth <= Self.deepestNesting else {
      throw ConfigError(Diagnostic(event.mark, "nested more than \(Self.deepestNesting) levels deep"))
    }
    if case .alias(let name) = event.kind { return try alias(name, event.mark) }
    let before = size
    try grow(by: 1, event.mark)
    if let anchor = event.anchor { openAnchors.insert(anchor) }
    let node = Node(content: try content(event, depth: depth), mark: event.mark)
    if let anchor = event.anchor {
      openAnchors.remove(anchor)
      anchors[anchor] = (node, size - before)
    }
    return node
  }

  private mutating func content(_ event: Event, depth: Int) throws(ConfigError) -> Node.Content {
    switch event.kind {
    case .scalar(let text, let style):
      return .scalar(try scalar(text, style, tag: event.tag, event.mark))
    case .sequenceStart:
      try checkTag(event, "tag:yaml.org,2002:seq")
      var elements: [Node] = []
      while true {
        let next = try events.next()
        if case .sequenceEnd = next.kind { return .sequence(elements) }
        elements.append(try node(next, depth: depth + 1))
      }
    default:
      try checkTag(event, "tag:yaml.org,2002:map")
      return .mapping(try pairs(depth: depth))
    }
  }

  private mutating func pairs(depth: Int) throws(ConfigError) -> [Node.Pair] {
    var own: [Node.Pair] = []
    var places: [String: Mark] = [:]
    var merges: [Node] = []
    while true {
      let next = try events.next()
      if case .mappingEnd = next.kind { break }
      let keyNode = try node(next, depth: depth + 1)
      guard case .scalar(let key) = keyNode.content else {
        throw ConfigError(Diagnostic(next.mark, "a key is a word, not \(keyNode.description)"))
      }
      if let first = places.updateValue(next.mark, forKey: key.text) {
        throw ConfigError(
          Diagnostic(
            next.mark, "the key \(quoted(key.text)) stands here twice",
            notes: ["first at \(first.place); remove one of them"]))
      }
      let value = try node(try events.next(), depth: depth + 1)
      if key.text == "<<", key.style == .plain {
        merges += try mergedMaps(value)
      } else {
        own.append(Node.Pair(key: key.text, keyMark: next.mark, value: value))
      }
    }
    for map in merges {
      for pair in map.pairs ?? [] where places[pair.key] == nil {
        places[pair.key] = pair.keyMark
        own.append(pair)
      }
    }
    return own
  }

  /// The value of a merge key `<<`: a map, or a list of maps, the earlier the stronger.
  private func mergedMaps(_ value: Node) throws(ConfigError) -> [Node] {
    let maps = value.elements ?? [value]
    for map in maps where map.pairs == nil {
      throw ConfigError(Diagnostic(map.mark, "'<<' merges a map or a list of maps, not \(map.description)"))
    }
    return maps
  }

  private mutating func alias(_ name: String, _ mark: Mark) throws(ConfigError) -> Node {
    if openAnchors.contains(name) {
      throw ConfigError(Diagnostic(mark, "the alias '*\(name)' stands inside of what it names"))
    }
    guard let (node, size) = anchors[name] else {
      throw ConfigError(
        Diagnostic(
          mark, "there is no anchor '&\(name)' before this alias",
          suggestion: didYouMean(name, among: anchors.keys.sorted())))
    }
    try grow(by: size, mark)
    return node
  }

  private mutating func grow(by count: Int, _ mark: Mark) throws(ConfigError) {
    size += count
    guard size <= Self.mostNodes else {
      throw ConfigError(
        Diagnostic(mark, "the configuration grows beyond \(Self.mostNodes) values here, aliases written out"))
    }
  }

  private func scalar(_ text: String, _ style: Scalar.Style, tag: String?, _ mark: Mark) throws(ConfigError) -> Scalar {
    let core = "tag:yaml.org,2002:"
    switch tag {
    case nil: return Scalar(text: text, style: style, value: style == .plain ? resolvePlainScalar(text) : .string(text))
    case "!", core + "str": return Scalar(text: text, style: style, value: .string(text))
    case core + "int", core + "float", core + "bool", core + "null":
      return Scalar(text: text, style: style, value: resolvePlainScalar(text))
    default: throw ConfigError(unknownTag(tag ?? "", mark))
    }
  }

  private func checkTag(_ event: Event, _ allowed: String) throws(ConfigError) {
    guard let tag = event.tag, tag != allowed, tag != "!" else { return }
    throw ConfigError(unknownTag(tag, event.mark))
  }

  private func unknownTag(_ tag: String, _ mark: Mark) -> Diagnostic {
    Diagnostic(mark, "unknown tag \(quoted(tag)); a configuration needs no tags")
  }
}
