import Foundation
import FusionConfig
import FusionCore
import FusionTraining

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
