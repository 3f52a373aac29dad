import FusionCore

/// From a merged document to an experiment; gathers everything that is wrong on the way.
struct ExperimentReader {
  let root: Node
  let registry: Registry
  var reader = StrictReader()

  static func read(
    _ document: Node, defaultName: String, registry: Registry
  ) throws(ConfigError) -> Experiment {
    var reader = ExperimentReader(
      root: document, registry: try registry.loading(plugins: document[PluginsSetting.key]))
    return try reader.experiment(defaultName: defaultName)
  }

  private init(root: Node, registry: Registry) {
    self.root = root
    self.registry = registry
  }

  private mutating func experiment(defaultName: String) throws(ConfigError) -> Experiment {
    let context = MapContext(
      "the configuration", before: ["extends", PluginsSetting.key], after: Section.allCases.map(\.rawValue))
    let identity = reader.configuration(IdentitySettings.self, root, context)
    checkName(identity?.name)
    let data = section(.data).flatMap { dataSettings($0) }
    let branches = section(.modalities).flatMap { self.branches($0) }
    let transforms = transformSettings()
    let fusion = section(.fusion).flatMap { fusionComponent($0) }
    let decoder = section(.decoder).flatMap { decoderComponent($0) }
    let task = reader.variant(TaskSettings.self, root["task"], "task")
    let training = reader.trainingSettings(
      root["training"] ?? .emptyMap(root.mark), branches: branches, modalities: root["modalities"], task: task?.kind,
      sideOutputs: fusion?.traits.sideOutputs, registry: registry)
    let compared = comparedFusions(root["compare"], branches: branches, task: task?.kind, training: training)
    let sweep = sweepSettings(root["sweep"])
    guard let identity, let data, let branches, let transforms, let fusion, let decoder, let task, let training,
      let compared
    else {
      throw ConfigError(reader.findings.found)
    }
    checkModalityDropout(training, branches, fusion)
    try reader.findings.throwIfAny()
    let pipeline = PipelineSpecification(branches: branches, fusion: fusion, decoder: decoder)
    // What can be known without data: above all, whether the fusion takes that many modalities.
    let problems = pipeline.infer(inputs: [:], output: nil).summary.problems
    guard problems.isEmpty else { throw root.diagnostics(for: problems) }
    let experiment = Experiment(
      name: identity.name ?? defaultName, seed: identity.seed, plugins: registry.libraries, data: data,
      pipeline: pipeline, transforms: transforms, task: task, training: training, compared: compared, sweep: sweep,
      metrics: registry.all(.metric).compactMap { $0.type as? any Metric.Type }, registry: registry,
      document: root)
    return sweep == nil ? experiment : try experiment.withCheckedSweep(registry: registry)
  }

  private mutating func section(_ section: Section) -> Node? {
    if let node = root[section.rawValue] { return node }
    reader.findings.add(
      root.mark, "missing key '\(section.rawValue)'", notes: section.example.map { ["for example: \($0)"] } ?? [])
    return nil
  }

  /// The name becomes that of a folder.
  private mutating func checkName(_ name: String?) {
    guard let name, let node = root["name"] else { return }
    let isFolder = !name.isEmpty && !name.hasPrefix(".") && !name.contains("/")
    guard !isFolder || name.utf8.count > 200 || name.unicodeScalars.contains(where: { $0.value < 32 }) else { return }
    reader.findings.add(
      node.mark, "\(quoted(name)) cannot name a run: expected up to 200 characters without '/', no dot in front")
  }

  // MARK: Data

  private mutating func dataSettings(_ node: Node) -> DataSettings? {
    if let type = reader.componentType(.dataset, node, "data", key: "dataset", registry: registry) {
      return dataSettings(type, node)
    }
    // Which other keys are valid is not known; the common ones can be checked.
    let common = DataPartSettings.fields
    let pairs = (node.pairs ?? []).filter { pair in common.contains { $0.key == pair.key } }
    _ = reader.checked(Node(content: .mapping(pairs), mark: node.mark), common, MapContext("data"))
    return nil
  }

