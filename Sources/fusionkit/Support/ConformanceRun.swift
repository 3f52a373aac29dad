import Foundation
import FusionConformance
import FusionCore
import FusionTraining

/// Runs the checks over plugins and tells of it.
struct ConformanceRun {
  let conformance: Conformance
  let isJSON: Bool

  /// Whether all plugins passed.
  func callAsFunction(_ entries: [Registry.Entry]) throws -> Bool {
    let began = Date()
    let progress = TerminalProgress.automatic()
    defer { progress.report(.ended) }
    var reports: [Report] = []
    for (index, entry) in entries.enumerated() {
      if entries.count > 1, index == 0 { progress.report(.began(title: "conformance", samples: entries.count)) }
      let report = conformance.report(on: entry.type)
      reports.append(report)
      if entries.count > 1 { progress.report(.advanced(samples: index + 1, loss: nil)) }
      guard !isJSON else { continue }
      progress.report(.ended)
      try Console.print(Self.text(of: report))
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
          ? "\n\(reports.count) plugins, \(checks) checks passed, \(seconds)"
          : "\n\(failed) of \(reports.count) plugins failed \(failures) of \(checks) checks, \(seconds)")
    }
    return failed == 0
  }

  /// A line for a plugin that passed, its failures for one that did not.
  private static func text(of report: Report) -> String {
    let known = report.knownFailures.map { "\n  [\($0.id): \($0.reason)]" }.joined()
    guard !report.isPassed else {
      return "✔ \(report.kind.rawValue) \(report.name)   \(report.checkCount) checks" + known
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
