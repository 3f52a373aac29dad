import FusionConfig
import FusionCore
import FusionData

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

  /// Opens, checks and builds; writes nothing.
  ///
  /// - Throws: `DataError`, or `ConfigError` with what does not suit the data.
  init(_ experiment: Experiment, device: Device) throws {
    self.experiment = experiment
    self.device = device
    data = try experiment.openData(root: experiment.data.root).prepared(
      classes: experiment.data.classes, limit: experiment.data.limit, validation: experiment.data.validation,
      random: RandomStream(seed: experiment.seed).derived("data"))
    let train = try data.split(.train)
    do throws(PipelineError) {
      objective = try experiment.task.objective(for: train)
      let width = train.targets?.width ?? 0
      pipeline = try experiment.pipeline.build(
        inputs: train.descriptions, output: [width], device: device, seed: experiment.seed)
      record = DataRecord(
        source: data.source, isGenerated: data.isGenerated, outputs: width, classes: train.classNames,
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

  /// Metrics that are watched have to exist, and their part of the data too; an epoch has to have a batch.
  private func checkTraining(_ train: DataSplit) throws(PipelineError) {
    let settings = experiment.training
    var watched = [(["training", "early_stopping", "metric"], settings.earlyStopping?.metric)]
    if settings.select == .best, data.validation != nil {
      watched.append((["training", "select_by"], settings.selectBy))
    }
    let trained = ["loss"] + objective.metricNames.filter { $0 == "accuracy" }
    let known = objective.metricNames.map { "validation.\($0)" } + trained.map { "train.\($0)" }
    var problems: [Problem] = []
    for case (let path, let metric?) in watched {
      if !known.contains(metric) {
        let nearest = nearestSpelling(of: metric, among: known).map { ": did you mean '\($0)'?" } ?? ""
        problems.append(
          Problem(
            path: path, "there is no metric '\(metric)' for this task\(nearest)",
            hint: "available: \(known.joined(separator: ", "))"))
      } else if data.validation == nil, metric.hasPrefix("validation.") {
        problems.append(
          Problem(
            path: path, "'\(metric)' needs a validation part, there is none",
            hint: "set data.validation above 0, or watch train.loss"))
      }
    }
    if settings.dropLast, train.count < settings.batchSize {
      problems.append(
        Problem(
          path: ["training", "drop_last"],
          "no batch is left: \(train.count) training samples do not fill one of \(settings.batchSize)"))
    }
    guard problems.isEmpty else { throw PipelineError(problems: problems) }
  }
}

extension Experiment {
  /// Opens the data set.
  public func openData(root: String?) throws -> Dataset {
    func open<Format: DatasetFormat>(_ format: Format.Type) throws -> Dataset {
      try format.open(
        data.configuration as! Format.Configuration, root: root, modalities: pipeline.branches.map { $0.name })
    }
    guard let format = data.dataset as? any DatasetFormat.Type else {
      throw DataError(data.dataset.name, "is registered as a data set and is not a DatasetFormat")
    }
    return try open(format)
  }
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
  /// The arrays of the training part, by modality.
  public var arrays: [String: Stored]

  /// Whether a pipeline can be built from it: a file may hold anything.
  var isPlausible: Bool {
    let limit = 1 << 28
    let shapes = arrays.values.map(\.shape) + [[outputs]]
    return (classes.isEmpty || classes.count == outputs)
      && shapes.allSatisfy { shape in
        shape.allSatisfy { 1...limit ~= $0 } && shape.reduce(1.0) { $0 * Double($1) } <= Double(limit)
      }
  }
}
