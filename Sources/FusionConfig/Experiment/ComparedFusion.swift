import FusionCore

/// The section `compare`: the fusions that `fusionkit compare` runs with other options than their defaults.
///
/// ```yaml
/// compare:
///   fusions:
///     low_rank_tensor: {width: 120, rank: 40}
///     scalar_interaction: {type: bimodal_interaction, form: scalar}
///     mcb: {width: 512, training: {optimizer: {learning_rate: 1e-2}}}
/// ```
///
/// `training` holds keys of the section `training` for this method alone, laid over those of the experiment.
public struct ComparedFusion: Sendable, Equatable {
  /// What it is called: the fusion's name, or a name of its own where the map says the type.
  public let label: String
  /// The fusion's name.
  public let fusion: String
}

extension ExperimentReader {
  /// The fusions of the section, their options and training keys checked; nil after a finding.
  mutating func comparedFusions(
    _ node: Node?, branches: [PipelineSpecification.Branch]?, task: TaskKind?, training: TrainingSettings?
  )
    -> [ComparedFusion]?
  {
    guard let node, node.scalar != .null else { return [] }
    let isValid = reader.checked(node, [], MapContext("compare", after: ["fusions"])) != nil
    guard let fusions = node["fusions"], fusions.scalar != .null else { return isValid ? [] : nil }
    guard let pairs = fusions.pairs else {
      reader.findings.add(
        fusions.mark, "expected a map of fusions for 'compare.fusions', got \(fusions.description)",
        notes: ["for example: fusions: {low_rank_tensor: {width: 120, rank: 40}}"])
      return nil
    }
    let found = pairs.compactMap { compared($0, branches, task, training != nil) }
    return isValid && found.count == pairs.count ? found : nil
  }

  private mutating func compared(
    _ pair: Node.Pair, _ branches: [PipelineSpecification.Branch]?, _ task: TaskKind?, _ isSound: Bool
  )
    -> ComparedFusion?
  {
    guard pair.key.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil else {
      reader.findings.add(
        pair.keyMark,
        "\(quoted(pair.key)) cannot name a fusion: expected a lower-case letter, then lower-case letters, digits and "
          + "underscores")
      return nil
    }
    guard let fusion = fusionComponent(pair.typed) else { return nil }
    if let named = try? registry.find(.fusion, pair.key).type, named.name != fusion.type.name || named.name != pair.key
    {
      reader.findings.add(
        pair.keyMark,
        named.name == fusion.type.name
          ? "'\(pair.key)' is another name of '\(named.name)': write that one"
          : "'\(pair.key)' is the name of another fusion than '\(fusion.type.name)'")
      return nil
    }
    guard isValidTraining(pair.training, of: pair.key, branches, task, fusion, isSound) else { return nil }
    return ComparedFusion(label: pair.key, fusion: fusion.type.name)
  }

  /// Checks the training keys of one method as they will be read: laid over those of the experiment.
  private mutating func isValidTraining(
    _ own: Node?, of label: String, _ branches: [PipelineSpecification.Branch]?, _ task: TaskKind?,
    _ fusion: ConfiguredFusion, _ isSound: Bool
  ) -> Bool {
    guard let own else { return true }
    guard own.pairs != nil else {
      reader.findings.add(
        own.mark, "expected a map of training keys for 'compare.fusions.\(label).training', got \(own.description)",
        notes: ["for example: training: {optimizer: {learning_rate: 1e-2}}"])
      return false
    }
    // What is wrong with the experiment's own keys is said already.
    guard isSound else { return true }
    let base = root["training"]
    return reader.trainingSettings(
      base.map { own.merged(over: $0) } ?? own, branches: branches, modalities: root["modalities"], task: task,
      sideOutputs: fusion.traits.sideOutputs,
      registry: registry)
      != nil
  }
}

extension Node.Pair {
  /// The value as a component: the key is its type, unless it says another. Without the keys of its training.
  fileprivate var typed: Node {
    let pairs = value.pairs ?? (value.scalar == .null ? [] : nil)
    guard let pairs else { return value }
    let own = value.without("training")
    guard !pairs.contains(where: { $0.key == "type" }) else { return own }
    return Node(
      content: .mapping([.init(key: "type", keyMark: keyMark, value: .word(key, keyMark))] + (own.pairs ?? [])),
      mark: keyMark)
  }

  /// The keys of its training; nil: none.
  fileprivate var training: Node? {
    value["training"].flatMap { $0.scalar == .null ? nil : $0 }
  }
}

extension Node {
  /// A text that no file says, shown where `mark` is.
  fileprivate static func word(_ text: String, _ mark: Mark) -> Node { scalar(.string(text), text, mark) }

  fileprivate static func scalar(_ value: ConfigValue, _ text: String, _ mark: Mark) -> Node {
    Node(content: .scalar(Scalar(text: text, style: .plain, value: value)), mark: mark)
  }

  /// Everything below that is no map, with its path of keys.
  fileprivate func leaves(below path: String = "") -> [(path: String, text: String)] {
    guard let pairs else {
      return [(path, configValue.json.split(whereSeparator: \.isWhitespace).joined(separator: " "))]
    }
    return pairs.flatMap { $0.value.leaves(below: path.isEmpty ? $0.key : "\(path).\($0.key)") }
  }