  private mutating func dataSettings<C: Component>(_ type: C.Type, _ node: Node) -> DataSettings? {
    let common = DataPartSettings.fields
    let own = C.Configuration.fields.filter { field in !common.contains { $0.key == field.key } }
    let context = MapContext(
      "data", before: ["dataset"], after: [TransformSettings.key], command: "fusionkit describe \(type.name)")
    checkFold(node["fold"])
    checkFold(node["outer_fold"])
    guard let value = reader.checked(node, common + own, context),
      let part = reader.decode(DataPartSettings.self, value, node),
      let configuration = reader.decode(C.Configuration.self, value, node)
    else { return nil }
    if let classes = part.classes, classes.isEmpty || Set(classes).count != classes.count {
      reader.findings.add(
        node["classes"]?.mark ?? node.mark, classes.isEmpty ? "no classes are left" : "a class is listed twice")
    }
    return DataSettings(dataset: type, configuration: configuration, part: part)
  }

  private mutating func checkFold(_ node: Node?) {
    guard let node, case .integer(let index)? = node["index"]?.scalar else { return }
    var of = FoldSettings().of
    if case .integer(let given)? = node["of"]?.scalar { of = given }
    guard index > of, of > 1 else { return }
    reader.findings.add(node.nearest(["index"]).mark, "there is no fold \(index) of \(of): folds count from 1")
  }

  // MARK: Sweep

  private mutating func sweepSettings(_ node: Node?) -> SweepSettings? {
    guard let node, node.scalar != .null else { return nil }
    var sweep = SweepReader(root: root)
    let settings = sweep.settings(node)
    for finding in sweep.reader.findings.found { reader.findings.add(finding) }
    return settings
  }

  // MARK: Pipeline

  /// A modality that is null is left out: how one that a base has is taken away, by a file or by `--set`.
  private mutating func branches(_ node: Node) -> [PipelineSpecification.Branch]? {
    let pairs = node.pairs?.filter { $0.value.scalar != .null }
    guard let pairs, !pairs.isEmpty else {
      reader.findings.add(
        node.mark,
        "expected a map of at least one modality for 'modalities', got \(pairs == nil ? node.description : "none")",
        notes: Section.modalities.example.map { ["for example: \($0)"] } ?? [])
      return nil
    }
    let branches = pairs.compactMap { branch($0) }
    return branches.count == pairs.count ? branches : nil
  }

  private mutating func branch(_ pair: Node.Pair) -> PipelineSpecification.Branch? {
    let name = "modalities.\(pair.key)"
    if pair.key.wholeMatch(of: /[a-z][a-z0-9_]*/) == nil {
      reader.findings.add(
        pair.keyMark,
        "\(quoted(pair.key)) cannot name a modality: expected a lower-case letter, then lower-case letters, "
          + "digits and underscores")
    }
    let modality = reader.component(
      .modality, pair.value, name, after: ["encoder", TransformSettings.key], registry: registry)
    guard pair.value.pairs != nil else { return nil }
    guard let encoderNode = pair.value["encoder"] else {
      reader.findings.add(
        pair.value.mark, "missing key 'encoder' in \(name)", notes: ["for example: encoder: {type: identity}"])
      return nil
    }
    let encoder = reader.component(.encoder, encoderNode, "\(name).encoder", registry: registry)
    guard let modality, let encoder,
      let modalityType = conforming(modality.type as? any Modality.Type, modality.type, pair.value),
      let encoderType = conforming(encoder.type as? any Encoder.Type, encoder.type, encoderNode)
    else { return nil }
    return PipelineSpecification.Branch(
      name: pair.key, modality: configured(modalityType, modality), encoder: configured(encoderType, encoder))
  }

  /// The lists `transforms` of the modalities and of the data; nil after a finding.
  private mutating func transformSettings() -> TransformSettings? {
    var settings = TransformSettings()
    var isSound = true
    for pair in root["modalities"]?.pairs ?? [] where pair.value.pairs != nil {
      let name = "modalities.\(pair.key).\(TransformSettings.key)"
      let found = reader.transforms(pair.value[TransformSettings.key], name, registry: registry)
      if let found { settings.modalities.append((pair.key, found)) } else { isSound = false }
    }
    let all = reader.transforms(
      root["data"]?[TransformSettings.key], "data.\(TransformSettings.key)", registry: registry)
    settings.all = all ?? []
    return isSound && all != nil ? settings : nil
  }

  mutating func fusionComponent(_ node: Node) -> ConfiguredFusion? {
    guard let type = reader.componentType(.fusion, node, "fusion", key: "type", registry: registry),
      let fusion = conforming(type as? any Fusion.Type, type, node)
    else { return nil }
    return configured(fusion, node)
  }

