import FusionCore

extension StrictReader {
  /// The transforms of a list; null, or no key, is none; nil after a finding.
  ///
  /// - Parameter name: of the list, for messages: `modalities.audio.transforms`.
  mutating func transforms(_ node: Node?, _ name: String, registry: Registry) -> [ConfiguredTransform]? {
    guard let node, node.scalar != .null else { return [] }
    guard let elements = node.elements else {
      findings.add(
        node.mark, "expected a list of transforms for '\(name)', got \(node.description)",
        suggestion: node.pairs == nil ? nil : "write it as a list: - {type: …}",
        notes: ["for example: transforms: [{type: gaussian_noise, std: 0.1}]   (fusionkit list transforms)"])
      return nil
    }
    let found = elements.enumerated().map { transform($1, "\(name).\($0)", registry: registry) }
    return found.contains { $0 == nil } ? nil : found.compactMap { $0 }
  }

  /// One transform; nil after a finding.
  mutating func transform(_ node: Node, _ name: String, registry: Registry) -> ConfiguredTransform? {
    guard let found = component(.transform, node, name, registry: registry) else { return nil }
    guard let type = found.type as? any Transform.Type else {
      findings.add(
        node.nearest(["type"]).mark,
        "'\(found.type.name)' is registered as a transform but does not conform to the protocol")
      return nil
    }
    func configured<T: Transform>(_ type: T.Type) -> ConfiguredTransform {
      ConfiguredTransform(type, found.configuration as! T.Configuration)
    }
    return configured(type)
  }
}

/// A transform of an evaluation: `audio=gaussian_noise:0.5`.
public struct Corruption: Sendable {
  /// The modality that it is for; nil: all at once.
  public let modality: String?
  /// The transform.
  public let transform: ConfiguredTransform

  /// What it does, as it is written in a configuration: `gaussian_noise, std: 0.5`.
  public var options: String {
    let entries = transform.configuration.configValue.entries.map { entry in
      "\(entry.key): " + entry.value.json.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    return ([transform.type.name] + entries).joined(separator: ", ")
  }

  /// How strong it is, by the option that says so; nil where none does.
  public var strength: Double? {
    guard let key = transform.type.strengthKey else { return nil }
    switch transform.configuration.configValue[key] {
    case .integer(let value): return Double(value)
    case .number(let value): return value
    default: return nil
    }
  }

  /// Reads several, as each is read.
  ///
  /// - Throws: ``ConfigError`` with everything that is wrong.
  public static func read(
    _ texts: [String], modalities: [String], registry: Registry
  ) throws(ConfigError) -> [Corruption] {
    var diagnostics: [Diagnostic] = []
    var found: [Corruption] = []
    for text in texts {
      do throws(ConfigError) {
        found.append(try read(text, modalities: modalities, registry: registry))
      } catch { diagnostics += error.diagnostics }
    }
    guard diagnostics.isEmpty else { throw ConfigError(diagnostics) }
    return found
  }

  /// Reads `MODALITY=NAME:STRENGTH`, `MODALITY={type: NAME, …}`, or either without `MODALITY=` for all at once.
  ///
  /// - Parameter modalities: those of the pipeline.
  /// - Throws: ``ConfigError`` with the place in the text.
  public static func read(
    _ text: String, modalities: [String], registry: Registry
  ) throws(ConfigError) -> Corruption {
    var (modality, rest): (String?, Substring) = (nil, text[...])
    if let equals = text.firstIndex(of: "="), !text[..<equals].contains(where: { "{:".contains($0) }) {
      (modality, rest) = (String(text[..<equals]), text[text.index(after: equals)...])
    }
    func refuse(_ message: String, _ notes: [String]) -> ConfigError {
      ConfigError(Diagnostic(nil, "--corrupt \(quoted(text)): \(message)", notes: notes))
    }
    if let modality, !modalities.contains(modality) {
      let nearest = nearestSpelling(of: modality, among: modalities).map { ": did you mean '\($0)'?" } ?? ""
      throw refuse(
        "there is no modality \(quoted(modality))\(nearest)", ["the model takes: \(modalities.joined(separator: ", "))"]
      )
    }
    var yaml = String(rest)
    if !rest.hasPrefix("{") {
      let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      let type: any Component.Type
      do throws(RegistryError) { type = try registry.find(.transform, name).type } catch {
        throw refuse(error.description, ["for example: --corrupt audio=gaussian_noise:0.5"])
      }
      let example = "\(modality.map { "\($0)=" } ?? "")'{type: \(name), …}'"
      switch (parts.count > 1 ? parts[1] : nil, (type as? any Transform.Type)?.strengthKey) {
      case (nil, _): yaml = "{type: \(name)}"
      case (let strength?, nil):
        throw refuse(
          "'\(name)' has no strength to set to \(quoted(strength))", ["write its options: --corrupt \(example)"])
      case (let strength?, let key?):
        guard let number = Double(strength), number.isFinite, number >= 0 else {
          throw refuse(
            "expected a number of at least 0 for the strength ('\(key)'), got \(quoted(strength))",
            ["0 leaves the samples as they are"])
        }
        yaml = "{type: \(name), \(key): \(strength)}"
      }
    }
    let node = try NodeParser.parse(checkedSource(name: "--corrupt", bytes: Array(yaml.utf8), order: 0))
    var reader = StrictReader()
    let transform = reader.transform(node, "--corrupt", registry: registry)
    try reader.findings.throwIfAny()
    guard let transform else { throw refuse("cannot be read", []) }
    return Corruption(modality: modality, transform: transform)
  }
}
