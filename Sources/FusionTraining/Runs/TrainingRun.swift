import FusionConfig
import FusionCore
import FusionData
import Foundation

/// One process's part of a run: trains from a place to the end, stage by stage, and keeps the run folder up to date.
///
/// The checkpoint is the only truth. It is replaced as one file; history, model and summary are written after it and
/// follow from it, so that a run that is killed between two files loses nothing. What was in the folder before, another run
/// or fewer epochs of this one, stays whole until the first checkpoint is saved that replaces it.
final class TrainingRun {
  private let bench: TrainingContext
  private let run: RunFolder
  private let log: RunLog
  private let stop: StopFlag
  private let stages: [Stage]
  /// Of the stage under way.
  private var loop: TrainingLoop
  private var stage: Stage { loop.stage }
  /// The parameters of the model.
  private var store: ParameterStore { bench.pipeline.store }
  private var settings: TrainingSettings { loop.settings }
  /// The best model of the stage so far, with the stage's own parameters; nil where the last one is kept, or none was
  /// measured yet.
  private var best: [Tensor]?
  private let clock = ContinuousClock()
  private let began: ContinuousClock.Instant
  private var secondsBefore = 0.0
  private var memoryBefore: Int?
  /// Whether the folder still holds a finished run, which gets more epochs: its files stay until there is a checkpoint of
  /// those.
  private var keepsFinishedRun = false
  /// What the data are recognised by.
  private var fingerprints: [DataFingerprint] = []
  /// The weights that the run began with, beside those that were drawn.
  private var initial: [InitialWeights]
  /// Those of `training.callbacks`.
  private let callbacks: CallbackList

  init(_ bench: TrainingContext, run: RunFolder, log: RunLog, stop: StopFlag, initial: [InitialWeights] = []) {
    self.bench = bench
    self.initial = initial
    self.run = run
    self.log = log
    self.stop = stop
    stages = bench.experiment.stages
    callbacks = CallbackList(bench.experiment.training.callbacks, run: run, log: log)
    loop = Self.loop(of: stages[0], bench, run, log, callbacks, stop)
    began = clock.now
  }

  /// A loop at the beginning of a stage.
  private static func loop(
    of stage: Stage, _ bench: TrainingContext, _ run: RunFolder, _ log: RunLog, _ callbacks: CallbackList,
    _ stop: StopFlag
  ) -> TrainingLoop {
    let work = bench.work(for: stage, run: run, progress: log, stop: stop)
    let loop = TrainingLoop(bench, stage, work, progress: log, stop: stop)
    loop.callbacks = callbacks.isEmpty ? nil : callbacks
    let settings = stage.settings
    if settings.select == .best, bench.data.validation != nil || settings.monitor.hasPrefix("train.") {
      loop.position.selection = MetricMonitor(
        metric: settings.monitor, bench.direction(ofColumn: settings.monitor))
    }
    loop.position.stopping = settings.earlyStopping.map {
      MetricMonitor(
        metric: $0.metric, $0.mode.direction(of: bench.direction(ofColumn: $0.metric)),
        minimumChange: $0.minimumDelta)
    }
    if stage.stage != nil { loop.position.stage = stage.index }
    return loop
  }

  private func beginLoop(of stage: Stage) {
    loop = Self.loop(of: stage, bench, run, log, callbacks, stop)
  }

  /// Trains from the beginning.
  func start() throws -> RunSummary {
    run.removeAbandonedFiles()
    let isReplacing = run.state != .vacant
    let initialised = settings.epochs > 0 ? nil : summary(.initialised, splits: [:])
    fingerprints = try bench.fingerprints()
    describeData()
    logStage()
    do {
      let new = try run.prepareBeginning()
      try writeIdentity(to: new)
      if let initialised {
        try ModelFile.save(store, to: new.model)
        try initialised.write(to: new)
      } else {
        try saveCheckpoint(to: new)
      }
      try run.takeOver()
    } catch {
      log.report(.note("failed: \(error)"))
      run.removeBeginning()
      throw error
    }
    if isReplacing { log.beginAnew() }
    if let initialised { return initialised }
    return try guarded {
      try writeWhatFollows()
      try tellStart(isResumed: false)
      return try trainToEnd()
    }
  }

