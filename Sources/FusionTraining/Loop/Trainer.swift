import FusionConfig
import FusionCore
import FusionData
import Foundation

/// Trains, evaluates and predicts, as an experiment says.
///
/// ```swift
/// let trainer = Trainer(experiment)
/// let summary = try trainer.train(into: RunFolder("outputs/late"))
/// print(summary.splits["test"]?["accuracy"] ?? .nan)
/// ```
public struct Trainer {
  /// What is trained.
  public let experiment: Experiment
  /// How many threads compute; changes the speed, never a bit of the results.
  public let threads: Int
  /// Gets told what happens.
  public let progress: any ProgressReporter
  /// Ends the training after the step under way, once it is raised.
  public let stop: StopFlag

  /// Whether the whole content of the data is recorded and compared, not only a sample of it.
  public let verifiesData: Bool

  /// A trainer of an experiment.
  ///
  /// - Parameter threads: one per core, if not given.
  public init(
    _ experiment: Experiment, threads: Int = ProcessInfo.processInfo.activeProcessorCount,
    progress: any ProgressReporter = SilentProgress(),
    stop: StopFlag = StopFlag(), verifiesData: Bool = false
  ) {
    self.verifiesData = verifiesData
    self.experiment = experiment
    self.threads = threads
    self.progress = progress
    self.stop = stop
  }

  /// Trains from the beginning, evaluates the selected model on the test part, and writes the run folder.
  ///
  /// With `training.epochs: 0` the folder gets the freshly drawn weights, and nothing is evaluated.
  ///
  /// - Parameter overwrite: whether a run in the folder may be replaced; by default that is an error.
  /// - Throws: ``RunFolderError``, `DataError`, `ConfigError` and `PipelineError` before anything is written;
  ///   ``TrainingError`` and `DataError` on the way, the last checkpoint being whole then.
  @discardableResult
  public func train(into run: RunFolder, overwrite: Bool = false) throws -> RunSummary {
    try run.recover()
    try run.checkVacant(overwrite: overwrite)
    var bench = try TrainingContext(experiment, device: Device(threads: threads), verifiesData: verifiesData)
    if stop.isSet { throw InterruptedEarly() }
    try MemoryNeed.check(bench)
    let initial = try bench.initialise()
    try run.make()
    let log = try RunLog(run, next: progress)
    // Again, now that no other process can finish a run there.
    try run.settle()
    try run.checkVacant(overwrite: overwrite)
    return try TrainingRun(bench, run: run, log: log, stop: stop, initial: initial).start()
  }

  /// Goes on with a run that was interrupted or killed, or that gets more epochs: to the same bits as if it had never
  /// stopped.
  ///
  /// The trainer's experiment is the run's own `config.yaml`; only `training.epochs`, or the last stage's, may be another, and only where the
  /// learning rate's schedule does not depend on it.
  ///
  /// - Throws: ``TrainingError/notResumable(run:reason:)``, ``CheckpointError``, and what ``train(into:overwrite:)`` throws.
  @discardableResult
  public func resume(_ run: RunFolder) throws -> RunSummary {
    try run.recover()
    let configuration = RenamedKeys.current((try? String(contentsOfFile: run.configuration, encoding: .utf8)) ?? "")
    switch run.state {
    case .vacant: throw RunFolderError.notBegun(path: run.path)
    case .foreign: throw RunFolderError.notARun(path: run.path, missing: "config.yaml")
    case .unreadable(let file, let reason): throw RunFolderError.unreadable(file: file, reason: reason)
    case .complete(.initialised):
      throw TrainingError.notResumable(
        run: run.path, reason: "it was made with training.epochs: 0 and has no checkpoint; train into another folder")
    case .complete where run.hasCheckpoint: break
    case .unfinished: break
    case .complete, .stranded:
      throw TrainingError.notResumable(
        run: run.path, reason: "it has no checkpoint; start anew with: \(run.commandToStartAnew)")
    }
    let bench = try TrainingContext(experiment, device: Device(threads: threads), verifiesData: verifiesData)
    try run.make()
    let log = try RunLog(run, next: progress)
    // Again, now that no other process can put another run there.
    try run.settle()
    guard run.holds(configuration) else { throw RunFolderError.other(path: run.path) }
    return try TrainingRun(bench, run: run, log: log, stop: stop).resume()
  }

