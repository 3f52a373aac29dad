import FusionCore

/// Runs the checks over plugins.
///
/// ```swift
/// let report = Conformance().report(on: GatedSumFusion.self)
/// for failure in report.failures { print(failure) }
/// ```
public struct Conformance: Sendable {
  /// What random inputs and parameters derive from.
  public var seed: UInt64
  /// The ids of the checks to run; nil: all.
  public var only: Set<String>?
  /// The libraries that the plugins come from, for the command that repeats a failure.
  public var libraries: [String]

  /// A run of the checks.
  public init(seed: UInt64 = 0, only: Set<String>? = nil, libraries: [String] = []) {
    self.seed = seed
    self.only = only
    self.libraries = libraries
  }

  /// Runs the checks over a plugin.
  ///
  /// - Parameters:
  ///   - type: a component of any kind.
  ///   - record: the checked-in list of its parameters, for PAR-1; nil where there is none.
  ///   - told: is told of each check before and after it runs.
  public func report(
    on type: any Component.Type, record: ParameterRecord? = nil, told: (_ event: Event) -> Void = { _ in }
  ) -> Report {
    let plugin = Plugin(erasing: type, record: record)
    let results = checks.map { check in
      told(.began(id: check.id))
      let result = (id: check.id, outcome: outcome(of: check, plugin))
      told(.ended(id: result.id, outcome: result.outcome))
      return result
    }
    return Report(kind: plugin.kind, name: plugin.name, results: results)
  }

  /// What happens while checks are run, in a form that another process can be told in.
  public enum Event: Sendable, Codable {
    /// A check begins.
    case began(id: String)
    /// It is over.
    case ended(id: String, outcome: Outcome)
  }

  /// The checks that are run, in order.
  public var checks: [Check] { Check.all.filter { only?.contains($0.id) ?? true } }

  /// The failure of a check in the middle of which the process ended: a shape mistake inside of an operation, an index
  /// out of range, a recursion without end.
  ///
  /// - Parameters:
  ///   - words: how it ended, a line each.
  ///   - hint: what may be the cause.
  public func stopped(in check: Check, of type: any Component.Type, _ words: [String], hint: String) -> Failure {
    Failure(
      id: check.id, rule: check.rule, name: type.name, lines: words, trace: ["seed \(seed)"], hint: hint, others: 0,
      command: command(check, type.name))
  }

  private func command(_ check: Check, _ name: String) -> String {
    "fusionkit conformance \(name.shellWord) --only \(check.id) --seed \(seed)"
      + libraries.map { " --plugin \($0.shellWord)" }.joined()
  }

  private func outcome(of check: Check, _ plugin: Plugin) -> Outcome {
    let (findings, cases) = run(check, plugin)
    guard cases > 0 else { return .notApplicable }
    let reason = plugin.knownFailures[check.id]
    guard let first = findings.found.first else {
      guard let reason else { return .passed(cases: cases) }
      return .unexpectedPass(
        failure(
          check, plugin,
          Findings.Finding(
            lines: ["is declared a known failure, '\(reason)', and passes"], trace: [],
            hint: "take \(check.id) out of knownFailures")))
    }
    if let reason { return .knownFailure(reason: reason) }
    return .failed(failure(check, plugin, first, others: findings.found.count - 1))
  }

  /// What a check finds, and in how many cases it looked.
  private func run(_ check: Check, _ plugin: Plugin) -> (Findings, cases: Int) {
    var findings = Findings(seed: seed)
    func attempt(_ body: (inout Findings) throws -> Void) {
      do { try body(&findings) } catch { findings.fail("an error was thrown: \(error)") }
    }
    switch check.body {
    case .plugin(let isOfPipeline, let body):
      guard !isOfPipeline || plugin.kind.isPartOfPipeline else { return (findings, 0) }
      attempt { try body(plugin, &$0) }
      return (findings, 1)
    case .configured(let kind, let body):
      guard plugin.kind == kind else { return (findings, 0) }
      for (label, component) in plugin.configurations {
        attempt { findings in try findings.within(label) { try body(component, &$0) } }
      }
      return (findings, plugin.configurations.count)
    case .specimen(let body):
      let specimens = (check.level == .shapes ? plugin.accepted : plugin.representatives).filter(check.applies)
      for specimen in specimens {
        attempt { findings in
          try findings.within(specimen.configuration) { findings in
            try findings.within(specimen.inputsDescription) { try body(specimen, &$0) }
          }
        }
      }
      return (findings, specimens.count)
    }
  }

  private func failure(_ check: Check, _ plugin: Plugin, _ finding: Findings.Finding, others: Int = 0) -> Failure {
    Failure(
      id: check.id, rule: check.rule, name: plugin.name, lines: finding.lines,
      trace: finding.trace + ["seed \(seed)"], hint: finding.hint, others: others,
      command: command(check, plugin.name))
  }
}
