import FusionConfig
import FusionCore
import Foundation

extension RunFolder {
  /// The experiment of a run, from its own `config.yaml`: what ``Trainer`` needs to evaluate it, to predict with it and to
  /// go on with it.
  ///
  /// ```swift
  /// let run = RunFolder("outputs/late")
  /// let evaluation = try Trainer(run.experiment(registry: .standard())).evaluate(run)
  /// ```
  ///
  /// - Parameters:
  ///   - overrides: `key.key=value`, as those of `Experiment.load`.
  ///   - registry: the components that the configuration may name.
  /// - Throws: ``RunFolderError``, where the folder holds no run or a run for each seed; `ConfigError`.
  public func experiment(overrides: [String] = [], registry: Registry) throws -> Experiment {
    try recover()
    switch state {
    case .foreign where !seedRuns.isEmpty:
      throw RunFolderError.runsOfSeeds(path: path, runs: seedRuns.map(\.path), advice: "name one of them")
    case .vacant where FileManager.default.fileExists(atPath: path): throw RunFolderError.notBegun(path: path)
    case .vacant, .foreign: throw RunFolderError.notARun(path: path, missing: "config.yaml")
    case .unreadable(let file, let reason): throw RunFolderError.unreadable(file: file, reason: reason)
    case .complete, .unfinished, .stranded:
      return try .load(resolved: configuration, overrides: overrides, registry: registry)
    }
  }

  /// The runs of `train --seeds` that lie in the folder, by seed.
  public var seedRuns: [RunFolder] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let seeds = names.compactMap { $0.hasPrefix("seed-") ? UInt64($0.dropFirst(5)) : nil }
    return seeds.sorted().map { RunFolder("\(path)/seed-\($0)") }
  }
}
