import FusionConfig
import FusionCore
import FusionData
import Foundation

/// The results of runs of one experiment that differ in the seed alone.
public struct SeedsSummary: Codable, Sendable, Equatable {
  /// Mean and spread of one metric.
  public struct Statistics: Codable, Sendable, Equatable {
    /// The mean over seeds.
    public var mean: Double
    /// The sample standard deviation (n − 1); nil for one seed.
    public var deviation: Double?
    /// The single values, in the order of the seeds.
    public var values: [Double]

    /// The statistics of one value or more.
    public init(_ values: [Double]) {
      self.values = values
      let mean = values.reduce(0, +) / Double(values.count)
      self.mean = mean
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : nil
    }
  }

  /// In the order in which they were trained.
  public var seeds: [UInt64]
  /// By part and metric, for metrics that every run has.
  public var splits: [String: [String: Statistics]]

  init(_ runs: [RunSummary]) {
    seeds = runs.map(\.seed)
    splits = [:]
    for (split, metrics) in runs.first?.splits ?? [:] {
      for name in metrics.keys {
        let values = runs.compactMap { $0.splits[split]?[name] }
        if values.count == runs.count { splits[split, default: [:]][name] = Statistics(values) }
      }
    }
  }
}

extension Trainer {
  /// Trains once per seed, one after the other, into `<folder>/seed-<n>`, and writes `<folder>/seeds.json`.
  ///
  /// Runs of the same configuration that are there already are not trained again, and unfinished ones go on: after an
  /// interruption the same call does the rest.
  ///
  /// - Parameter registry: the one that the experiment was read with.
  /// - Throws: what ``train(into:overwrite:)`` throws; before anything is trained where one of the folders is taken.
  public func train(
    seeds: [UInt64], into folder: String, overwrite: Bool = false, registry: Registry
  ) throws -> SeedsSummary {
    precondition(!seeds.isEmpty && Set(seeds).count == seeds.count, "seeds: one or more, all different")
    let runs = try seeds.map { seed in
      let seeded = try Experiment.load(
        text: experiment.resolvedYAML, name: experiment.name, overrides: ["seed=\(seed)"], registry: registry)
      let trainer = Trainer(
        seeded, threads: threads, progress: progress, stop: stop, verifiesData: verifiesData)
      return (seed: seed, trainer: trainer, run: RunFolder("\(folder)/seed-\(seed)"))
    }
    for (_, _, run) in runs { try run.recover() }
    for (_, trainer, run) in runs where overwrite || !trainer.owns(run) { try run.checkVacant(overwrite: overwrite) }
    try AtomicFile.makeFolder(folder)
    // One series a folder at a time; each run has a log of its own.
    let log = try RunLog(RunFolder(folder), next: progress)
    let finished = overwrite ? [] : runs.filter { $0.run.isComplete }
    if finished.count < runs.count { try checkData(since: finished.map(\.run), of: folder) }
    var summaries: [RunSummary] = []
    for (seed, trainer, run) in runs {
      do {
        summaries.append(try trainer.doWhatIsLeft(of: run, seed: seed, overwrite: overwrite))
      } catch {
        // A training that diverged does so again: nothing is to be had from another try.
        guard !((error as? any UserError)?.isLasting ?? false) else { throw error }
        let missing = runs.dropFirst(summaries.count).map { "\($0.seed)" }
        log.report(
          .warning(
            "the run\(missing.count == 1 ? "" : "s") of seed \(missing.joined(separator: ", ")) "
              + "\(missing.count == 1 ? "is" : "are") missing; the same command\(overwrite ? " without --overwrite" : "") "
              + "goes on from here"))
        throw error
      }
    }
    let summary = SeedsSummary(summaries)
    AbandonedFiles.remove(in: folder)
    try AtomicFile.write(prettyJSON(summary), to: folder + "/seeds.json", links: .replaced)
    return summary
  }

  private func doWhatIsLeft(of run: RunFolder, seed: UInt64, overwrite: Bool) throws -> RunSummary {
    let isThere = !overwrite && owns(run)
    if isThere, case .complete = run.state {
      progress.report(.note("seed \(seed): done before, in \(run.path)"))
      return try RunSummary.read(from: run)
    }
    progress.report(.note("seed \(seed)"))
    if isThere, run.state == .unfinished { return try resume(run) }
    // Of a run of the same configuration that cannot go on, nothing is lost.
    return try train(into: run, overwrite: overwrite || (isThere && run.state == .stranded))
  }

  /// Whether a run in the folder is of exactly this experiment.
  private func owns(_ run: RunFolder) -> Bool { run.holds(experiment.resolvedYAML) }
}
