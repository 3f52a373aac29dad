import FusionConfig
import FusionCore
import FusionTraining

extension RunFolder {
  /// The experiment of a run, from its own config.yaml.
  ///
  /// - Throws: `RunFolderError.notARun` where there is none; `ConfigError`.
  func experiment(overrides: [String] = [], registry: Registry) throws -> Experiment {
    switch state {
    case .vacant, .foreign: throw RunFolderError.notARun(path: path, missing: "config.yaml")
    case .complete, .unfinished: return try .load(path: configuration, overrides: overrides, registry: registry)
    }
  }
}

extension Console {
  /// A bar on a terminal, plain lines elsewhere, or nothing.
  static func progress(quiet: Bool) -> any ProgressReporter { quiet ? SilentProgress() : TerminalProgress.automatic() }
}

/// A text as a YAML scalar that can be nothing but that text.
func quotedYAML(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
