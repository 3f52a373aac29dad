import Foundation
import FusionConformance
import FusionCore
import FusionTraining
import Synchronization

/// Runs the checks over plugins and tells of it.
struct ConformanceRun {
  let isJSON: Bool
  /// How many plugins are looked at side by side.
  let workers: Int
  /// Runs the checks over one.
  let report: @Sendable (Registry.Entry) throws -> Report

  /// Whether all plugins passed.
  func callAsFunction(_ entries: [Registry.Entry]) throws -> Bool {
    let began = Date()
    let table = Mutex(Results())
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: min(workers, entries.count)) { _ in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard entries.indices.contains(index) else { return }
        let result = Result { try report(entries[index]) }
        table.withLock { table in
          table.results[index] = result
          if !isJSON { table.printNext() }
        }
      }
    }
    let reports = try table.withLock { table in
      if let error = table.error { throw error }
      return try entries.indices.compactMap { try table.results[$0]?.get() }
    }
    let failed = reports.count { !$0.isPassed }
    if isJSON {
      try Console.printJSON(reports.map { ReportRow($0) })
    } else {
      let seconds = String(format: "%.1f s", Date().timeIntervalSince(began))
      let checks = reports.reduce(0) { $0 + $1.checkCount }
      let failures = reports.reduce(0) { $0 + $1.failures.count }
      try Console.print(
        failed == 0
          ? "\n\(reports.count) \(reports.count == 1 ? "plugin" : "plugins"), \(checks) checks passed, \(seconds)"
          : "\n\(failed) of \(reports.count) plugins failed \(failures) of \(checks) checks, \(seconds)")
    }
    return failed == 0
  }

  /// What is known so far; plugins are told of in their order, whichever is done first.
  private struct Results {
    var results: [Int: Result<Report, any Error>] = [:]
    var error: (any Error)?
    private var printed = 0

    mutating func printNext() {
      while error == nil, let result = results[printed] {
        do { try Console.print(ConformanceRun.text(of: result.get())) } catch { self.error = error }
        printed += 1
      }
    }
  }

  /// A line for a plugin that passed, its failures for one that did not.
  private static func text(of report: Report) -> String {
    let known = report.knownFailures.map { "\n  [\($0.id): \($0.reason)]" }.joined()
    guard !report.isPassed else {
      return "✔ \(report.kind.words) \(report.name)   \(report.checkCount) checks" + known
    }
    return report.failures.map { $0.description }.joined(separator: "\n") + known
  }
}

/// A plugin in JSON.
private struct ReportRow: Encodable {
  struct CheckRow: Encodable {
    let id: String
    let outcome: String
    var cases: Int?
    var reason: String?
    var failure: String?
  }

  let kind: ComponentKind
  let name: String
  let passed: Bool
  let checks: [CheckRow]

  init(_ report: Report) {
    kind = report.kind
    name = report.name
    passed = report.isPassed
    checks = report.results.map { id, outcome in
      switch outcome {
      case .passed(let cases): CheckRow(id: id, outcome: "passed", cases: cases)
      case .failed(let failure): CheckRow(id: id, outcome: "failed", failure: failure.description)
      case .notApplicable: CheckRow(id: id, outcome: "not_applicable")
      case .knownFailure(let reason): CheckRow(id: id, outcome: "known_failure", reason: reason)
      case .unexpectedPass(let failure): CheckRow(id: id, outcome: "unexpected_pass", failure: failure.description)
      }
    }
  }
}
