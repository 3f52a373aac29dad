import FusionConfig
import FusionCore
import FusionData
import Foundation

/// An experiment with its data opened and its pipeline built: what training, evaluation and prediction all need.
struct Workbench {
  let experiment: Experiment
  let device: Device
  /// Prepared: classes chosen, limited, a validation part set aside.
  let data: Dataset
  let objective: Objective
  let pipeline: Pipeline
  /// What the run folder records about the data.
  let record: DataRecord
  /// The data as they lie in their files.
  let source: Dataset
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
    do throws(PipelineError) {
      objective = try experiment.task.objective(classes: train.classNames.count, counts: train.classCounts)
      let width = train.targets?.width ?? 0
      pipeline = try experiment.pipeline.build(
        inputs: train.descriptions, output: [width], device: device, seed: experiment.seed)
      record = DataRecord(
        source: data.source, isGenerated: data.isGenerated, outputs: width, classes: train.classNames,
        classCounts: train.classCounts.isEmpty ? nil : train.classCounts,
        arrays: train.descriptions.mapValues(DataRecord.Stored.init))
      try checkTraining(train)
    } catch {
      throw experiment.diagnostics(for: error.problems)
    }
    for split in data.splits {
      _ = try pipeline.conversions(for: split)
      try split.checkTargets(against: train)
    }
  }

  private func checkTraining(_ train: DataSplit) throws(PipelineError) {
    let problems = experiment.stages.flatMap { self.problems(of: $0, train) }
    guard problems.isEmpty else { throw PipelineError(problems: problems) }
  }

  /// Metrics that are watched have to exist, and their part of the data too; an epoch has to have a batch, and a stage
  /// something to train.
  private func problems(of stage: Stage, _ train: DataSplit) -> [Problem] {
    let settings = stage.settings
    var watched = [(stage.path("early_stopping", "metric"), settings.earlyStopping?.metric)]
    if settings.select == .best, data.validation != nil {
      watched.append((stage.path("select_by"), settings.selectBy))
    }
    let indices = stage.trainedEncoders(of: experiment.pipeline)
    let encoders = indices.map { pipeline.modalities[$0] }
    let names = stage.metricNames(objective, modalities: encoders)
    let known = names.validation.map { "validation.\($0)" } + names.train.map { "train.\($0)" }
    var problems: [Problem] = []
    if let own = stage.stage, own.parts.allSatisfy({ pipeline.store.trainable(of: $0) == 0 }) {
      problems.append(
        Problem(
          path: stage.path("train"),
          "the stage '\(own.name)' trains nothing: \(own.parts.map(\.name).joined(separator: ", ")) "
            + (own.parts.count == 1 ? "has" : "have") + " no parameters"))
    }
    for case (let path, let metric?) in watched {
      if !known.contains(metric) {
        let nearest = nearestSpelling(of: metric, among: known).map { ": did you mean '\($0)'?" } ?? ""
        problems.append(
          Problem(
            path: path,
            "there is no metric '\(metric)' for this \(stage.objective == .task ? "task" : "stage")\(nearest)",
            hint: "available: \(known.joined(separator: ", "))"))
      } else if data.validation == nil, metric.hasPrefix("validation.") {
        problems.append(
          Problem(
            path: path, "'\(metric)' needs a validation part, there is none",
            hint: "set data.validation above 0, or watch train.loss"))
      }
    }
    var count = train.count
    if stage.objective != .task, !indices.isEmpty {
      // Encoders that are trained alone see the samples that have their modality.
      count = train.choosing(indices).count
      for (index, name) in zip(indices, encoders) where train.choosing([index]).count == 0 {
        problems.append(
          Problem(
            path: stage.path("train"),
            "the encoder of '\(name)' cannot be trained alone: none of the \(train.count) training samples has '\(name)'",
            hint: "train on more samples (data.limit, data.validation), or leave it to a stage trained by the task"))
      }
    }
    if settings.dropLast, 1..<settings.batchSize ~= count {
      problems.append(
        Problem(
          path: stage.path("drop_last"),
          "no batch is left: \(count) training samples do not fill one of \(settings.batchSize)"))
    }
    return problems
  }
}

extension ParameterStore {
  /// How many values of a part of the pipeline training may change.
  func trainable(of part: PipelinePart) -> Int {
    parameters.filter { $0.role == .weight && part.owns($0.name) }.reduce(0) { $0 + $1.value.count }
  }
}

extension Experiment {
  /// Opens the data set.
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
    var opened = try open(format)
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
  func prepared(_ opened: Dataset, classes: [Int]?) throws -> Dataset {
    let random = RandomStream(seed: seed).derived("data")
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
      try task.check(part, isArrays: data.dataset == ArraysDataset.self)
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
