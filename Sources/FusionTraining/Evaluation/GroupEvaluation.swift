import FusionConfig
import FusionCore
import FusionData

/// How good a model is on the samples of one group: of a recording, a speaker, a patient.
public struct GroupEvaluation: Sendable {
  /// The name of the group in the data.
  public let group: String
  /// The number of its samples in the part.
  public let samples: Int
  /// All metrics of these samples alone.
  public let report: MetricReport
}

extension Trainer {
  /// A run's model on a part of the data, whole and group by group; groups are in the order in which the part names them.
  ///
  /// - Parameters:
  ///   - metrics: names of metrics beside those that the run reports.
  ///   - corruptions: what samples are changed by, in order.
  /// - Throws: what ``evaluate(_:split:metrics:corruptions:)`` throws; `DataError` where the data name no groups.
  public func evaluateGroups(
    _ run: RunFolder, split: SplitName = .test, metrics: [String] = [], corruptions: [Corruption] = []
  ) throws -> (whole: Evaluation, groups: [GroupEvaluation]) {
    let (evaluator, part, objective) = try prepared(run, split: split, metrics: metrics, corruptions)
    guard let groups = part.groups else {
      throw DataError(
        experiment.data.root ?? "the data", "names no groups for the part '\(part.name)'",
        expected: "groups of samples: 'groups: FILE' beside the arrays of a part, with the data set arrays")
    }
    let outputs = try evaluator.outputs(part, title: split.rawValue)
    let whole = Evaluation(
      split: part, outputs: objective.original(outputs), report: try objective.report(outputs, part))
    var order: [Int32] = []
    var places: [Int32: [Int]] = [:]
    for (place, row) in part.rows.enumerated() {
      let number = groups.numbers[row]
      if places[number] == nil { order.append(number) }
      places[number, default: []].append(place)
    }
    let each = try order.compactMap { number -> GroupEvaluation? in
      let own = places[number] ?? []
      let name = groups.names[Int(number)]
      let samples = part.with(name: name, rows: own.map { part.rows[$0] })
      guard let report = try objective.report(outputs.selected(own, axis: 0), samples) else { return nil }
      return GroupEvaluation(group: name, samples: own.count, report: report)
    }
    return (whole, each)
  }
}
