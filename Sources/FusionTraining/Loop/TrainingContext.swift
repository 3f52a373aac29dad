import FusionConfig
import FusionCore
import FusionData
import Foundation

/// An experiment with its data opened and its pipeline built: what training, evaluation and prediction all need.
struct TrainingContext {
  let experiment: Experiment
  let device: Device
  /// Prepared: classes chosen, limited, a validation part set aside.
  let data: Dataset
  private(set) var objective: TaskLoss
  let pipeline: Pipeline
  /// What the training part's values and targets are standardised by.
  private(set) var standardised = Standardisation()
  /// What the run folder records about the data.
  let record: DataRecord
  /// What was found in the data that a person should know.
  let warnings: [String]
  /// The data as they lie in their files.
  let source: Dataset
  /// The models of other runs that objectives learn from, by the paths that name them.
  private(set) var teachers: [String: Teacher] = [:]
  /// Whether fingerprints of the data are to be of their whole content.
  let verifiesData: Bool

  /// Opens, checks and builds; writes nothing.
  ///
  /// - Throws: `DataError`, or `ConfigError` with what does not suit the data.
  init(_ experiment: Experiment, device: Device, verifiesData: Bool = false) throws {
    self.experiment = experiment
    self.verifiesData = verifiesData
    self.device = device
    let opened = try experiment.openData(root: experiment.data.root)
    source = opened
    // First of all: of data that do not suit the task, everything else is misleading.
    try experiment.checkTask(suits: opened.split(.train))
    data = try experiment.prepared(opened, classes: experiment.data.classes)
    let train = try data.split(.train)
    warnings = data.notes + data.remarks
    do throws(PipelineError) {
      objective = try experiment.task.objective(classes: train.classNames.count, counts: train.classCounts)
      let width = train.targets?.width ?? 0
      pipeline = try experiment.pipeline.build(
        inputs: train.descriptions, output: [width], standardisesTargets: experiment.task.standardisesTargets,
        device: device, seed: experiment.seed)
      objective.targets = pipeline.targets
      objective.metrics = TaskMetrics(experiment)
      record = DataRecord(
        source: data.source, isGenerated: data.isGenerated, outputs: width, classes: train.classNames,
        classCounts: train.classCounts.isEmpty ? nil : train.classCounts,
        arrays: train.descriptions.mapValues(DataRecord.Stored.init),
        standardisesTargets: pipeline.targets == nil ? nil : true, tables: data.tables.isEmpty ? nil : data.tables,
        notes: warnings.isEmpty ? nil : warnings)
      try checkTraining(train)
    } catch {
      throw experiment.diagnostics(for: error.problems)
    }
    teachers = try experiment.teachers(train: train, device: device)
    try data.checkModalities()
    for split in data.splits {
      _ = try pipeline.conversions(for: split)
      try split.checkTargets(against: train)
    }
    standardised = try pipeline.fitStandardisers(to: train, device: device)
  }

  private func checkTraining(_ train: DataSplit) throws(PipelineError) {
    let demands = StageDemands(
      specification: experiment.pipeline, layers: pipeline.summary.layers, objective: objective, train: train,
      hasValidation: data.validation != nil, validation: data.validation,
      trainable: { pipeline.store.trainable(of: $0) })
    let stages = experiment.stages
    let problems =
      objective.metrics.problems(of: stages) + stages.flatMap { demands.problems(of: $0) }
      + experiment.objectiveProblems(modelShapes) + experiment.transformProblems(train.descriptions)
    guard problems.isEmpty else { throw PipelineError(problems: problems) }
  }
}

extension TrainingContext {
  /// Takes note that mean and deviation of some values are not those of the training part any more.
  ///
  /// - Parameter isFilled: whether buffers whose names begin with a text were filled from elsewhere.
  mutating func forgetStatistics(where isFilled: (String) -> Bool) {
    for name in pipeline.modalities where isFilled("modalities.\(name).standardise.") {
      standardised.modalities.removeAll { $0.name == "'\(name)'" }
    }
    if isFilled("targets.standardise.") { standardised.targets = nil }
  }

