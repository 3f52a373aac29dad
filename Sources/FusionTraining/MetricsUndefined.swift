import FusionCore
import FusionData

extension Objective {
  /// Why a metric has no value on a part of the data, whatever a model says; nil where it has one.
  ///
  /// - Throws: `DataError` where targets cannot be read.
  func reasonWhyUndefined(_ metric: String, on split: DataSplit) throws(DataError) -> String? {
    switch (metric, split.targets) {
    case ("auroc", .classes(_, let names)):
      let absent = zip(names, split.classCounts).filter { $1 == 0 }.map(\.0)
      return absent.isEmpty ? nil : "no sample of '\(split.name)' is of \(Self.class(absent)), and it needs every class"
    case ("auroc", .flags(let array, let names)):
      let width = names.count
      var values = [Float](repeating: 0, count: split.count * width)
      try values.withUnsafeMutableBufferPointer { buffer throws(DataError) in
        guard let base = buffer.baseAddress else { return }
        try array.gather(rows: split.rows[...], into: base)
      }
      let counts = (0..<width).map { label in (0..<split.count).count { values[$0 * width + label] > 0.5 } }
      let constant = zip(names, counts).filter { $1 == 0 || $1 == split.count }.map(\.0)
      return constant.isEmpty
        ? nil
        : "every sample of '\(split.name)' has \(Self.class(constant)) or none has, and it needs both for every label"
    case ("r2", .values):
      return split.count < 2 ? "it needs two samples, and '\(split.name)' has \(split.count)" : nil
    default: return nil
    }
  }

  /// The reasons for all metrics of the task that a report lacks.
  func undefined(in report: MetricReport, on split: DataSplit) throws(DataError) -> [String: String] {
    var reasons: [String: String] = [:]
    for name in metricNames where report[name] == nil {
      let rest = split.count == 0 ? "'\(split.name)' has no samples" : "there is a single class"
      reasons[name] = try reasonWhyUndefined(name, on: split) ?? rest
    }
    return reasons
  }

  private static func `class`(_ names: [String]) -> String {
    (names.count == 1 ? "class " : "the classes ") + names.listed(5)
  }
}

/// A metric that decides which epoch is kept, or when to stop, has no value.
struct UndefinedMetricError: UserError {
  /// As in the configuration: `validation.auroc`.
  let metric: String
  /// The key that asks for it.
  let key: String
  /// The epoch, from 1.
  let epoch: Int

  var exitStatus: Int32 { 1 }
  var isLasting: Bool { true }
  var description: String {
    "'\(metric)', which \(key) watches, is not defined in epoch \(epoch): nothing can be chosen by it\n"
      + "  watch another metric, for example validation.loss"
  }
}
