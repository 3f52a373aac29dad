import FusionConfig
import FusionCore
import FusionData
import Foundation

/// What all searches of one sweep have in common.
struct SweepPlan {
  let experiment: Experiment
  let settings: SweepSettings
  let registry: Registry
  let folder: SweepFolder
  /// Whether a larger score is better.
  let largerIsBetter: Bool
  /// The metric without its part: `f1_macro`.
  let metric: String
  /// Further arguments of `fusionkit train`.
  let options: [String]
  /// Raised once the search is to end.
  let stop: StopFlag

  /// The runs of a trial.
  var runs: Int { max(1, settings.folds) }

  /// The best of some trials: the earlier one, where two are equal.
  func best(_ trials: [Trial]) -> Trial? {
    trials.filter { $0.result != nil }.min { a, b in
      let (x, y) = (a.result!.mean, b.result!.mean)
      return x == y ? a.number < b.number : largerIsBetter ? x > y : x < y
    }
  }
}

/// One search on its way: which run is next, and what has come of those that ended.
///
/// Runs are handed out trial by trial and fold by fold. Where a fold fails, the later ones are left out; the earlier ones
/// are done, so that what is told of a failed trial depends on no timing.
final class TrialQueue {
  let plan: SweepPlan
  /// The outer fold that is left out; nil: none.
  let outerFold: Int?
  /// In the order in which they began.
  private(set) var trials: [Trial] = []
  /// The winner's score on the outer fold.
  private(set) var outerScore: Double?
  /// Why there is none.
  private(set) var outerFailure: String?
  /// By place: why trials are missing that were begun, though nothing is wrong with what they try. Another time they are
  /// tried again.
  private(set) var accidents: [Int: String] = [:]
  private var outerAccident: String?
  private let source: any TrialSource
  private let records: TrialRecords
  private let known: [Int: Trial]
  private var waiting: [Run] = []
  private var running: [Int: Int] = [:]
  private var isExhausted = false
  private var isOuterStarted = false
  /// Told of every trial that ends, and of waits.
  private let report: (ProgressEvent) -> Void

  /// A run of this search.
  struct Run {
    /// The place of its trial; nil: the winner's, on the outer fold.
    let trial: Int?
    /// From 1; nil: the trial has one run, without folds.
    let fold: Int?
    let job: TrainingJob
  }

  init(
    _ plan: SweepPlan, outerFold: Int?, source: any TrialSource, records: TrialRecords,
    report: @escaping (ProgressEvent) -> Void
  ) {
    self.plan = plan
    self.outerFold = outerFold
    self.source = source
    self.records = records
    self.report = report
    known = records.read()
  }

  /// How many trials there will be.
  var count: Int { source.count }
  /// How many of them are this search's to do.
  var owed: Int { source.owed }
  /// How many are judged or failed.
  var doneCount: Int { trials.count { $0.state != .unfinished } }
  /// How many are not, of all that there should be; the winner's run on the outer fold counts, too.
  var missingCount: Int {
    max(source.owed, trials.count) - doneCount + (outerFold != nil && outerScore == nil && outerFailure == nil ? 1 : 0)
  }
  /// Why something is missing, if anything is known of it.
  var accident: String? { accidents.min { $0.key < $1.key }?.value ?? outerAccident }

  // MARK: Handing out

  /// The next run that has to be started; nil: none now.
  func next() throws -> Run? {
    while true {
      while !waiting.isEmpty {
        let run = waiting.removeFirst()
        if try needsProcess(run) { return run }
      }
      if isExhausted { return nil }
      guard let (number, values) = try source.next() else {
        if source.isWaiting { return nil }
        isExhausted = true
        return try finishSearch()
      }
      try begin(number, values)
    }
  }

  private func begin(_ number: Int, _ values: [ConfigValue]) throws {
    let place = trials.count
    if let before = known[number], before.values == values {
      trials.append(before)
      if before.state != .unfinished { return }
      trials[place] = Trial(number: number, values: values, runs: plan.runs)
    } else {
      trials.append(Trial(number: number, values: values, runs: plan.runs))
    }
    AbandonedFiles.remove(in: records.path(number))
    try records.write(trials[place])
    do throws(ConfigError) {
      for fold in 1...plan.runs { waiting.append(try run(place, fold: plan.settings.folds > 0 ? fold : nil)) }
    } catch {
      // Only what a sampler proposes can be invalid: listed combinations were checked before.
      waiting = []
      try settle(place, failedWith: error.diagnostics.first?.message ?? "an invalid combination")
    }
  }

  private func run(_ place: Int, fold: Int?) throws(ConfigError) -> Run {
    let trial = trials[place]
    let experiment = try plan.experiment.trial(
      trial.values, fold: fold.map { FoldSettings(index: $0, of: plan.runs) }, outerFold: outer,
      registry: plan.registry)
    let label = "trial \(trial.number)" + (fold.map { ", fold \($0)" } ?? "")
    return Run(
      trial: place, fold: fold,
      job: TrainingJob(label, experiment, run: records.run(trial.number, fold: fold), options: plan.options))
  }

  private var outer: FoldSettings? { outerFold.map { FoldSettings(index: $0, of: plan.settings.outerFolds) } }

  /// Whether a run is left to be done; takes note of what its folder holds already.
  private func needsProcess(_ run: Run) throws -> Bool {
    if let place = run.trial, accidents[place] != nil || firstFailure[place] ?? .max < run.fold ?? 1 {
      try settleIfDone(place)
      return false
    }
    run.job.waitUntilFree(plan.stop) { report(.note($0)) }
    switch try run.job.state() {
    case .done(let summary): try take(run, summary)
    case .unfinished, .untouched:
      // Also where it failed before: why a trial fails for good is in its record, all else may have been an accident.
      if let place = run.trial { running[place, default: 0] += 1 }
      return true
    }
    if let place = run.trial { try settleIfDone(place) }
    return false
  }