  /// Whether more or less of a watched metric is better. A metric that is not known is never measured either.
  func direction(ofColumn column: String) -> MetricDirection {
    objective.metrics.direction(ofColumn: column, modalities: pipeline.modalities) ?? .lowerIsBetter
  }

  /// Batches of a single sample that a batch norm makes nothing of.
  var lonelyBatches: [String] {
    let demands = StageDemands(
      specification: experiment.pipeline, layers: pipeline.summary.layers, objective: objective, train: data.train)
    return experiment.stages.flatMap { demands.warnings(of: $0) }
  }
}

extension ParameterStore {
  /// How many values of a part of the pipeline training may change.
  func trainable(of part: PipelinePart) -> Int {
    parameters.filter { $0.role == .weight && part.owns($0.name) }.reduce(0) { $0 + $1.value.count }
  }
}

extension Experiment {
  /// Opens the data set that the experiment names, as it lies in its files: training chooses classes and draws the validation part.
  ///
  /// - Throws: `DataError`, or `ConfigError` with what the configuration names and the files lack.
  public func openData() throws -> Dataset { try openData(root: data.root) }

  /// Opens the data set, in a folder.
  ///
  /// - Parameters:
  ///   - root: the folder; another one than the experiment's own holds samples to predict for, and may lack targets, or
  ///     modalities altogether.
  ///   - isOther: whether it is such a folder; nil: if its path is another than the experiment's own.
  public func openData(root: String?, isOther: Bool? = nil) throws -> Dataset {
    let isOwn = isOther.map { !$0 } ?? (root.map(resolvedPath) == data.root.map(resolvedPath))
    func open<Format: DatasetFormat>(_ format: Format.Type) throws -> Dataset {
      let configuration = data.configuration as! Format.Configuration
      let modalities = pipeline.branches.map { $0.name }
      return isOwn
        ? try format.open(configuration, root: root, modalities: modalities)
        : try format.openForPrediction(configuration, root: root, modalities: modalities)
    }
    guard let format = data.dataset as? any DatasetFormat.Type else {
      throw DataError(data.dataset.name, "is registered as a data set and is not a DatasetFormat")
    }
    func misnamed<Format: DatasetFormat>(_ format: Format.Type) -> [Problem] {
      format.misnamed(
        data.configuration as! Format.Configuration, root: root, modalities: pipeline.branches.map { $0.name })
    }
    var opened: Dataset
    do {
      opened = try open(format)
      try opened.checkModalities(pipeline.branches.map { $0.name }, needsAll: isOwn, dataset: data.dataset.name)
      opened = try opened.scanned(device: Device(threads: ProcessInfo.processInfo.activeProcessorCount))
    } catch let error as DataError where isOwn {
      // What the configuration names is told at its place.
      let problems = misnamed(format)
      guard problems.isEmpty else { throw diagnostics(for: problems) }
      throw error
    }
    switch data.lacking {
    case .refuse: opened = try opened.refusingEmptySamples()
    case .leave_out: opened = try opened.leavingOutEmptySamples()
    }
    if data.validation > 0 || data.fold != nil, opened.train != nil, opened.validation == nil,
      opened.missing[.validation] == nil
    {
      opened.missing[.validation] = DataError(
        opened.source, "has no part 'validation' of its own: the run's is drawn from the training part",
        expected:
          "one of: \(opened.splits.map(\.name).joined(separator: ", ")); 'fusionkit evaluate RUN --split validation' draws it"
      )
    }
    return opened
  }

  /// The parts that a run works on: some classes, a limit, folds, and a validation part, in this order.
  ///
  /// - Parameter classes: the ones to keep, renumbered in this order; nil: all that there are.
  /// - Throws: `DataError`; `ConfigError` where there are more folds than samples of a class.
  func prepared(_ opened: Dataset, classes: [ClassChoice]?) throws -> Dataset {
    let random = RandomStream(seed: data.cutSeed ?? seed).derived("data")
    var prepared = try opened.prepared(classes: classes, limit: data.limit, random: random)
    for (key, fold, part) in [
      ("outer_fold", data.outerFold, \Dataset.test), ("fold", data.fold, \Dataset.validation),
    ] {
      guard let fold, let train = prepared.train else { continue }
      if let problem = train.problem(cuttingInto: fold.of) {
        throw diagnostics(for: [
          Problem(
            path: ["data", key, "of"], problem, hint: "take fewer folds, or more training samples (data.limit)")
        ])
      }
      let name = part == \.test ? "test" : "validation"
      let parts = train.separating(fold: fold.index, of: fold.of, into: name, random: random.derived(key))
      (prepared.train, prepared[keyPath: part]) = (parts.rest, parts.separated)
    }
    return try prepared.prepared(validation: data.validation, random: random)
  }