  /// The map with another value for a key, which is added where it is missing.
  fileprivate func replacing(_ key: String, with value: Node) -> Node {
    let pairs = pairs ?? []
    let pair = Pair(key: key, keyMark: pairs.first { $0.key == key }?.keyMark ?? value.mark, value: value)
    let others = pairs.map { $0.key == key ? pair : $0 }
    return Node(content: .mapping(self[key] == nil ? pairs + [pair] : others), mark: mark)
  }
}

/// What makes an experiment another one of a series.
public struct ExperimentChange: Sendable {
  /// The name of the new experiment.
  public var name: String
  /// The fusion, by its name or by its label in the section `compare`.
  public var fusion: String
  /// The value of the fusion's option `width`, unless the section `compare` gives one.
  public var width: Int?
  /// The name of a decoder that takes the place of the configured one.
  public var decoder: String?
  /// The modalities that are kept; nil: all.
  public var modalities: [String]?
  /// The seed; nil: as it is.
  public var seed: UInt64?
  /// The optimizer's learning rate; nil: what `training` says, with the keys that the section `compare` gives for the
  /// fusion.
  public var learningRate: Double?
  /// Keys of `data` that have other values.
  public var data: [ConfigValue.Entry] = []

  /// A change of name and fusion.
  public init(name: String, fusion: String) {
    self.name = name
    self.fusion = fusion
  }
}

extension Experiment {
  /// The same data, encoders, task and training, changed in a few places.
  ///
  /// The options of the fusion are those of the section `compare`; else the experiment's own, where it is the same
  /// fusion; else the defaults.
  ///
  /// - Throws: ``ConfigError``, each place shown in the experiment's own text.
  public func changed(_ change: ExperimentChange, registry: Registry) throws(ConfigError) -> Experiment {
    var fusion = fusionNode(change.fusion, registry: registry)
    if let width = change.width, fusion["width"] == nil {
      fusion = fusion.replacing("width", with: .scalar(.integer(width), "\(width)", fusion.mark))
    }
    var node = document.without("compare").replacing("fusion", with: fusion)
      .replacing("name", with: .word(change.name, document.mark))
    if let decoder = change.decoder {
      let mark = document["decoder"]?.mark ?? document.mark
      let type = Node.Pair(key: "type", keyMark: mark, value: .word(decoder, mark))
      node = node.replacing("decoder", with: Node(content: .mapping([type]), mark: mark))
    }
    if let kept = change.modalities, let modalities = document["modalities"] {
      let pairs = (modalities.pairs ?? []).filter { kept.contains($0.key) }
      node = node.replacing("modalities", with: Node(content: .mapping(pairs), mark: modalities.mark))
    }
    if let seed = change.seed {
      let value: ConfigValue = Int(exactly: seed).map { .integer($0) } ?? .unsigned(seed)
      node = node.replacing("seed", with: .scalar(value, "\(seed)", document.mark))
    }
    if let own = comparedPair(change.fusion)?.training {
      node = node.replacing("training", with: node["training"].map { own.merged(over: $0) } ?? own)
    }
    var overrides = change.data.map {
      Override(steps: ["data", $0.key], value: Node($0.value, mark: document.mark), mark: document.mark)
    }
    if let rate = change.learningRate {
      let value = Node(.number(rate), mark: document.mark)
      overrides.append(Override(steps: ["training", "optimizer", "learning_rate"], value: value, mark: document.mark))
    }
    node = try Override.applied(overrides, to: node)
    return try ExperimentReader.read(node, defaultName: change.name, registry: registry)
  }

  /// The training keys that the section `compare` gives for a fusion, as they are written: `epochs: 8,
  /// optimizer.learning_rate: 0.01`; nil: none.
  public func comparedTraining(_ label: String) -> String? {
    comparedPair(label)?.training.map { $0.leaves().map { "\($0.path): \($0.text)" }.joined(separator: ", ") }
  }

  private func comparedPair(_ label: String) -> Node.Pair? {
    document["compare"]?["fusions"]?.pairs?.first { $0.key == label }
  }

  private func fusionNode(_ label: String, registry: Registry) -> Node {
    if let pair = comparedPair(label) { return pair.typed }
    let mark = document["fusion"]?["type"]?.mark ?? document.mark
    if let type = try? registry.find(.fusion, label).type, type == pipeline.fusion.type, let own = document["fusion"] {
      return own
    }
    return Node.Pair(key: label, keyMark: mark, value: Node(content: .mapping([]), mark: mark)).typed
  }
}

extension Experiment {
  /// The options of the fusion that are not its defaults, as they are written: `width: 120, rank: 40`.
  public var fusionOptions: String {
    func defaults<C: ComponentConfiguration>(_ configuration: C) -> ConfigValue { C().configValue }
    let usual = defaults(pipeline.fusion.configuration)
    var changed = pipeline.fusion.configuration.configValue.entries.filter { usual[$0.key] != $0.value }
    if pipeline.fusion.missing != .own { changed.append(.init("missing", .string(pipeline.fusion.missing.rawValue))) }
    return changed.map { entry in
      "\(entry.key): " + entry.value.json.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }.joined(separator: ", ")
  }
}
