import Foundation
import FusionTraining

/// What `evaluate` prints.
struct EvaluationReport: Encodable {
  struct ClassRow: Encodable {
    let name: String
    let support: Int
    let precision: Double
    let recall: Double
    let f1: Double
  }

  struct GroupRow: Encodable {
    let group: String
    let samples: Int
    let metrics: [String: Double]
    /// Why metrics of the task are not among them.
    let undefined: [String: String]
  }

  let run: String
  let split: String
  let samples: Int
  let generatedData: Bool
  let metrics: [String: Double]
  /// Why metrics of the task are not among them.
  let undefined: [String: String]
  let classes: [ClassRow]
  /// `[true][predicted]`.
  let confusion: [[Int]]?
  /// Nil where they were not asked for.
  let groups: [GroupRow]?
  /// Nil where the samples are as they are stored.
  let corruptions: [CorruptionRow]?
  private let order: [String]

  enum CodingKeys: String, CodingKey {
    case run, split, samples, metrics, undefined, classes, confusion, groups, corruptions
    case generatedData = "generated_data"
  }

  /// Nil where the part has no targets.
  init?(
    _ evaluation: Evaluation, _ groups: [GroupEvaluation]? = nil, run: String, isGenerated: Bool,
    corruptions: [CorruptionRow] = []
  ) {
    guard let report = evaluation.report else { return nil }
    self.corruptions = corruptions.isEmpty ? nil : corruptions
    self.run = run
    split = evaluation.split.name
    samples = evaluation.split.count
    generatedData = isGenerated
    order = report.entries.map(\.name)
    metrics = report.values
    undefined = report.undefined
    classes = zip(evaluation.split.classNames, report.perClass).map {
      ClassRow(name: $0, support: $1.support, precision: $1.precision, recall: $1.recall, f1: $1.f1)
    }
    confusion = report.confusion?.counts
    self.groups = groups.map { groups in
      groups.map {
        GroupRow(group: $0.group, samples: $0.samples, metrics: $0.report.values, undefined: $0.report.undefined)
      }
    }
  }

  /// For people.
  var text: String {
    var parts = ["\(run), \(split): \(samples) samples"]
    if let line = corruptions?.line { parts.append(line) }
    if generatedData { parts.append(generatedDataNote) }
    var values = TextTable(["metric", "value"], numeric: [1])
    for name in order { values.add(name, String(format: "%.4f", metrics[name] ?? .nan)) }
    parts.append(values.text)
    if !undefined.isEmpty {
      parts.append(undefined.sorted { $0.key < $1.key }.map { "\($0): not defined, \($1)" }.joined(separator: "\n"))
    }
    if !classes.isEmpty { parts.append(classTable) }
    if let confusion, confusion.count <= 30 { parts.append(confusionTable(confusion)) }
    if let groups { parts.append(groupTable(groups)) }
    return parts.joined(separator: "\n\n")
  }

  private func groupTable(_ groups: [GroupRow]) -> String {
    let shown = order + undefined.keys.sorted().filter { name in groups.contains { $0.metrics[name] != nil } }
    var table = TextTable(["group", "samples"] + shown, numeric: Set(1...shown.count + 1))
    for row in groups {
      table.add(
        [row.group.printable, "\(row.samples)"]
          + shown.map { name in row.metrics[name].map { String(format: "%.4f", $0) } ?? "" })
    }
    let lacking = shown.filter { name in groups.contains { $0.metrics[name] == nil } }
    let note =
      lacking.isEmpty
      ? "" : "\n\nnot defined for some groups: \(lacking.joined(separator: ", ")) (--json says why)"
    return table.text + note
  }

  private var classTable: String {
    var table = TextTable(["class", "samples", "precision", "recall", "f1"], numeric: Set(1...4))
    for row in classes {
      table.add([row.name, "\(row.support)"] + [row.precision, row.recall, row.f1].map { String(format: "%.4f", $0) })
    }
    return table.text
  }

  private func confusionTable(_ counts: [[Int]]) -> String {
    var table = TextTable(["true \\ predicted"] + classes.map(\.name), numeric: Set(1...max(1, counts.count)))
    for (row, counts) in zip(classes, counts) { table.add([row.name] + counts.map { $0 == 0 ? "." : "\($0)" }) }
    return "confusion matrix\n" + table.text
  }
}