  /// Goes on from the checkpoint.
  func resume() throws -> RunSummary {
    run.removeAbandonedFiles()
    run.removeBeginning()
    let saved = try run.openCheckpoint()
    let position = saved.position
    guard stages.indices.contains(position.stage ?? 0) else { throw saved.otherConfiguration }
    if let current = position.stage, current > 0 { beginLoop(of: stages[current]) }
    let before = try? RunEnvironment.read(from: run)
    // The checkpoint holds what became of them: their files are not read again.
    initial = before?.initialisedFrom ?? []
    fingerprints = try bench.fingerprints(since: before?.data)
    try before?.data.checkUnchanged(fingerprints, run: run)
    if let before, let teachers = before.teachers, teachers != bench.teacherRecords ?? [] {
      throw TrainingError.notResumable(
        run: run.path,
        reason: "the model of a teacher is another one than when the run began: "
          + teachers.map(\.run).joined(separator: ", "))
    }
    for doubt in before?.data.doubts(about: fingerprints) ?? [] { log.report(.warning(doubt)) }
    let experiment = bench.experiment
    let loaded = try saved.restore(
      into: loop.store, average: loop.average, optimizer: loop.optimizer,
      fingerprints: [experiment.fingerprint, experiment.fingerprintWithRoot], device: bench.device)
    try restoreSchedule(position)
    try MemoryNeed.check(bench)
    guard loop.canResume(from: position) else {
      throw CheckpointError(file: run.checkpoint, "its place in the run does not fit the data: have they changed?")
    }
    let summary = try? RunSummary.read(from: run)
    let epochs = (position.finished ?? []).reduce(position.epoch) { $0 + $1.history.count }
    let wasFinished = summary?.status == .finished && summary?.epochs == epochs
    // Killed just before it had done that itself.
    if wasFinished { unlink(run.previousCheckpoint) }
    // A finished run whose model was lost or damaged gets it again from the checkpoint.
    let isWhole = wasFinished && ModelFile.isWhole(run.model)
    if let reason = reasonNotToResume(position, wasFinished: isWhole) {
      throw TrainingError.notResumable(run: run.path, reason: reason)
    }
    (best, loop.position) = (loaded, position)
    secondsBefore = loop.position.wallSeconds
    memoryBefore = summary?.peakMemoryBytes
    keepsFinishedRun = isWhole
    log.report(.note("resumed after \(stage.prefix)epoch \(position.epoch), step \(position.step)"))
    if let before { tellOtherMachine(before) }
    logStage()
    return try guarded {
      if !keepsFinishedRun {
        try writeIdentity(to: run)
        try writeWhatFollows()
      }
      try tellStart(isResumed: true)
      return try trainToEnd()
    }
  }

  private func tellStart(isResumed: Bool) throws {
    callbacks.runStarted(bench, stages, loop.position, parameters: store.weightCount, isResumed: isResumed)
    try callbacks.throwFailure()
  }

  private func restoreSchedule(_ position: TrainerState) throws {
    var error = CheckpointError(file: run.checkpoint)
    error.other = loop.course.restore(position.schedule ?? [:])
    if !error.other.isEmpty { throw error }
  }

  private func reasonNotToResume(_ position: TrainerState, wasFinished: Bool) -> String? {
    let planned = settings.epochs
    let before = position.plannedEpochs
    let key = stage.path("epochs").joined(separator: ".")
    if planned != before, settings.schedule.dependsOnLength {
      return "its learning rate follows the schedule '\(settings.schedule.type.name)' over \(before) epochs, so \(key) "
        + "cannot become \(planned)"
    }
    if planned < position.epoch {
      return "it has done \(position.epoch) epochs, more than \(key): \(planned)"
        + (before > planned ? "; --set \(key)=\(before) goes on as it was going" : "")
    }
    guard wasFinished else { return nil }
    if isOutOfPatience(position) { return "it is finished: early stopping ended it after epoch \(position.epoch)" }
    return planned == position.epoch
      ? "it is finished; to train on, raise \(key) (--set \(key)=\(planned + 10))" : nil
  }

  // MARK: Training

  private func isOutOfPatience(_ position: TrainerState) -> Bool {
    guard let stopping = position.stopping, let patience = settings.earlyStopping?.patience else { return false }
    return stopping.epochsWithoutGain >= patience
  }