  /// To be called every now and then while runs are under way.
  func tick() throws { try source.tick() }

  // MARK: Taking in

  private var firstFailure: [Int: Int] = [:]
  private var failures: [Int: String] = [:]

  /// Takes the outcome of a process.
  func ended(_ run: Run, _ outcome: ChildOutcome) throws {
    if let place = run.trial { running[place, default: 1] -= 1 }
    if outcome.status == 0, case .done(let summary) = try run.job.state() {
      try take(run, summary)
    } else if outcome.isLasting {
      try fail(run, run.job.run.failure ?? outcome.reason ?? "it failed")
    } else if let place = run.trial {
      accidents[place] = accidents[place] ?? fold(run) + (outcome.reason ?? "its process left no result")
    } else {
      outerAccident = outcome.reason ?? "its process left no result"
    }
    if let place = run.trial { try settleIfDone(place) }
  }

  /// Takes that a process was stopped before its end: its run is left for another time.
  func stopped(_ run: Run) {
    if let place = run.trial { running[place, default: 1] -= 1 }
  }

  private func fold(_ run: Run) -> String { run.fold.map { "fold \($0): " } ?? "" }

  private func take(_ run: Run, _ summary: RunSummary) throws {
    let part = run.trial == nil ? "test" : "validation"
    guard let score = summary.splits[part]?[plan.metric], score.isFinite else {
      return try fail(run, "\(part).\(plan.metric) is not defined for its model")
    }
    guard let place = run.trial else {
      outerScore = score
      return
    }
    trials[place].scores[(run.fold ?? 1) - 1] = score
    trials[place].seconds += summary.wallSeconds
  }

  private func fail(_ run: Run, _ reason: String) throws {
    guard let place = run.trial else {
      outerFailure = reason
      return
    }
    let fold = run.fold ?? 1
    guard fold < firstFailure[place] ?? .max else { return }
    firstFailure[place] = fold
    failures[place] = self.fold(run) + reason
  }

  /// Ends a trial whose runs have all ended.
  private func settleIfDone(_ place: Int) throws {
    if let accident = accidents[place] {
      guard running[place, default: 0] == 0, trials[place].reason == nil else { return }
      trials[place].reason = accident
      source.leave(trials[place])
      try records.write(trials[place])
      return tell(trials[place])
    }
    let failed = firstFailure[place]
    let needed = trials[place].scores.prefix((failed ?? .max) - 1)
    guard trials[place].state == .unfinished, running[place, default: 0] == 0, !needed.contains(nil) else { return }
    try settle(place, failedWith: failures[place])
  }

  private func settle(_ place: Int, failedWith reason: String?) throws {
    trials[place].state = reason == nil ? .finished : .failed
    trials[place].reason = reason
    if reason != nil {
      for fold in ((firstFailure[place] ?? 1) - 1)..<plan.runs { trials[place].scores[fold] = nil }
    }
    try source.take(trials[place])
    try records.write(trials[place])
    tell(trials[place])
  }

  private func tell(_ trial: Trial) {
    let values = zip(plan.settings.shortNames, trial.shownValues).map { "\($0) \($1)" }.joined(separator: ", ")
    let search = outerFold.map { "outer fold \($0), " } ?? ""
    let head = "[\(doneCount)/\(max(count, trials.count))] \(search)trial \(trial.number) (\(values)): "
    guard let result = trial.result else { return report(.warning(head + trial.outcome)) }
    report(.note(head + "\(plan.settings.metric) \(result.description)" + String(format: "  %.1f s", trial.seconds)))
  }

  // MARK: The end

  /// What is left when all trials are handed out: for an outer fold, its winner's run, once all trials are judged.
  private func finishSearch() throws -> Run? {
    guard let outerFold, !isOuterStarted else { return nil }
    guard trials.indices.allSatisfy({ trials[$0].state != .unfinished || accidents[$0] != nil }) else {
      isExhausted = false  // Asked again when another run has ended.
      return nil
    }
    isOuterStarted = true
    guard accidents.isEmpty else {
      outerAccident = "trials of its search are missing"
      return nil
    }
    guard let best = plan.best(trials) else {
      outerFailure = "no trial finished"
      return nil
    }
    let experiment = try plan.experiment.trial(best.values, outerFold: outer, registry: plan.registry)
    let run = Run(
      trial: nil, fold: nil,
      job: TrainingJob(
        "outer fold \(outerFold), winner", experiment, run: plan.folder.winner(outerFold: outerFold),
        options: plan.options))
    return try needsProcess(run) ? run : nil
  }

  /// Adds what other machines have tried in the meantime.
  func gather() throws { trials += try source.elsewhere(own: Set(trials.map(\.number))) }

  /// Whether nothing is left to do now.
  var isDone: Bool {
    trials.indices.allSatisfy { trials[$0].state != .unfinished || accidents[$0] != nil } && isExhausted
      && (outerFold == nil || outerScore != nil || outerFailure != nil || outerAccident != nil)
  }
}

extension SeedsSummary.Statistics {
  /// `0.9731 ± 0.0042`.
  public var description: String {
    String(format: "%.4f", mean) + (deviation.map { String(format: " ± %.4f", $0) } ?? "")
  }
}

extension RunFolder {
  /// Why the run failed, in a line; nil where it did not, or has not ended.
  fileprivate var failure: String? {
    guard let summary = try? RunSummary.read(from: self), summary.status == .failed else { return nil }
    return summary.error?.split(separator: "\n").first.map(String.init) ?? "it failed"
  }
}
