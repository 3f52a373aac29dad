import FusionConfig
import FusionCore

/// The callbacks of a run: tells each of them what happens, and keeps their errors from the training.
final class CallbackList {
  private struct Entry {
    let name: String
    let stopsOnError: Bool
    /// Nil once it has failed.
    var callback: (any Callback)?
  }

  private var entries: [Entry]
  private let log: any ProgressReporter
  private let run: RunFolder
  private var failure: CallbackError?
  /// Who was not told of a beginning is not told of an end.
  private var hasStarted = false

  init(_ callbacks: [ConfiguredCallback], run: RunFolder, log: any ProgressReporter) {
    entries = callbacks.map { .init(name: $0.type.name, stopsOnError: $0.stopsOnError, callback: $0.make(run.path)) }
    self.run = run
    self.log = log
  }

  /// Whether there are none.
  var isEmpty: Bool { entries.isEmpty }
  /// Whether the run has to stop, as soon as its result is saved.
  var hasFailed: Bool { failure != nil }

  /// Ends the run where a callback has failed that asks for it.
  ///
  /// - Throws: ``CallbackError``.
  func throwFailure() throws(CallbackError) {
    guard let failure else { return }
    self.failure = nil
    throw failure
  }

  func runStarted(
    _ bench: TrainingContext, _ stages: [Stage], _ position: TrainerState, parameters: Int, isResumed: Bool
  ) {
    guard !isEmpty else { return }
    let history = position.allEpochs
    let run = CallbackRun(
      name: bench.experiment.name, configuration: bench.experiment.resolvedYAML, parameters: parameters,
      samples: Dictionary(bench.data.splits.map { ($0.name, $0.count) }) { first, _ in first },
      epochs: stages.reduce(0) { $0 + $1.settings.epochs }, stages: stages.compactMap(\.name),
      resumedAfter: isResumed ? position.place(in: stages[position.stage ?? 0]) : nil, history: history)
    hasStarted = true
    tell("onRunStart") { try $0.onRunStart(run) }
  }

  func stepEnded(
    _ position: TrainerState, _ stage: Stage, loss: Double?, _ values: [(name: String, value: Double, count: Int)],
    _ optimizer: ParameterGroups
  ) {
    var place = position.place(in: stage)
    place.epoch += 1
    let step = CallbackStep(
      place: place, loss: loss, values: Dictionary(values.map { ($0.name, $0.value) }) { $1 },
      learningRates: optimizer.learningRates)
    tell("onStepEnd") { try $0.onStepEnd(step) }
  }

  func epochEnded(_ record: EpochRecord, _ position: TrainerState) {
    guard !isEmpty else { return }
    let (epochs, steps) = position.finishedLength
    let epoch = CallbackEpoch(record, after: epochs, steps)
    tell("onEpochEnd") { try $0.onEpochEnd(epoch) }
  }

  func checkpointSaved(_ position: TrainerState, _ stage: Stage) {
    guard !isEmpty else { return }
    let checkpoint = CallbackCheckpoint(place: position.place(in: stage), file: run.checkpoint)
    tell("onCheckpointSaved") { try $0.onCheckpointSaved(checkpoint) }
  }

  /// The run is over: there is nothing left to stop, so that errors are told and no more.
  func runEnded(_ end: CallbackRunEnd) {
    guard hasStarted else { return }
    tell("onRunEnd", isLast: true) { try $0.onRunEnd(end) }
  }

  private func tell(_ hook: String, isLast: Bool = false, _ body: (inout any Callback) throws -> Void) {
    for i in entries.indices {
      guard var callback = entries[i].callback else { continue }
      // The list lets go of it meanwhile: a callback that is a value is not copied at each step.
      entries[i].callback = nil
      do {
        try body(&callback)
        entries[i].callback = callback
      } catch {
        let found = CallbackError(callback: entries[i].name, hook: hook, reason: "\(error)")
        if entries[i].stopsOnError, !isLast {
          // Told at once: the run may end in another way before it stops for this.
          log.report(.warning("\(found.message); the run stops at the end of the epoch"))
          failure = failure ?? found
        } else {
          log.report(.warning(found.message + (isLast ? "" : "; it is not called again, the run goes on")))
        }
      }
    }
  }
}

/// A callback with `on_error: stop` has failed.
public struct CallbackError: UserError, Equatable {
  /// The callback's name.
  public let callback: String
  /// The hook that failed: `onEpochEnd`.
  public let hook: String
  /// What it threw.
  public let reason: String

  /// 1.
  public var exitStatus: Int32 { 1 }
  /// What happened, and what to do.
  public var description: String {
    message
      + "\n  it is set to stop the run (on_error: stop); the last checkpoint is kept, train --resume goes on from it"
  }

  var message: String { "the callback '\(callback)' failed in \(hook): \(reason)" }
}

extension TrainerState {
  /// The epochs and the steps of the stages before.
  fileprivate var finishedLength: (epochs: Int, steps: Int) {
    (finished ?? []).reduce((0, 0)) { ($0.0 + $1.history.count, $0.1 + ($1.history.last?.step ?? 0)) }
  }

  fileprivate func place(in stage: Stage) -> CallbackPlace {
    let (epochs, steps) = finishedLength
    return CallbackPlace(stage: stage.name, epoch: epochs + epoch, step: steps + step)
  }

  /// The epochs that are done, of all stages.
  fileprivate var allEpochs: [CallbackEpoch] {
    var (epochs, steps): ([CallbackEpoch], Int) = ([], 0)
    for records in (finished ?? []).map(\.history) {
      let before = epochs.count
      epochs += records.map { CallbackEpoch($0, after: before, steps) }
      steps += records.last?.step ?? 0
    }
    let before = epochs.count
    return epochs + history.map { CallbackEpoch($0, after: before, steps) }
  }
}

extension CallbackEpoch {
  /// The record of an epoch, so many epochs and steps behind the beginning of its stage.
  fileprivate init(_ record: EpochRecord, after epochs: Int, _ steps: Int) {
    self.init(
      place: CallbackPlace(stage: record.stage, epoch: epochs + record.epoch, step: steps + record.step),
      learningRate: record.learningRate, train: record.train, validation: record.validation,
      objectives: record.objectives ?? [], seconds: record.seconds, samplesPerSecond: record.samplesPerSecond)
  }
}