  private func trainToEnd() throws -> RunSummary {
    while true {
      try trainStage()
      guard stages.indices.contains(stage.index + 1) else { return try finish() }
      try beginNextStage()
    }
  }

  /// The stage's selected model becomes what the next stage starts from.
  private func beginNextStage() throws {
    restoreBestWeights()
    let position = loop.position
    let record = StageRecord(
      name: stage.name ?? "", history: position.history, bestEpoch: position.selection?.bestEpoch ?? position.epoch,
      trainedSamples: position.trainedSamples, trainedSeconds: position.trainedSeconds)
    beginLoop(of: stages[stage.index + 1])
    loop.position.finished = (position.finished ?? []) + [record]
    best = nil
    logStage()
    try save()
  }

  private func trainStage() throws {
    while loop.position.epoch < settings.epochs, !isOutOfPatience(loop.position) {
      guard var record = try loop.runEpoch() else {
        try save()
        throw TrainingError.interrupted(run: run.path, epoch: loop.position.epoch + 1, step: loop.position.step)
      }
      if let validation = bench.data.validation {
        let title = stage.prefix + "validation \(record.epoch)/\(settings.epochs)"
        record.validation = try loop.evaluate(validation, title: title)
      }
      try loop.endEpoch(record)
      try close(record)
    }
    if isOutOfPatience(loop.position), loop.position.epoch < settings.epochs, let watch = loop.position.stopping {
      log.report(
        .note("stopped early: \(watch.metric) has not improved since epoch \(watch.bestEpoch.map(String.init) ?? "0")"))
    }
  }

  /// Takes note of an epoch, then saves.
  private func close(_ record: EpochRecord) throws {
    loop.position.history.append(record)
    for (watched, key) in [
      (loop.position.selection?.metric, ["monitor"]), (loop.position.stopping?.metric, ["early_stopping", "metric"]),
      (settings.schedule.watchedMetric?.metric, ["schedule", "metric"]),
    ] {
      guard let metric = watched, record.value(of: metric) == nil else { continue }
      throw UndefinedMetricError(
        metric: metric, key: (stage.path(key[0]) + key.dropFirst()).joined(separator: "."), epoch: record.epoch)
    }
    if let metric = loop.position.selection?.metric,
      loop.position.selection!.observe(record.value(of: metric), epoch: record.epoch)
    {
      let values = loop.average?.values ?? loop.store.parameters.map(\.value)
      best = values.map { Tensor($0.scalars, shape: $0.shape, device: bench.device) }
    }
    if let metric = loop.position.stopping?.metric {
      _ = loop.position.stopping!.observe(record.value(of: metric), epoch: record.epoch)
    }
    loop.course.close(record)
    log.report(.epoch(record, of: settings.epochs))
    let isLast = record.epoch >= settings.epochs || isOutOfPatience(loop.position)
    callbacks.epochEnded(record, loop.position)
    guard isLast || callbacks.hasFailed || record.epoch % settings.checkpointEvery == 0 else { return }
    try save()
    // The epoch is saved: nothing is lost.
    try callbacks.throwFailure()
  }

  /// The checkpoint first, then what follows from it.
  private func save() throws {
    run.keepCheckpoint()
    try saveCheckpoint(to: run)
    if keepsFinishedRun { try writeIdentity(to: run) }
    keepsFinishedRun = false
    try writeWhatFollows()
    callbacks.checkpointSaved(loop.position, stage)
  }

  /// All that follows from the checkpoint.
  private func writeWhatFollows() throws {
    if loop.position.epoch > 0 || stage.index > 0 {
      try ModelFile.save(store, values: best ?? loop.average?.values, to: run.model)
    }
    let finished = loop.position.finished ?? []
    try run.write(History.csv(finished.flatMap(\.history) + loop.position.history), to: run.history)
    try writeSummary(.running, splits: [:])
  }

