import Foundation
import FusionConfig
import FusionCore
import FusionTraining

extension RunFolder {
  /// The experiment of a run, from its own config.yaml.
  ///
  /// - Throws: `RunFolderError.notARun` where there is none, `SeedsFolder` where they lie one level below; `ConfigError`.
  func experiment(overrides: [String] = [], registry: Registry) throws -> Experiment {
    try recover()
    switch state {
    case .foreign where !seedRuns.isEmpty: throw SeedsFolder(run: self, advice: "name one of them")
    case .vacant where FileManager.default.fileExists(atPath: path): throw RunFolderError.notBegun(path: path)
    case .vacant, .foreign: throw RunFolderError.notARun(path: path, missing: "config.yaml")
    case .unreadable(let file, let reason): throw RunFolderError.unreadable(file: file, reason: reason)
    case .complete, .unfinished, .stranded:
      return try .load(resolved: configuration, overrides: overrides, registry: registry)
    }
  }

  /// The runs of `train --seeds` that lie in the folder, by seed.
  var seedRuns: [RunFolder] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let seeds = names.compactMap { $0.hasPrefix("seed-") ? UInt64($0.dropFirst(5)) : nil }
    return seeds.sorted().map { RunFolder("\(path)/seed-\($0)") }
  }
}

/// A folder of `train --seeds` where that of one run was meant.
struct SeedsFolder: UserError {
  let description: String

  init(run: RunFolder, advice: String) {
    let runs = run.seedRuns.map { $0.path }.joined(separator: ", ")
    description = "\(run.path) holds a run for each seed; \(advice): \(runs)"
  }

  var exitStatus: Int32 { 1 }
}

/// `--output`, or a name that follows from the configuration: a name lies below outputs/, a path is taken as it is.
func outputFolder(_ output: String?, otherwise name: String) -> String {
  let output = output ?? name
  return output.contains("/") ? output : "outputs/\(output)"
}

extension Console {
  /// A bar on a terminal, plain lines elsewhere, or nothing.
  static func progress(quiet: Bool) -> any ProgressReporter { quiet ? SilentProgress() : TerminalProgress.automatic() }

  /// What a command reports whose result is read by a program: no progress, but what has to be known about the result.
  static func remarks(only: Bool) -> any ProgressReporter { only ? PlainProgress() : TerminalProgress.automatic() }
}

/// A text as a YAML scalar that can be nothing but that text.
func quotedYAML(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
