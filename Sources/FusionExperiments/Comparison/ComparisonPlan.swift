import FusionComponents
import FusionConfig
import FusionCore

/// What a comparison runs, decided by a run without values before anything is trained.
///
/// All methods share data, encoders, task and training. They differ in the fusion; a single modality has the fusion
/// `concat`, which hands its features on. Fusions that decide themselves get the decoder `identity`, and the number of
/// classes as their width: that is the method as published, and a decoder behind it would decide a second time.
public struct ComparisonPlan: Sendable {
  /// One method.
  public struct Method: Sendable {
    /// What it is called: a fusion's name, a label of the section `compare`, or `image alone`.
    public let label: String
    /// Its modalities.
    public let modalities: [String]
    /// The name of its fusion.
    public let fusion: String
    /// The fusion's options that are not its defaults.
    public let options: String
    /// What else differs from the configuration, in words.
    public let note: String?
    /// The number of trained values.
    public let parameters: Int
    /// Operations for one sample, forwards.
    public let flops: Int
    /// Whether it can be evaluated where modalities are missing.
    package let takesSubsets: Bool
    fileprivate let change: ExperimentChange

    /// The folder of its runs.
    public var folder: String { label.replacing(" ", with: "-") }
  }

  /// A method that cannot be run with this configuration.
  public struct Exclusion: Sendable, Equatable, Codable {
    /// What it is called.
    public let method: String
    /// Why.
    public let reason: String
  }

  /// What is compared, in the order of the names, single modalities last.
  public private(set) var methods: [Method] = []
  /// What cannot be.
  public private(set) var exclusions: [Exclusion] = []

  /// The reasons of the ``exclusions``, each once and with the methods that it keeps out, in order.
  public var exclusionsByReason: [(reason: String, methods: [String])] {
    exclusions.reduce(into: []) { result, exclusion in
      if let place = result.firstIndex(where: { $0.reason == exclusion.reason }) {
        result[place].methods.append(exclusion.method)
      } else {
        result.append((exclusion.reason, [exclusion.method]))
      }
    }
  }
  /// What the others are tested against.
  public let baseline: String
  /// The configuration.
  public let experiment: Experiment
  /// What is known of its data.
  public let outline: ExperimentOutline
  private let registry: Registry

  /// Plans a comparison; trains nothing.
  ///
  /// - Parameters:
  ///   - fusions: names, aliases and labels of the section `compare`; nil: all that are registered and all labels, of
  ///     which those that cannot be run are left out.
  ///   - baseline: one of them.
  ///   - singleModalities: whether each modality is run alone, too.
  /// - Throws: ``ComparisonError`` with everything that is wrong: unknown names, names given twice, fusions named that
  ///   cannot be run.
  public init(
    _ experiment: Experiment, fusions: [String]?, baseline: String, singleModalities: Bool, outline: ExperimentOutline,
    registry: Registry
  ) throws(ComparisonError) {
    self.experiment = experiment
    self.outline = outline
    self.registry = registry
    var problems: [String] = []
    var labels: [String] = []
    for name in fusions ?? Self.all(experiment, registry) {
      switch Self.label(of: name, experiment, registry) {
      case .failure(let error): problems.append(error.description)
      case .success(let label) where labels.contains(label):
        problems.append("'\(label)' is named twice" + (label == name ? "" : ", once as '\(name)'"))
      case .success(let label): labels.append(label)
      }
    }
    self.baseline = (try? Self.label(of: baseline, experiment, registry).get()) ?? baseline
    for label in labels {
      if let exclusion = add(label), fusions != nil {
        problems.append("'\(label)' cannot be run with this configuration: \(exclusion.reason)")
      }
    }
    if singleModalities, experiment.pipeline.branches.count > 1 {
      for branch in experiment.pipeline.branches { addAlone(branch.name) }
    }
    if problems.isEmpty, !methods.contains(where: { $0.label == self.baseline }) {
      let excluded = exclusions.first { $0.method == self.baseline }
      problems.append(
        excluded.map { "the baseline '\($0.method)' cannot be run with this configuration: \($0.reason)" }
          ?? "the baseline '\(baseline)' is not among the methods that are compared: add it to --fusions, or choose "
          + "another with --baseline\n  compared: \(methods.map(\.label).joined(separator: ", "))")
    }
    guard problems.isEmpty else { throw ComparisonError(problems: problems) }
  }

  /// A run of a method.
  public struct Run: Sendable {
    /// The number of the method in ``methods``.
    public let method: Int
    /// Its seed.
    public let seed: UInt64
    /// Its learning rate; nil: that of the configuration.
    public let rate: Double?
    /// What is trained.
    public let job: TrainingJob
  }

  /// The runs of methods, for all of them the first seed first.
  ///
  /// - Parameters:
  ///   - seeds: one run of each method for each.
  ///   - folder: runs go to `<folder>/runs/<method>/seed-<n>`, those with a rate of their own to
  ///     `<folder>/runs/<method>/rate-<rate>/seed-<n>`.
  ///   - rates: for each method its learning rate; nil for those that have none to be run with, which are left out. Without
  ///     rates, that of the configuration.
  ///   - isResplit: whether the test part is drawn anew for each seed; the runs go to `<folder>/runs-resplit` then.
  public func runs(
    seeds: [UInt64], in folder: String, rates: [Double?]? = nil, isResplit: Bool = false
  ) throws(ConfigError) -> [Run] {
    var runs: [Run] = []
    for seed in seeds {
      for index in methods.indices where rates == nil || rates?[index] != nil {
        runs.append(try run(index, seed, rate: rates?[index], in: "\(folder)/runs", isResplit: isResplit))
      }
    }
    return runs
  }