  /// Evaluates the selected model on the test part.
  private func finish() throws -> RunSummary {
    restoreBestWeights()
    try ModelFile.save(store, to: run.model)
    var splits: [String: MetricValues] = [:]
    var undefined: [String: [String: String]] = [:]
    let chosen = loop.position.selection?.bestEpoch ?? loop.position.epoch
    if let record = loop.position.history.first(where: { $0.epoch == chosen }) {
      if !record.validation.isEmpty { splits["validation"] = record.validation }
      if record.objectives != nil { splits["train"] = record.train.filter { $0.value.isFinite } }
    }
    if let test = bench.data.test {
      if stage.objective == .task {
        let evaluator = bench.evaluator(log, batchSize: stage.evaluationBatchSize)
        let evaluation = try evaluator.evaluate(test, bench.objective, title: "test")
        splits["test"] = evaluation.report?.values
        for (name, reason) in (evaluation.report?.undefined ?? [:]).sorted(by: { $0.key < $1.key }) {
          log.report(.note("test \(name) is not defined: \(reason)"))
          undefined["test", default: [:]][name] = reason
        }
        try run.write(bench.predictionTable.comparison(evaluation), to: run.predictions)
      } else {
        splits["test"] = try loop.work.evaluate(test, title: "test")
      }
    }
    let summary = try writeSummary(.finished, splits: splits, undefined: undefined)
    unlink(run.previousCheckpoint)
    callbacks.runEnded(.init(status: RunStatus.finished.rawValue, metrics: summary.splits))
    return summary
  }

  private func restoreBestWeights() {
    guard let best = best ?? loop.average?.values else { return }
    for (parameter, value) in zip(loop.store.parameters, best) { parameter.value.storage.copy(value.scalars) }
  }

  /// Runs the training; writes down how it ended, where that is possible.
  private func guarded(_ body: () throws -> RunSummary) throws -> RunSummary {
    do {
      return try body()
    } catch {
      var status = RunStatus.failed
      if case TrainingError.interrupted? = error as? TrainingError { status = .interrupted }
      log.report(.note("\(status.rawValue): \(error)"))
      callbacks.runEnded(.init(status: status.rawValue, error: "\(error)"))
      // The first error is the one to tell; a full disk may well refuse this file too.
      if !keepsFinishedRun { _ = try? writeSummary(status, splits: [:], error: "\(error)") }
      throw error
    }
  }

  // MARK: Files

  private func writeIdentity(to run: RunFolder) throws {
    try run.write(bench.experiment.resolvedYAML, to: run.configuration)
    var record = bench.record
    record.fingerprints = fingerprints
    var environment = RunEnvironment.current(
      threads: bench.device.threads, seed: bench.experiment.seed, data: record)
    environment.teachers = bench.teacherRecords
    environment.initialisedFrom = initial.isEmpty ? nil : initial
    try run.write(prettyJSON(environment), to: run.environment)
  }

  /// Says that the run goes on where its bits may come out otherwise.
  private func tellOtherMachine(_ before: RunEnvironment) {
    let now = RunEnvironment.current(threads: bench.device.threads, seed: bench.experiment.seed, data: bench.record)
    if let difference = now.difference(from: before) { log.report(.warning(difference)) }
  }

  private func describeData() {
    let counts = bench.data.splits.map { "\($0.name) \($0.count)" }.joined(separator: ", ")
    log.report(.note("\(bench.experiment.name): \(counts) samples; \(store.weightCount) parameters"))
    for note in bench.standardised.notes { log.report(.note(note)) }
    for text in bench.warnings + bench.standardised.warnings + bench.lonelyBatches { log.report(.warning(text)) }
    if bench.data.isGenerated { log.report(.warning("synthetic data: metrics are not meaningful")) }
    let batch = min(settings.batchSize, loop.samples)
    for burden in bench.pipeline.summary.burdens(batchSize: batch) { log.report(.warning(burden)) }
    if stage.stage == nil, let objectives = stage.objectivesDescription {
      let own = loop.work.store.weightCount
      log.report(
        .note("minimised: \(objectives)" + (own == 0 ? "" : "; \(own) parameters of their own, which are not kept")))
    }
    for weights in initial {
      let count = "\(weights.tensors) tensor\(weights.tensors == 1 ? "" : "s")"
      log.report(.note("'\(weights.part)' begins with \(count) of \(weights.file)"))
    }
    if stage.stage == nil, !stage.frozen.isEmpty {
      let names = stage.frozen.map(\.name).joined(separator: ", ")
      log.report(.note("frozen: \(names); \(trainedWeights) of \(store.weightCount) parameters are trained"))
    }
    if let average = settings.average {
      log.report(
        .note("the moving average of the weights is evaluated and saved, with a decay of \(average.decay)"))
    }
    if stage.stage != nil {
      let idle = bench.experiment.pipeline.parts.filter { part in
        stages.allSatisfy { $0.frozen.contains(part) } && store.trainable(of: part) > 0
      }
      if !idle.isEmpty {
        let names = idle.map(\.name).joined(separator: ", ")
        log.report(.warning("no stage trains \(names): what was drawn at first stays"))
      }
      if stages[stages.count - 1].objective != .task {
        log.report(.warning("the last stage is not trained by the task: its metrics are those of its own objective"))
      }
    }
    if settings.select == .best, loop.position.selection == nil {
      log.report(.warning("there is no validation part to select the best epoch by: the last one is kept"))
    }
  }

