import FusionCore

/// What a configuration file asks for: data, pipeline, task and training, every default filled in.
///
/// Two experiments are equal if their resolved configurations are.
public struct Experiment: Sendable {
  /// What the run is called; by default the file's name without its extension.
  public let name: String
  /// What all random streams are derived from; 0 by default.
  public let seed: UInt64
  /// The libraries that plugins were loaded from, by the configuration or before it.
  public let plugins: [String]
  /// Which data.
  public let data: DataSettings
  /// Modalities with their encoders, fusion and decoder.
  public let pipeline: PipelineSpecification
  /// What training does to samples before the pipeline sees them.
  public let transforms: TransformSettings
  /// What is asked of the pipeline.
  public let task: TaskSettings
  /// How it is trained.
  public let training: TrainingSettings
  /// The fusions of the section `compare`, in its order; no part of the resolved configuration.
  public let compared: [ComparedFusion]
  /// How the best hyper-parameters are searched for; nil: the file says nothing of it. No part of what a run resolves to.
  public let sweep: SweepSettings?
  /// The metrics that the registry held with which it was read.
  public let metrics: [any Metric.Type]
  /// The components that it was read with: what configurations of other runs are read with too.
  public let registry: Registry
  /// The text, for pointing at places.
  let document: Node

  /// Reads an experiment from a file and all files that it extends.
  ///
  /// `extends` is relative to the file that says it. Paths of data are relative to the current directory, as on a
  /// command line: one config serves wherever the data lie, and a resolved copy of it in a run folder still works.
  ///
  /// - Parameters:
  ///   - path: a YAML file.
  ///   - overrides: `key.key=value`, the arguments of `--set`, in order.
  ///   - registry: the components that may be named.
  /// - Throws: ``ConfigError`` with everything that is wrong.
  public static func load(
    path: String, overrides: [String] = [], registry: Registry
  ) throws(ConfigError) -> Experiment {
    var loader = DocumentLoader()
    let document = try loader.document(path: path, overrides: overrides)
    return try ExperimentReader.read(document, defaultName: baseName(path), registry: registry)
  }

  /// Reads an experiment from a text.
  ///
  /// - Parameters:
  ///   - text: YAML.
  ///   - name: what messages call it, and where its `extends` start from.
  /// - Throws: ``ConfigError`` with everything that is wrong.
  public static func load(
    text: String, name: String = "experiment.yaml", overrides: [String] = [], registry: Registry
  ) throws(ConfigError) -> Experiment {
    var loader = DocumentLoader()
    let document = try loader.document(bytes: Array(text.utf8), path: name, overrides: overrides)
    return try ExperimentReader.read(document, defaultName: baseName(name), registry: registry)
  }

  /// Reads the configuration that a run has left in its folder, also one of an earlier version.
  ///
  /// - Throws: ``ConfigError`` with everything that is wrong.
  public static func load(
    resolved path: String, overrides: [String] = [], registry: Registry
  ) throws(ConfigError) -> Experiment {
    guard case .success(let bytes) = readConfigurationFile(path), let text = String(validating: bytes, as: UTF8.self)
    else { return try load(path: path, overrides: overrides, registry: registry) }
    let current = RenamedKeys.current(text)
    guard current != text else { return try load(path: path, overrides: overrides, registry: registry) }
    return try load(text: current, name: path, overrides: overrides, registry: registry)
  }

  /// An override that gives a key a text as it stands, in which YAML would else find a number, a list or a comment:
  /// `data.root='a #1 folder'`.
  ///
  /// - Parameters:
  ///   - key: keys joined by dots, `data.root`.
  ///   - text: the value.
  public static func override(_ key: String, text: String) -> String {
    "\(key)='\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
  }

  /// The problems that a run without values or a data set found, each at its place in the text.
  ///
  /// A key that was left to its default is shown at the `type` of its component.
  public func diagnostics(for problems: [Problem]) -> ConfigError { document.diagnostics(for: problems) }
}

extension Node {
  func diagnostics(for problems: [Problem]) -> ConfigError {
    ConfigError(
      problems.map { problem in
        Diagnostic(
          problem.path.isEmpty ? nil : nearest(problem.path).mark, problem.message,
          notes: problem.hint.map { $0.split(separator: "\n").map(String.init) } ?? [])
      })
  }
}

extension Experiment: Equatable {
  /// Whether the resolved configurations are equal.
  public static func == (a: Experiment, b: Experiment) -> Bool { a.resolved == b.resolved }
}

extension Experiment {
  /// The whole configuration as YAML, which loads to an equal experiment: no `extends`, no aliases, every default.
  public var resolvedYAML: String { resolved.yaml }

  /// The whole configuration as a value.
  public var resolved: ConfigValue {
    .map(
      [
        .init("name", .string(name)), .init("seed", seed.value),
      ] + (plugins.isEmpty ? [] : [.init(PluginsSetting.key, .strings(plugins))]) + [
        .init("data", .map(data.value.entries + transforms.all.entries)),
        .init("modalities", .map(pipeline.branches.map { .init($0.name, value(of: $0)) })),
        .init("fusion", fusion),
        .init("decoder", typed(pipeline.decoder.type, pipeline.decoder.configuration)),
        .init("task", task.configValue), .init("training", training.configValue),
      ])
  }

  private var fusion: ConfigValue {
    var part = FusionPartSettings()
    part.missing = pipeline.fusion.missing
    return .map(typed(pipeline.fusion.type, pipeline.fusion.configuration).entries + part.configValue.entries)
  }

  private func value(of branch: PipelineSpecification.Branch) -> ConfigValue {
    let modality = typed(branch.modality.type, branch.modality.configuration)
    return .map(
      modality.entries + [.init("encoder", typed(branch.encoder.type, branch.encoder.configuration))]
        + transforms.of(branch.name).entries)
  }

  private func typed(_ type: any Component.Type, _ configuration: any ComponentConfiguration) -> ConfigValue {
    .map([.init("type", .string(type.name))] + configuration.configValue.entries)
  }
}

extension UInt64 {
  fileprivate var value: ConfigValue { Int(exactly: self).map { .integer($0) } ?? .unsigned(self) }
}

extension DataSettings {
  fileprivate var value: ConfigValue {
    // Keys that came later are written where they are set: runs of older versions stay runs of this configuration.
    let usual = DataPartSettings().configValue
    let common = part.configValue.entries.filter {
      !["cut_seed", "lacking"].contains($0.key) || usual[$0.key] != $0.value
    }
    let own = configuration.configValue.entries.filter { entry in !common.contains { $0.key == entry.key } }
    return .map([.init("dataset", .string(dataset.name))] + common + own)
  }
}