  /// A fusion's own keys, and those that stand beside them.
  private mutating func configured<F: Fusion>(_ type: F.Type, _ node: Node) -> ConfiguredFusion? {
    let common = FusionPartSettings.fields
    let own = F.Configuration.fields.filter { field in !common.contains { $0.key == field.key } }
    let context = MapContext("fusion", before: ["type"], command: "fusionkit describe \(type.name)")
    guard let value = reader.checked(node, own + common, context),
      let part = reader.decode(FusionPartSettings.self, value, node),
      let configuration = reader.decode(F.Configuration.self, value, node)
    else { return nil }
    return ConfiguredFusion(type, configuration, missing: part.missing)
  }

  private mutating func decoderComponent(_ node: Node) -> ConfiguredDecoder? {
    guard let found = reader.component(.decoder, node, "decoder", registry: registry),
      let type = conforming(found.type as? any Decoder.Type, found.type, node)
    else { return nil }
    return configured(type, found)
  }

  /// A plugin may claim a kind without being of it.
  private mutating func conforming<Kind>(_ type: Kind?, _ found: any Component.Type, _ node: Node) -> Kind? {
    if type == nil {
      reader.findings.add(
        node.nearest(["type"]).mark,
        "'\(found.name)' is registered as \(found.kind.withArticle) but does not conform to the protocol")
    }
    return type
  }

  // The reader made each configuration as its component's own `Configuration`: the casts cannot fail.
  private func configured<M: Modality>(_ type: M.Type, _ found: ConfiguredComponent) -> ConfiguredModality {
    ConfiguredModality(type, found.configuration as! M.Configuration)
  }
  private func configured<E: Encoder>(_ type: E.Type, _ found: ConfiguredComponent) -> ConfiguredEncoder {
    ConfiguredEncoder(type, found.configuration as! E.Configuration)
  }
  private func configured<D: Decoder>(_ type: D.Type, _ found: ConfiguredComponent) -> ConfiguredDecoder {
    ConfiguredDecoder(type, found.configuration as! D.Configuration)
  }

  // MARK: Missing modalities

  private mutating func checkModalityDropout(
    _ training: TrainingSettings, _ branches: [PipelineSpecification.Branch], _ fusion: ConfiguredFusion
  ) {
    let node = root["training"]
    checkModalityDropout(training.modalityDropout, node?["modality_dropout"], branches, fusion)
    for (stage, own) in zip(training.stages, node?["stages"]?.elements ?? []) {
      let dropout = stage.training.modalityDropout
      checkModalityDropout(dropout, own["modality_dropout"], branches, fusion)
      guard stage.objective != .task, dropout.isOn, let place = own["modality_dropout"] else { continue }
      reader.findings.add(
        place.mark,
        "'modality_dropout' is for the objective task, this stage's is \(stage.objective.rawValue): each encoder alone")
    }
  }

  /// Names that exist, probabilities that leave every sample something, and a fusion that takes what is left.
  private mutating func checkModalityDropout(
    _ dropout: ModalityDropout, _ node: Node?, _ branches: [PipelineSpecification.Branch], _ fusion: ConfiguredFusion
  ) {
    guard let node, dropout.isOn else { return }
    // Names of modalities that were taken away stay valid: the same file then serves one modality alone.
    let known = (root["modalities"]?.pairs ?? []).map(\.key)
    for pair in node.pairs ?? [] where !known.contains(pair.key) {
      reader.findings.add(
        pair.keyMark, "there is no modality \(quoted(pair.key))", suggestion: didYouMean(pair.key, among: known),
        notes: ["available: \(known.joined(separator: ", "))"])
    }
    guard branches.count > 1 else { return }
    let sum = branches.reduce(0) { $0 + dropout.probability($1.name) }
    if sum > Double(branches.count - 1) + 1e-9 {
      reader.findings.add(
        node.mark,
        "probabilities that add up to \(Double((sum * 1e6).rounded() / 1e6)) for \(branches.count) modalities, of "
          + "which every sample keeps one: expected at most \(branches.count - 1) together")
    }
    if fusion.missingPolicy == .refuse {
      reader.findings.add(
        node.mark, "the fusion '\(fusion.type.name)' refuses samples that lack a modality",
        notes: ["leave modality_dropout out, or choose what takes a modality's place with fusion.missing"])
    }
  }
}
