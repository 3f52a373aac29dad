import FusionConfig
import FusionCore
import FusionData

/// What a run predicted for the test part, as its `predictions.csv` tells.
public struct TestPredictions: Sendable {
  /// The rows of the samples in the data set's arrays.
  let ids: [String]
  /// What is right, in words.
  let labels: [String]
  /// What was predicted, in words.
  let predictions: [String]
  private let file: String

  /// Reads the predictions of a finished run.
  ///
  /// - Throws: `DataError` where the file is missing, or holds no labels.
  public init(of run: RunFolder) throws(DataError) {
    file = run.predictions
    let table = try CSV(opening: file, header: .yes)
    guard table.header == ["id", "label", "prediction"] else {
      throw DataError(file, "holds other columns", expected: "id, label and prediction")
    }
    ids = try table.text(column: 0).map(CellText.unguarded)
    labels = try table.text(column: 1).map(CellText.unguarded)
    predictions = try table.text(column: 2).map(CellText.unguarded)
  }

  /// The p value for the difference of a metric between two systems; nil where the metric cannot be computed from
  /// predictions alone, as losses and areas under curves.
  ///
  /// - Parameters:
  ///   - a: the predictions of one system, one for each seed.
  ///   - b: those of the other.
  ///   - classes: the names of the classes or labels.
  /// - Throws: `DataError` where they are not for the same samples.
  public static func pValue(
    _ a: [TestPredictions], _ b: [TestPredictions], metric: String, task: TaskSettings, classes: [String],
    test: PermutationTest = PermutationTest()
  ) throws(DataError) -> Double? {
    guard let first = a.first, a.count == b.count else { return nil }
    for other in a + b where other.ids != first.ids || other.labels != first.labels {
      throw DataError(other.file, "tells of other samples than \(first.file)", expected: "runs over the same test part")
    }
    func decided<Metric: SampleMetric>(
      _ metric: Metric?, _ read: (TestPredictions) -> [Metric.Prediction]?
    ) throws(DataError) -> Double? {
      guard let metric else { return nil }
      func all(_ runs: [TestPredictions]) throws(DataError) -> [[Metric.Prediction]] {
        var result: [[Metric.Prediction]] = []
        for run in runs {
          guard let predictions = read(run) else {
            throw DataError(run.file, "holds what is no prediction of this task")
          }
          result.append(predictions)
        }
        return result
      }
      return test.pValue(try all(a), try all(b), metric)
    }
    let numbers = Dictionary(classes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    switch task {
    case .classification:
      guard let labels = numbered(first.labels, numbers) else { return nil }
      return try decided(ClassMetric(metric, labels: labels, classes: classes.count)) {
        numbered($0.predictions, numbers)
      }
    case .multilabel:
      guard let labels = sets(first.labels, numbers) else { return nil }
      return try decided(LabelSetMetric(metric, labels: labels, classes: classes.count)) {
        sets($0.predictions, numbers)
      }
    case .regression:
      guard let targets = values(first.labels) else { return nil }
      return try decided(ValueMetric(metric, targets: targets)) { values($0.predictions) }
    }
  }

  private static func numbered(_ words: [String], _ numbers: [String: Int]) -> [Int]? {
    let result = words.compactMap { numbers[$0] }
    return result.count == words.count ? result : nil
  }

  private static func sets(_ words: [String], _ numbers: [String: Int]) -> [Set<Int>]? {
    let result = words.compactMap { words in
      numbered(CellText.names(words), numbers).map(Set.init)
    }
    return result.count == words.count ? result : nil
  }

  private static func values(_ words: [String]) -> [[Double]]? {
    let result = words.map { $0.split(separator: " ").compactMap { Double($0) } }
    return Set(result.map(\.count)).count == 1 ? result : nil
  }
}
