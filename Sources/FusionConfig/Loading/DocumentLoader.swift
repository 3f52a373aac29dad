/// Reads a configuration with all that it extends, and lays overrides over it.
struct DocumentLoader {
  /// Enough for any family of configurations; a file that extends others twice over and over is stopped.
  private static let mostFiles = 64

  private var sources = 0
  private var open: [String] = []

  /// The merged document of a file.
  mutating func document(path: String, overrides: [String]) throws(ConfigError) -> Node {
    let root: Node
    switch readConfigurationFile(path) {
    case .success(let bytes): root = try document(bytes: bytes, path: path)
    case .failure(let problem): throw ConfigError(Diagnostic(nil, "cannot read '\(path)': \(problem.words)"))
    }
    return try overridden(root, by: overrides)
  }

  /// The merged document of a text.
  mutating func document(bytes: [UInt8], path: String, overrides: [String]) throws(ConfigError) -> Node {
    try overridden(try document(bytes: bytes, path: path), by: overrides)
  }

  private mutating func document(bytes: [UInt8], path: String) throws(ConfigError) -> Node {
    let source = try checkedSource(name: path, bytes: bytes, order: sources)
    sources += 1
    let node = try NodeParser.parse(source)
    guard node.pairs != nil else {
      throw ConfigError(Diagnostic(node.mark, "a configuration is a map of keys, not \(node.description)"))
    }
    guard let extends = node["extends"] else { return node }
    open.append(canonicalPath(path))
    defer { open.removeLast() }
    let own = node.without("extends")
    var findings = Findings()
    var base: Node?
    for parent in extends.elements ?? [extends] {
      do throws(ConfigError) {
        let next = try document(parent, besides: path)
        base = base.map { next.merged(over: $0) } ?? next
      } catch {
        findings.add(error)
      }
    }
    try findings.throwIfAny()
    // A name is of one file: two experiments that extend one base are not to share a run folder.
    return base.map { own.merged(over: $0.without("name")) } ?? own
  }

  /// The document that an element of `extends` names.
  private mutating func document(_ parent: Node, besides file: String) throws(ConfigError) -> Node {
    guard case .string(let name)? = parent.scalar else {
      throw ConfigError(Diagnostic(parent.mark, "'extends' wants the path of a file, or a list of paths"))
    }
    let target = path(name, besides: file)
    let canonical = canonicalPath(target)
    if let first = open.firstIndex(of: canonical) {
      let circle = (open[first...] + [canonical]).map { "'\($0.split(separator: "/").last ?? "")'" }.joined(
        separator: " extends ")
      throw ConfigError(Diagnostic(parent.mark, "configurations extend each other in a circle: \(circle)"))
    }
    guard sources < Self.mostFiles else {
      throw ConfigError(Diagnostic(parent.mark, "more than \(Self.mostFiles) files extend each other here"))
    }
    switch readConfigurationFile(target) {
    case .success(let bytes): return try document(bytes: bytes, path: target)
    case .failure(let problem):
      throw ConfigError(
        Diagnostic(
          parent.mark, "cannot read '\(target)': \(problem.words)",
          notes: ["paths in 'extends' start from the folder of the file that says them"]))
    }
  }

  private mutating func overridden(_ root: Node, by overrides: [String]) throws(ConfigError) -> Node {
    var findings = Findings()
    var parsed: [Override] = []
    for text in overrides {
      do throws(ConfigError) {
        parsed.append(try Override(text, order: sources))
      } catch {
        findings.add(error)
      }
      sources += 1
    }
    var result = root
    do throws(ConfigError) {
      result = try Override.applied(parsed, to: root)
    } catch {
      findings.add(error)
    }
    try findings.throwIfAny()
    return result
  }
}