  /// The run of a method with a seed, and with a learning rate of its own where one is given.
  func run(
    _ index: Int, _ seed: UInt64, rate: Double?, in folder: String, isResplit: Bool
  ) throws(ConfigError) -> Run {
    let method = methods[index]
    var change = method.change
    change.seed = seed
    change.learningRate = rate
    if let cut = outline.testCut {
      if isResplit {
        change.data += cut.keys(seed: seed)
      } else if cut == .outerFold, experiment.data.cutSeed == nil {
        // Otherwise every seed would be tested on other samples without having been asked to.
        change.data += cut.keys(seed: experiment.seed)
      }
    }
    // The folder of the same method with the same rate and the test part as it is would be another configuration's.
    let folder = isResplit ? folder + "-resplit" : folder
    let rateFolder = rate.map { "/rate-\($0)" } ?? ""
    let job = TrainingJob(
      "\(method.label)\(rate.map { ", rate \($0)" } ?? ""), seed \(seed)",
      try experiment.changed(change, registry: registry),
      run: RunFolder("\(folder)/\(method.folder)\(rateFolder)/seed-\(seed)"))
    return Run(method: index, seed: seed, rate: rate, job: job)
  }

  // MARK: Names

  private static func all(_ experiment: Experiment, _ registry: Registry) -> [String] {
    let names = registry.all(.fusion).map { $0.type.name }
    return names + experiment.compared.map(\.label).filter { !names.contains($0) }
  }

  private static func label(
    of name: String, _ experiment: Experiment, _ registry: Registry
  ) -> Result<String, RegistryError> {
    if experiment.compared.contains(where: { $0.label == name }) { return .success(name) }
    return Result { () throws(RegistryError) in try registry.find(.fusion, name).type.name }
  }

  // MARK: Shapes

  /// Adds a fusion, or the reason why it cannot be run.
  private mutating func add(_ label: String) -> Exclusion? {
    let name = experiment.compared.first { $0.label == label }?.fusion ?? label
    var change = ExperimentChange(name: "\(experiment.name)-\(label)", fusion: label)
    var note: String?
    if let type = try? registry.find(.fusion, name).type, type is any DecisionFusion.Type {
      guard case .classification = experiment.task else {
        return exclude(label, "it decides among classes, and the task is \(experiment.task.typeName)")
      }
      change.width = outline.outputs
      change.decoder = "identity"
      let decoder = experiment.pipeline.decoder.type.name
      if decoder != "identity" { note = "decides by itself: no decoder '\(decoder)'" }
    }
    return add(label, change, note)
  }

  private mutating func addAlone(_ modality: String) {
    var change = ExperimentChange(name: "\(experiment.name)-\(modality)-alone", fusion: "concat")
    change.modalities = [modality]
    if outline.incomplete.contains(modality) {
      // Of samples without it, it can say nothing.
      change.data = [.init("lacking", .string(DataPartSettings.LackingSamples.leave_out.rawValue))]
    }
    _ = add("\(modality) alone", change, nil)
  }

  private mutating func add(_ label: String, _ change: ExperimentChange, _ note: String?) -> Exclusion? {
    let changed: Experiment
    do throws(ConfigError) {
      changed = try experiment.changed(change, registry: registry)
    } catch {
      return exclude(label, error.diagnostics.map(\.message).joined(separator: "; "))
    }
    let inferred = changed.pipeline.infer(inputs: outline.inputs, output: [outline.outputs])
    guard inferred.summary.problems.isEmpty, inferred.fused != nil else {
      return exclude(label, inferred.summary.problems.map(\.inOneLine).joined(separator: "; "))
    }
    let training = experiment.comparedTraining(label).map { "training: {\($0)}" }
    let options = [changed.fusionOptions.isEmpty ? nil : changed.fusionOptions, training].compactMap { $0 }
    methods.append(
      Method(
        label: label, modalities: changed.pipeline.branches.map { $0.name }, fusion: changed.pipeline.fusion.type.name,
        options: options.joined(separator: ", "), note: note, parameters: inferred.summary.parameterCount,
        flops: inferred.summary.flops,
        takesSubsets: changed.pipeline.branches.count > 1 && changed.pipeline.fusion.missingPolicy != .refuse,
        change: change))
    return nil
  }

  private mutating func exclude(_ label: String, _ reason: String) -> Exclusion {
    let exclusion = Exclusion(method: label, reason: reason)
    exclusions.append(exclusion)
    return exclusion
  }
}

extension Problem {
  fileprivate var inOneLine: String { message + (hint.map { " (\($0))" } ?? "") }
}

/// What is wrong with what was asked to be compared.
public struct ComparisonError: UserError {
  /// All of it.
  public let problems: [String]
  /// Usage.
  public var exitStatus: Int32 { 2 }
  /// One problem a line.
  public var description: String { problems.joined(separator: "\nerror: ") }
}