  private func logStage() {
    guard let title = stage.title(of: stages.count) else { return }
    let own = loop.work.store.weightCount
    log.report(.note(title + (own == 0 ? "" : "; \(own) parameters of its own, which are not kept")))
  }

  private func saveCheckpoint(to run: RunFolder) throws {
    loop.position.plannedEpochs = settings.epochs
    let state = loop.course.schedule.state
    loop.position.schedule = state.isEmpty ? nil : state
    loop.position.wallSeconds = wallSeconds
    try Checkpoint.save(
      loop.store, best: best, average: loop.average, optimizer: loop.optimizer, position: loop.position,
      fingerprint: bench.experiment.fingerprint,
      to: run.checkpoint)
  }

  /// How many values of the model are trained.
  private var trainedWeights: Int { store.trainable.reduce(0) { $0 + $1.value.count } }

  private var wallSeconds: Double { secondsBefore + began.duration(to: clock.now).seconds }

  @discardableResult
  private func writeSummary(
    _ status: RunStatus, splits: [String: MetricValues], undefined: [String: [String: String]] = [:],
    error: String? = nil
  ) throws -> RunSummary {
    let summary = summary(status, splits: splits, undefined: undefined, error: error)
    try summary.write(to: run)
    return summary
  }

  private func summary(
    _ status: RunStatus, splits: [String: MetricValues], undefined: [String: [String: String]] = [:],
    error: String? = nil
  ) -> RunSummary {
    let position = loop.position
    let finished = position.finished ?? []
    let samples = finished.reduce(position.trainedSamples) { $0 + $1.trainedSamples }
    let seconds = finished.reduce(position.trainedSeconds) { $0 + $1.trainedSeconds }
    return RunSummary(
      status: status, seed: bench.experiment.seed, parameters: store.weightCount,
      trainedParameters: stage.stage == nil && !stage.frozen.isEmpty ? trainedWeights : nil,
      frozen: stage.stage == nil && !stage.frozen.isEmpty ? stage.frozen.map(\.name) : nil,
      epochs: finished.reduce(position.epoch) { $0 + $1.history.count },
      bestEpoch: position.epoch == 0 ? nil : position.selection?.bestEpoch ?? position.epoch, wallSeconds: wallSeconds,
      trainSamplesPerSecond: seconds > 0 ? Double(samples) / seconds : nil,
      peakMemoryBytes: [memoryBefore, FusionTraining.peakMemoryBytes()].compactMap { $0 }.max(),
      modelDigest: status == .initialised ? nil : (try? SafeTensors(opening: run.model))?.sealDigits,
      generatedData: bench.data.isGenerated ? true : nil, error: error, splits: splits,
      undefined: undefined.isEmpty ? nil : undefined,
      stages: stage.stage == nil ? nil : StageSummary.all(stages, position))
  }
}

extension Experiment {
  /// What has to be equal for a run to be continued: everything but the number of epochs, of the last stage where there
  /// are stages, callbacks, and the place of the data, whose content is compared.
  var fingerprint: String { withoutEpochs.replacing(["data", "root"], with: .null).yaml }

  /// The fingerprint of before data were compared by their content.
  var fingerprintWithRoot: String { withoutEpochs.yaml }

  private var withoutEpochs: ConfigValue {
    let last = stages[stages.count - 1].path("epochs")
    // Callbacks change no result.
    return resolved.removing(["training", "callbacks"]).replacing(["training", "epochs"], with: .null).replacing(
      last[...], with: .null)
  }
}
