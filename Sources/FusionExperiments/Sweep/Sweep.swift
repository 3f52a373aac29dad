import FusionConfig
import FusionCore
import FusionData
import Foundation

/// Searches for the best hyper-parameters of an experiment, as its `sweep:` says.
///
/// Each run of each trial is a training in a process of its own, into a run folder of its own. What is done is read off
/// the folder, so that a search that was stopped, in whatever way, goes on where it was.
public struct Sweep {
  /// What is trained and varied; has a sweep.
  public let experiment: Experiment
  /// The one that the experiment was read with.
  public let registry: Registry
  /// Where everything goes.
  public let folder: SweepFolder
  /// Starts the trainings; its flag ends the search, once it is raised.
  public let pool: ProcessPool
  /// Threads of each training; changes no result.
  public let threads: Int
  /// Further arguments of `fusionkit train`.
  public let options: [String]
  /// Gets told what happens.
  public let progress: any ProgressReporter

  /// A search; nothing is looked at or written.
  public init(
    _ experiment: Experiment, registry: Registry, folder: SweepFolder, pool: ProcessPool, threads: Int,
    options: [String] = [], progress: any ProgressReporter = SilentProgress()
  ) {
    self.experiment = experiment
    self.registry = registry
    self.folder = folder
    self.pool = pool
    self.threads = threads
    self.options = options
    self.progress = progress
  }

  /// Does what is left of the search, and writes its tables.
  ///
  /// - Parameter overwrite: whether another search that lies in the folder is removed.
  /// - Returns: the results; trials that an accident has kept from being done are ``SweepSummary/missing``.
  /// - Throws: `ConfigError`, `DataError`, ``OptunaError``, ``SweepFolderError`` before anything is trained;
  ///   ``SweepInterrupted``, ``SweepFailed`` and what the pool throws on the way, everything done being kept;
  ///   ``SweepIncomplete`` where no trial finished, and not for what they tried.
  public func run(overwrite: Bool = false) throws -> SweepSummary {
    guard let sweep = experiment.sweep else { throw SweepFailed.nothingToSearch(experiment.name) }
    let metric = String(sweep.metric.dropFirst("validation.".count))
    // Trials have to measure what they are judged by.
    let search = try Sweep(
      experiment.measuring(metric, registry: registry), registry: registry, folder: folder, pool: pool,
      threads: threads, options: options, progress: progress)
    return try search.run(judgedBy: metric, overwrite: overwrite)
  }

  private func run(judgedBy metric: String, overwrite: Bool) throws -> SweepSummary {
    guard let settings = experiment.sweep else { throw SweepFailed.nothingToSearch(experiment.name) }
    let direction = TaskMetrics(experiment).direction(
      ofColumn: metric, modalities: experiment.pipeline.branches.map { $0.name })
    let plan = SweepPlan(
      experiment: experiment, settings: settings, registry: registry, folder: folder,
      // Of a metric that does not exist, the first trial's preparation tells.
      largerIsBetter: settings.mode.direction(of: direction ?? .lowerIsBetter) == .higherIsBetter,
      metric: metric, options: options, stop: pool.stop)
    try folder.check(experiment, overwrite: overwrite)
    let trials = try experiment.trials(registry: registry)
    let optuna = trials == nil ? try Optuna() : nil
    let isGenerated = try rehearse(plan)
    try AtomicFile.makeFolder(folder.path)
    let log = try RunLog(RunFolder(folder.path), next: progress)
    AbandonedFiles.remove(in: folder.path)
    try folder.prepare(experiment, overwrite: overwrite)
    try Trainer(experiment, threads: threads).checkData(since: folder.finishedRuns, of: folder.path)
    let outerFolds: [Int?] = [nil] + (settings.outerFolds > 0 ? Array(1...settings.outerFolds) : [])
    let queues = try outerFolds.map { outerFold in
      let records = TrialRecords(
        folder: folder.trials(outerFold: outerFold), names: settings.parameters.map(\.name), runs: plan.runs)
      let source: any TrialSource =
        if let optuna, case .optuna(let sampler) = settings.sampler {
          try OptunaTrials(optuna, sampler, plan: plan, outerFold: outerFold, records: records) {
            log.report($0)
          }
        } else {
          ListedTrials(trials ?? [])
        }
      return TrialQueue(plan, outerFold: outerFold, source: source, records: records) { log.report($0) }
    }
    try train(queues) { try write(SweepSummary(plan, queues, isGenerated: isGenerated), plan) }
    for queue in queues { try queue.gather() }
    let summary = SweepSummary(plan, queues, isGenerated: isGenerated)
    try write(summary, plan)
    guard summary.best != nil || summary.missing == 0 else { throw SweepIncomplete(summary) }
    guard summary.best != nil else {
      throw SweepFailed.noneFinished(
        trials: summary.trials.count, table: folder.table,
        reason: summary.trials.first?.reason ?? "")
    }
    return summary
  }

