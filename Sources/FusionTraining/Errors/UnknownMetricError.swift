import FusionCore

/// Metrics were asked for that the task does not have.
public struct UnknownMetricError: UserError, Equatable {
  /// What is wrong with each, and what there is.
  public let problems: [String]
  /// Problems, one or more.
  public init(problems: [String]) { self.problems = problems }
  /// Usage.
  public var exitStatus: Int32 { 2 }
  /// One problem a line.
  public var description: String { problems.joined(separator: "\nerror: ") }
}

extension TaskMetrics {
  /// Lets reports hold these metrics, too.
  ///
  /// - Throws: ``UnknownMetricError`` with all that are not available.
  public mutating func report(_ names: [String]) throws(UnknownMetricError) {
    let problems = names.compactMap { problem(with: $0) }.map { "\($0.message)\n  \($0.hint)" }
    guard problems.isEmpty else { throw UnknownMetricError(problems: problems) }
    for name in names { report(name) }
  }
}
