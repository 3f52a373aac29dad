import FusionConfig
import FusionCore
import FusionData
import Foundation

/// The installed `optuna` command (Akiba et al. 2019, "Optuna: A Next-generation Hyperparameter Optimization Framework"):
/// each call is a process of its own, and answers in JSON.
struct Optuna {
  /// Where the command lies.
  let executable: String
  /// The first version whose `ask` and `tell` are used as they are here.
  static let oldest = 4

  /// Finds the command, and makes sure that it is new enough.
  ///
  /// - Throws: ``OptunaError``.
  init() throws {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    guard let found = folders.map({ "\($0)/optuna" as String }).first(where: { access($0, X_OK) == 0 }) else {
      throw OptunaError.notInstalled
    }
    executable = found
    let answer = try call(["--version"])
    let words = answer.split { $0.isWhitespace }
    guard words.first == "optuna", let major = words.last?.split(separator: ".").first.flatMap({ Int($0) }) else {
      throw OptunaError.notUnderstood(command: "--version", answer: answer)
    }
    guard major >= Self.oldest else { throw OptunaError.tooOld(version: words.last.map(String.init) ?? "") }
  }

  /// What the command prints.
  ///
  /// - Throws: ``OptunaError/failed(command:reason:)``.
  func call(_ arguments: [String]) throws -> String {
    let output = FileManager.default.temporaryDirectory.path + "/fusionkit-optuna-\(UUID().uuidString)"
    defer { unlink(output) }
    // A flag of its own: an answer that is cut off would leave the study in doubt.
    let pool = ProcessPool(executable: executable, places: 1, stop: StopFlag())
    var command: ProcessPool.Command? = ProcessPool.Command(arguments, output: output)
    var outcome: ChildOutcome?
    try pool.run(
      next: { () throws -> (job: Void, command: ProcessPool.Command)? in
        guard let only = command else { return nil }
        command = nil
        return (job: (), command: only)
      }, ended: { _, ended in outcome = ended })
    guard let outcome, outcome.status == 0 else {
      let last = outcome?.errors.split(separator: "\n").last { !$0.allSatisfy(\.isWhitespace) }
      throw OptunaError.failed(
        command: arguments.first ?? "", reason: last.map(String.init) ?? "it ended with status \(outcome?.status ?? -1)"
      )
    }
    return (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
  }

  /// What the command prints as JSON.
  func ask(_ arguments: [String]) throws -> ConfigValue {
    let answer = try call(arguments + ["--format", "json"])
    guard let value = try? ConfigValue(yaml: answer, name: "optuna") else {
      throw OptunaError.notUnderstood(command: arguments.first ?? "", answer: answer)
    }
    return value
  }
}

/// What can go wrong with the `optuna` command.
public enum OptunaError: UserError, Equatable {
  /// It is not there.
  case notInstalled
  /// It is of a version without what is needed.
  case tooOld(version: String)
  /// It failed, with the last line of what it wrote.
  case failed(command: String, reason: String)
  /// It answered something else than was expected.
  case notUnderstood(command: String, answer: String)
  /// The study is there, and seeks the other direction.
  case otherDirection(study: String)
  /// The folder cannot be part of a database's URL.
  case invalidPath(String)

  /// 1: nothing is wrong with the configuration.
  public var exitStatus: Int32 { 1 }

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .notInstalled:
      "the sampler 'optuna' needs the command 'optuna', and no folder of PATH has it\n"
        + "  install it with: pip install optuna      (or take the sampler random, which needs nothing)"
    case .tooOld(let version):
      "the sampler 'optuna' needs version \(Optuna.oldest) or later of the command 'optuna', this is \(version)\n"
        + "  update it with: pip install --upgrade optuna"
    case .failed(let command, let reason): "'optuna \(command)' failed: \(reason)"
    case .notUnderstood(let command, let answer):
      "'optuna \(command)' answered what this version of FusionKit does not understand: "
        + "'\(answer.prefix(200).trimmingCharacters(in: .whitespacesAndNewlines))'\n"
        + "  it is known to work with versions 4 and 5: pip install 'optuna>=4,<6'"
    case .otherDirection(let study):
      "the study '\(study)' is there already, and seeks the other direction; choose another sweep.sampler.study"
    case .invalidPath(let path): "\(path) cannot hold a study: a database's URL has no '?' in its path"
    }
  }
}
