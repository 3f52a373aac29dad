import FusionCore

/// One failing check of one plugin: everything needed to understand and repeat it.
public struct Failure: Sendable, Equatable, Codable {
  /// The check's id.
  public let id: String
  /// Its rule.
  public let rule: String
  /// The plugin's name.
  public let name: String
  /// What was got and expected, a line each.
  public let lines: [String]
  /// The combination that fails: configuration, modalities, batch, seed.
  public let trace: [String]
  /// What may be the cause.
  public let hint: String?
  /// How many other combinations fail as well.
  public let others: Int
  /// The command that repeats it.
  public let command: String
}

extension Failure: CustomStringConvertible {
  /// As it is printed.
  public var description: String {
    var text = ["✘ \(id) \(rule): \(name)"] + lines.map { "  \($0)" }
    text.append("  trace: \(trace.joined(separator: " › "))" + (others > 0 ? "   (and \(others) more like it)" : ""))
    if let hint { text.append("  hint: \(hint)") }
    text.append("  again: \(command)")
    return text.joined(separator: "\n")
  }
}

/// What became of one check.
public enum Outcome: Sendable, Equatable, Codable {
  /// It held in so many cases.
  case passed(cases: Int)
  /// It did not hold.
  case failed(Failure)
  /// It does not concern the plugin: another kind, or traits that do not promise what it looks for.
  case notApplicable
  /// It failed, as the plugin says it does.
  case knownFailure(reason: String)
  /// It passed, and the plugin says that it does not.
  case unexpectedPass(Failure)

  /// What has to be mended, if anything.
  public var failure: Failure? {
    switch self {
    case .failed(let failure), .unexpectedPass(let failure): failure
    case .passed, .notApplicable, .knownFailure: nil
    }
  }
}

/// What the kit found out about one plugin.
public struct Report: Sendable {
  /// Its kind.
  public let kind: ComponentKind
  /// Its name.
  public let name: String
  /// The checks that were run, in order.
  public let results: [(id: String, outcome: Outcome)]

  /// A report of results that were gathered elsewhere.
  public init(kind: ComponentKind, name: String, results: [(id: String, outcome: Outcome)]) {
    self.kind = kind
    self.name = name
    self.results = results
  }

  /// Everything that has to be mended.
  public var failures: [Failure] { results.compactMap { $0.outcome.failure } }
  /// Whether nothing has to be mended.
  public var isPassed: Bool { failures.isEmpty }
  /// The number of checks that concerned the plugin.
  public var checkCount: Int { results.count { $0.outcome != .notApplicable } }
  /// Known failures with their reasons.
  public var knownFailures: [(id: String, reason: String)] {
    results.compactMap {
      if case .knownFailure(let reason) = $0.outcome { return ($0.id, reason) }
      return nil
    }
  }
}