  /// Opens the data and builds the pipeline as the first run of each search would: what is wrong with data, metric or
  /// folds is found before anything is trained.
  ///
  /// - Returns: whether the data were generated by formula.
  private func rehearse(_ plan: SweepPlan) throws -> Bool {
    let settings = plan.settings
    let fold = settings.folds > 0 ? FoldSettings(index: 1, of: settings.folds) : nil
    var isGenerated = false
    for outer in 0...settings.outerFolds {
      let outerFold = outer > 0 ? FoldSettings(index: outer, of: settings.outerFolds) : nil
      let cut = try experiment.trial([], fold: fold, outerFold: outerFold, registry: registry)
      let rehearsal = try cut.rehearsal(threads: threads)
      isGenerated = rehearsal.isGenerated
      let known = rehearsal.validationMetrics
      if !known.contains(plan.metric) {
        let nearest = nearestSpelling(of: plan.metric, among: known).map { ": did you mean 'validation.\($0)'?" } ?? ""
        throw experiment.diagnostics(for: [
          Problem(
            path: ["sweep", "metric"], "there is no metric '\(settings.metric)' for this task\(nearest)",
            hint: "available: " + known.map { "validation.\($0)" }.joined(separator: ", "))
        ])
      }
      if !rehearsal.hasValidation {
        throw experiment.diagnostics(for: [
          Problem(
            path: ["sweep", "metric"], "'\(settings.metric)' needs a validation part, there is none",
            hint: "set sweep.folds to 2 or more, or data.validation above 0")
        ])
      }
    }
    return isGenerated
  }

  /// Trains until nothing is left, calling `afterTrial` whenever a trial has ended.
  private func train(_ queues: [TrialQueue], afterTrial: () throws -> Void) throws {
    var (told, accidentsInARow) = (0, 0)
    // Where one run after the other meets with an accident, the others would, too: a full disk, for instance.
    var isHopeless: Bool { accidentsInARow >= max(3, pool.places) }
    func done() -> Int { queues.reduce(0) { $0 + $1.doneCount } }
    func tell() throws {
      guard done() != told else { return }
      told = done()
      try afterTrial()
    }
    try pool.run(
      next: { () throws -> (job: (TrialQueue, TrialQueue.Run), command: ProcessPool.Command)? in
        for queue in queues where !isHopeless {
          while let run = try queue.next() {
            if let arguments = try run.job.command(threads: threads) {
              return (job: (queue, run), command: ProcessPool.Command(arguments))
            }
            // Another process has done it in the meantime.
            try queue.ended(run, ChildOutcome(status: 0, errors: "", wallSeconds: 0, peakMemoryBytes: 0))
          }
        }
        return nil
      },
      tick: { for queue in queues { try queue.tick() } },
      ended: { job, outcome in
        if outcome.status != 0, pool.stop.isSet || outcome.status == 130 {
          job.0.stopped(job.1)
        } else {
          accidentsInARow = outcome.status == 0 || outcome.isLasting ? 0 : accidentsInARow + 1
          try job.0.ended(job.1, outcome)
          try tell()
        }
      })
    try tell()
    guard queues.allSatisfy(\.isDone) || (isHopeless && !pool.stop.isSet) else {
      throw SweepInterrupted(done: done(), of: queues.reduce(0) { $0 + max($1.count, $1.trials.count) })
    }
  }

  private func write(_ summary: SweepSummary, _ plan: SweepPlan) throws {
    try AtomicFile.write(summary.csv, to: folder.table, links: .replaced)
    try AtomicFile.write(summary.report(folder), to: folder.report, links: .replaced)
    try AtomicFile.write(summary.json + "\n", to: folder.summary, links: .replaced)
    guard let best = summary.best else { return }
    let winner = try experiment.trial(best.values, registry: registry)
    try AtomicFile.write(
      summary.heading(of: best, in: folder) + winner.named(suffix: "-winner"), to: folder.winner, links: .replaced)
  }
}

extension Experiment {
  /// The resolved configuration under a longer name, where that is no longer than names may be.
  fileprivate func named(suffix: String) -> String {
    let longer = name.hasSuffix(suffix) || name.utf8.count + suffix.utf8.count > 200 ? name : name + suffix
    return resolved.replacing(["name"], with: .string(longer)).yaml
  }
}

/// A signal came before all trials were done.
public struct SweepInterrupted: UserError, Equatable {
  /// How many were done by then.
  public let done: Int
  /// How many there are.
  public let of: Int
  /// Interrupted.
  public var exitStatus: Int32 { 130 }
  /// What is done, and how to go on.
  public var description: String { "interrupted: \(done) of \(of) trials are done; the same command does the rest" }
}

/// A search of which trials are missing: an accident kept them from being done.
public struct SweepIncomplete: UserError, Equatable {
  /// How many are missing.
  public let missing: Int
  /// How many there should be.
  public let of: Int
  /// Why the first one is.
  public let reason: String?

  /// What is missing of a search.
  public init(_ summary: SweepSummary) {
    missing = summary.missing
    of = summary.planned
    reason = summary.accident
  }

  /// Failed: what there is may not be the best of what was asked for.
  public var exitStatus: Int32 { 1 }
  /// How many, why, and how to go on.
  public var description: String {
    "\(missing) of \(of) trials \(missing == 1 ? "is" : "are") missing, not for what was tried in them"
      + (reason.map { ": \($0)" } ?? "") + "\n  the same command tries them again"
  }
}

/// A search without a result.
public enum SweepFailed: UserError, Equatable {
  /// The configuration has no sweep.
  case nothingToSearch(String)
  /// Every trial failed.
  case noneFinished(trials: Int, table: String, reason: String)

  /// 2: the configuration asks for no search; 1: all of it failed.
  public var exitStatus: Int32 {
    if case .nothingToSearch = self { 2 } else { 1 }
  }

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .nothingToSearch(let name):
      "the configuration of '\(name)' has no section 'sweep'\n"
        + "  for example: sweep: {metric: validation.accuracy, parameters: {training.batch_size: [32, 64]}}"
    case .noneFinished(let trials, let table, let reason):
      "none of \(trials) trials finished; the first one: \(reason)\n  all reasons are in \(table)"
    }
  }
}
