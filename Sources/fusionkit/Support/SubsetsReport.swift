import Foundation
import FusionCore
import FusionData
import FusionTraining

/// What `evaluate --subsets` prints.
struct SubsetsReport: Encodable {
  struct Row: Encodable {
    let present: [String]
    let samples: Int
    let metrics: [String: Double]
    /// Why metrics of the task are not among them.
    let undefined: [String: String]
  }

  let run: String
  let split: String
  let generatedData: Bool
  /// What takes the place of a missing modality.
  let missing: MissingModalityPolicy
  let subsets: [Row]
  /// Nil where the samples are as they are stored.
  let corruptions: [CorruptionRow]?
  private let order: [String]

  enum CodingKeys: String, CodingKey {
    case run, split, missing, subsets, corruptions
    case generatedData = "generated_data"
  }

  init(
    _ evaluations: [SubsetEvaluation], run: String, split: String, fusion: ConfiguredFusion, isGenerated: Bool,
    corruptions: [CorruptionRow] = []
  ) {
    self.corruptions = corruptions.isEmpty ? nil : corruptions
    self.run = run
    self.split = split
    generatedData = isGenerated
    missing = fusion.missingPolicy
    subsets = evaluations.map {
      Row(
        present: $0.present, samples: $0.evaluation.split.count, metrics: $0.evaluation.report?.values ?? [:],
        undefined: $0.evaluation.report?.undefined ?? [:])
    }
    // A subset may lack a metric that another has: that of a class which none of its samples is of.
    let names = evaluations.flatMap { ($0.evaluation.report?.entries ?? []).map(\.name) }
    order = names.enumerated().filter { names.firstIndex(of: $1) == $0 }.map(\.1)
  }

  /// For people.
  var text: String {
    var parts = ["\(run), \(split), by the modalities that are seen; where one is missing: \(missing.description)"]
    if let line = corruptions?.line { parts.append(line) }
    if generatedData { parts.append(generatedDataNote) }
    var table = TextTable(["present", "samples"] + order, numeric: Set(1...order.count + 1))
    for row in subsets {
      table.add(
        [row.present.joined(separator: ", "), "\(row.samples)"]
          + order.map { name in row.metrics[name].map { String(format: "%.4f", $0) } ?? "" })
    }
    parts.append(table.text)
    let reasons = subsets.flatMap { row in
      row.undefined.sorted { $0.key < $1.key }.map {
        "\(row.present.joined(separator: ", ")): \($0.key) is not defined, \($0.value)"
      }
    }
    if !reasons.isEmpty { parts.append(reasons.joined(separator: "\n")) }
    return parts.joined(separator: "\n\n")
  }
}

extension Console {
  /// Says on standard error which modalities a part does not have at all, and what is done about it.
  static func noteAbsent(_ pipeline: PipelineSpecification, _ split: DataSplit) {
    let absent = pipeline.branches.map(\.name).filter { name in !split.modalities.contains { $0.name == name } }
    guard !absent.isEmpty else { return }
    note(
      "warning: the part '\(split.name)' has no \(absent.map { "'\($0)'" }.joined(separator: ", ")): "
        + pipeline.fusion.missingPolicy.description)
  }
}