  /// - Throws: `ConfigError` where the part has no targets, or targets of another kind than the task's.
  func checkTask(suits part: DataSplit) throws {
    do throws(PipelineError) {
      try task.check(part, readsTargetType: data.readsTargetType)
    } catch {
      throw diagnostics(for: error.problems)
    }
  }
}

/// Absolute and without links, so that two spellings of a folder are equal.
private func resolvedPath(_ path: String) -> String {
  URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
}

extension DataSplit {
  /// The targets of all parts are of one kind and width, and no class is unknown to the training part.
  fileprivate func checkTargets(against train: DataSplit) throws(DataError) {
    guard let targets, let expected = train.targets else { return }
    let source = "the part '\(name)'"
    switch (targets, expected) {
    case (.classes, .classes(_, let names)):
      guard let label = labels.max(), label >= names.count else { return }
      throw DataError(
        source, "has samples of class \(label)", expected: "the training part's classes, 0 to \(names.count - 1)")
    case (.flags, .flags), (.values, .values):
      guard targets.width != expected.width else { return }
      throw DataError(
        source, "has targets of \(targets.width) columns", expected: "\(expected.width), as the training part")
    default: throw DataError(source, "has targets of another kind than the training part")
    }
  }
}

/// What a run has learned about its data: enough to build its pipeline again without them.
public struct DataRecord: Codable, Sendable, Equatable {
  /// An array, as it is stored.
  public struct Stored: Codable, Sendable, Equatable {
    /// Of one sample.
    public var shape: [Int]
    /// As NumPy writes it.
    public var type: String
    /// Smallest and largest value, where they were looked at.
    public var range: [Double]?

    init(_ description: ArrayDescription) {
      shape = description.sampleShape
      type = description.elementType
      range = description.valueRange.map { [$0.lowerBound, $0.upperBound] }
    }

    var description: ArrayDescription {
      let valueRange = range.flatMap { $0.count == 2 && $0[0] <= $0[1] ? $0[0]...$0[1] : nil }
      return ArrayDescription(sampleShape: shape, elementType: type, valueRange: valueRange)
    }
  }
  /// The folder, or what else names the data.
  public var source: String
  /// Whether they were generated by formula.
  public var isGenerated: Bool
  /// The number of values that the model gives for a sample.
  public var outputs: Int
  /// The names of the classes; empty for a regression.
  public var classes: [String]
  /// How many training samples each class has, where each sample has one: what balanced class weights follow from.
  public var classCounts: [Int]?
  /// The arrays of the training part, by modality.
  public var arrays: [String: Stored]
  /// Whether the model gives the values of a regression in units of their deviation, around their mean; nil: no.
  public var standardisesTargets: Bool?
  /// How tables were understood, by path: whether their first row names the columns.
  public var tables: [String: TableRecord]?
  /// What was found that a person should know.
  public var notes: [String]?
  /// What tells whether the data are still those; nil in runs of before it was recorded.
  public var fingerprints: [DataFingerprint]?

  /// Whether a pipeline can be built from it: a file may hold anything.
  var isPlausible: Bool {
    let limit = 1 << 28
    let shapes = arrays.values.map(\.shape) + [[outputs]]
    return (classes.isEmpty || classes.count == outputs)
      && classCounts.map { $0.count == classes.count && $0.allSatisfy { $0 >= 0 } } != false
      && shapes.allSatisfy { shape in
        shape.allSatisfy { 1...limit ~= $0 } && shape.reduce(1.0) { $0 * Double($1) } <= Double(limit)
      }
  }
}
