import Foundation
import FusionCore
import FusionExperiments
import FusionTraining

/// What `sweep` prints in the end: the trials, best first, and where the winner lies.
enum SweepReport {
  /// The longest table that is printed; the files have all of it.
  private static let mostRows = 30

  static func text(of summary: SweepSummary, in folder: SweepFolder) -> String {
    var parts = [table(summary)]
    if summary.trials.count > mostRows { parts.append("The first \(mostRows) of \(summary.trials.count) trials.") }
    if summary.settings.folds > 0 {
      parts.append("Mean ± standard deviation over \(summary.settings.folds) folds.")
    }
    if !summary.outer.isEmpty { parts += nested(summary) }
    parts.append(
      "winner: \(folder.winner)   (fusionkit train \(folder.winner.shellWord))\n"
        + "tables: \(folder.table), \(folder.report)")
    if summary.isGenerated { parts.append(generatedDataNote) }
    return parts.joined(separator: "\n\n")
  }

  private static func table(_ summary: SweepSummary) -> String {
    let names = summary.settings.shortNames
    var table = TextTable(
      ["trial"] + names + ["seconds", summary.settings.metric], numeric: [0, names.count + 1])
    for trial in summary.ranked(summary.trials).prefix(mostRows) {
      var row = ["\(trial.number)"] + trial.shownValues
      row += [String(format: "%.1f", trial.seconds), trial.outcome]
      table.add(row)
    }
    return table.text
  }

  private static func nested(_ summary: SweepSummary) -> [String] {
    let metric = summary.settings.metric.replacing("validation.", with: "test.")
    let names = summary.settings.shortNames
    var table = TextTable(["outer fold", "trial"] + names + [metric], numeric: [0, 1])
    for outer in summary.outer {
      var row = ["\(outer.fold)", outer.best.map { "\($0.number)" } ?? "–"]
      row += outer.best?.shownValues ?? names.map { _ in "–" }
      row.append(outer.score.map { String(format: "%.4f", $0) } ?? "failed: \(outer.reason ?? "")")
      table.add(row)
    }
    let mean = summary.outerResult.map { "\n\n\(metric) of the winners on their outer folds: \($0.description)" } ?? ""
    return [table.text + mean]
  }
}