  /// Outputs and metrics of a run's `model.safetensors` for a part of the experiment's data.
  ///
  /// Scales, classes and class weights are those of the run's record, so that `data.root` may be another folder, with a
  /// test part alone.
  ///
  /// - Parameters:
  ///   - metrics: names of metrics beside those that the run reports.
  ///   - corruptions: what samples are changed by, in order; what they draw follows from the run's seed and the sample's row.
  /// - Throws: `DataError` where there is no such part, or it has no targets; ``CheckpointError`` where the weights do
  ///   not fit; ``UnknownMetricError``.
  public func evaluate(
    _ run: RunFolder, split: SplitName = .test, metrics: [String] = [], corruptions: [Corruption] = []
  ) throws -> Evaluation {
    let (evaluator, part, objective) = try prepared(run, split: split, metrics: metrics, corruptions)
    return try evaluator.evaluate(part, objective, title: split.rawValue)
  }

  /// The experiment's data; a test part may lack modalities altogether.
  private func openData(toEvaluate split: SplitName) throws -> Dataset {
    let root = experiment.data.root
    do {
      return try experiment.openData(root: root)
    } catch let error as DataError where split == .test {
      // Only where that is what is wrong: everything else is told as it is.
      guard let partial = try? experiment.openData(root: root, isOther: true), let test = partial.test,
        test.modalities.count < experiment.pipeline.branches.count
      else { throw error }
      return partial
    }
  }

  /// A run's model with its weights, the part to evaluate it on, and what counts.
  func prepared(
    _ run: RunFolder, split: SplitName, metrics: [String] = [], _ corruptions: [Corruption] = []
  ) throws -> (evaluator: Evaluator, part: DataSplit, objective: TaskLoss) {
    let record = try RunEnvironment.read(from: run).data
    var evaluator = try evaluator(of: run, record)
    let shapes = evaluator.pipeline.sampleShapes
    try corruptions.check(shapes)
    evaluator.transforms = SampleTransforms(corruptions, shapes, seed: experiment.seed)
    let settings = experiment.data
    let data = try openedData(for: split, record)
    for text in data.notes { progress.report(.warning(text)) }
    var part = try data.split(split)
    guard part.targets != nil else {
      throw DataError(data.source, "the part '\(part.name)' has no targets", expected: "labels to compare with")
    }
    try experiment.checkTask(suits: part)
    part = try part.renumbered(toClasses: record.classes, leavingOut: settings.classes != nil)
    guard let width = part.targets?.width, width == record.outputs else {
      throw DataError(
        data.source, "the part '\(part.name)' has targets of \(part.targets?.width ?? 0) columns",
        expected: "\(record.outputs), as the model was trained on")
    }
    // Runs of before counts were recorded: their own training part still tells them.
    let train = data.source == record.source ? data.train?.classCounts : nil
    var objective: TaskLoss
    do throws(PipelineError) {
      objective = try experiment.task.objective(
        classes: record.classes.count, counts: record.classCounts ?? train)
    } catch {
      throw experiment.diagnostics(for: error.problems)
    }
    objective.targets = evaluator.pipeline.targets
    objective.metrics = TaskMetrics(experiment)
    try objective.metrics.report(metrics)
    return (evaluator, part, objective)
  }

  /// The experiment's data, with a part drawn from the training part where it is another than the test part: classes
  /// numbered as in the run's record, samples drawn as in its training.
  func openedData(for split: SplitName, _ record: DataRecord) throws -> Dataset {
    let settings = experiment.data
    var data = try openData(toEvaluate: split)
    try tellChanges(of: data, since: record)
    if split != .test || settings.outerFold != nil, let train = data.train {
      try experiment.checkTask(suits: train)
      data.train = try train.renumbered(toClasses: record.classes, leavingOut: settings.classes != nil)
      data = try experiment.prepared(data, classes: nil)
    }
    return data
  }
}

extension TrainingContext {
  /// Evaluates with a batch size.
  func evaluator(_ progress: any ProgressReporter, batchSize: Int) -> Evaluator {
    Evaluator(pipeline: pipeline, device: device, batchSize: batchSize, progress: progress)
  }

  /// How predictions are put into words.
  var predictionTable: PredictionTable { PredictionTable(task: experiment.task, classes: record.classes) }
}

extension Experiment {
  var evaluationBatchSize: Int { stages[stages.count - 1].evaluationBatchSize }
}
