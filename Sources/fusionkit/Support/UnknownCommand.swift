import ArgumentParser
import FusionCore

/// A word that stands where a command should and is none.
struct UnknownCommand {
  private let word: String
  /// The commands that there are.
  private let available: [String]

  /// Nil where the arguments begin with a command.
  init?(in arguments: some Sequence<String>) {
    var command: any ParsableCommand.Type = RootCommand.self
    for word in arguments {
      let commands = command.configuration.subcommands
      guard !commands.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
      guard let next = commands.first(where: { $0.configuration.commandName == word }) else {
        self.word = word
        available = commands.compactMap { $0.configuration.commandName }
        return
      }
      command = next
    }
    return nil
  }

  /// What the argument parser says, led by what is wrong: it speaks of unexpected arguments, or of an option that the
  /// right command would take.
  func leading(_ message: String) -> String {
    let usage = message.split(separator: "\n", omittingEmptySubsequences: false).drop { !$0.hasPrefix("Usage:") }
    let familiar = Self.familiar[word.lowercased()].flatMap { available.contains($0) ? $0 : nil }
    let meant = familiar ?? nearestSpelling(of: word, among: available)
    let lines = [
      "error: there is no command '\(word.excerpt())'" + (meant.map { ": did you mean '\($0)'?" } ?? ""),
      "  available: \(available.joined(separator: ", "))",
    ]
    return (lines + usage.map(String.init)).joined(separator: "\n")
  }

  /// What other programs call our commands.
  private static let familiar = [
    "fit": "train", "run": "train", "test": "evaluate", "eval": "evaluate", "score": "evaluate", "infer": "predict",
    "inference": "predict", "tune": "sweep", "search": "sweep", "optimize": "sweep", "plot": "embed", "tsne": "embed",
    "visualize": "embed", "validate": "check", "lint": "check", "info": "describe", "summary": "describe",
    "show": "describe", "benchmark": "bench", "ls": "list",
  ]
}
