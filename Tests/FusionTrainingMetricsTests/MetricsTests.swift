import Foundation
import FusionTraining
import Testing

private struct Fixture: Decodable {
  struct Scores: Decodable {
    let precision: [Double]
    let recall: [Double]
    let f1: [Double]
    let support: [Int]
  }
  struct Case: Decodable {
    let name: String
    let width: Int
    let outputs: [Float]
    let targets: [Double]
    let confusion: [[Int]]?
    let perClass: Scores?
    let values: [String: Double?]
  }
  struct Ranking: Decodable {
    let name: String
    let scores: [Double]
    let positives: [Bool]
    let area: Double?
  }
  let classification: [Case]
  let multilabel: [Case]
  let regression: [Case]
  let ranking: [Ranking]

  /// Reads what `make_metrics.py` made with scikit-learn.
  static func read() throws -> Fixture {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/metrics/metrics.json")
    return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
  }
}

/// Feeds the rows of a case in batches of `rows`.
private func report<Metrics: MetricAccumulator>(
  _ empty: Metrics, _ c: Fixture.Case, _ targets: [Metrics.Target], rows: Int
) -> MetricReport {
  var metrics = empty
  let samples = c.outputs.count / c.width
  let targetWidth = targets.count / samples
  for start in stride(from: 0, to: samples, by: rows) {
    let end = min(start + rows, samples)
    metrics.add(
      outputs: Array(c.outputs[start * c.width..<end * c.width]),
      targets: Array(targets[start * targetWidth..<end * targetWidth]), loss: nil)
  }
  return metrics.report
}

private func compare(_ report: MetricReport, _ c: Fixture.Case, tolerance: Double = 1e-12) {
  for (name, expected) in c.values {
    let value = report[name]
    if let value, let expected {
      #expect(abs(value - expected) <= tolerance * max(1, abs(expected)), "\(c.name): \(name) \(value) \(expected)")
    } else {
      #expect(value == expected, "\(c.name): \(name)")
    }
  }
  let names = report.entries.map { $0.name }
  #expect(Set(names) == Set(c.values.filter { $0.value != nil }.keys), "\(c.name)")
  guard let scores = c.perClass else { return }
  #expect(report.perClass.map { $0.support } == scores.support, "\(c.name)")
  #expect(near(report.perClass.map { $0.precision }, scores.precision), "\(c.name)")
  #expect(near(report.perClass.map { $0.recall }, scores.recall), "\(c.name)")
  #expect(near(report.perClass.map { $0.f1 }, scores.f1), "\(c.name)")
}

private func near(_ a: [Double], _ b: [Double]) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-12 }
}

@Test(arguments: [1, 7, 1000])
func metricsEqualScikitLearns(rows: Int) throws {
  let fixture = try Fixture.read()
  for c in fixture.classification {
    let report = report(ClassificationMetrics(classes: c.width), c, c.targets.map { Int($0) }, rows: rows)
    compare(report, c)
    #expect(report.confusion?.counts == c.confusion)
  }
  for c in fixture.multilabel {
    compare(report(MultilabelMetrics(labels: c.width), c, c.targets.map { Float($0) }, rows: rows), c)
  }
  for c in fixture.regression {
    compare(report(RegressionMetrics(outputs: c.width), c, c.targets.map { Float($0) }, rows: rows), c)
  }
}

@Test func areasEqualScikitLearns() throws {
  for c in try Fixture.read().ranking {
    let area = areaUnderROC(scores: c.scores, positives: c.positives)
    if let area, let expected = c.area {
      #expect(abs(area - expected) <= 1e-12, "\(c.name)")
    } else {
      #expect(area == c.area, "\(c.name)")
    }
  }
}

@Test func whatIsNotDefinedIsLeftOut() {
  #expect(areaUnderROC(scores: [], positives: []) == nil)
  #expect(areaUnderROC(scores: [.nan, 1], positives: [true, false]) == nil)
  #expect(ClassificationMetrics(classes: 3).report.entries.isEmpty)
  #expect(MultilabelMetrics(labels: 3).report.entries.isEmpty)
  #expect(RegressionMetrics(outputs: 3).report.entries.isEmpty)

  var metrics = ClassificationMetrics(classes: 2)
  metrics.add(outputs: [.nan, 1, 1, .nan], targets: [0, 1])
  #expect(metrics.report["accuracy"] == 0.5)
  #expect(metrics.report["auroc"] == nil)
}

@Test func theLossIsAveragedOverSamplesNotBatches() {
  var metrics = ClassificationMetrics(classes: 2)
  metrics.add(outputs: [1, 0, 1, 0, 1, 0], targets: [0, 0, 0], loss: 1)
  metrics.add(outputs: [1, 0], targets: [0], loss: 5)
  #expect(metrics.report["loss"] == 2)
  #expect(metrics.report.entries.first?.name == "loss")
}

@Test func reportsNameWhatTheyAnnounceInOrder() {
  var classification = ClassificationMetrics(classes: 2)
  classification.add(outputs: [1, 0, 0, 1], targets: [0, 1], loss: 0)
  #expect(classification.report.entries.map { $0.name } == ClassificationMetrics.names)
  var labels = MultilabelMetrics(labels: 1)
  labels.add(outputs: [1, -1], targets: [0, 1], loss: 0)
  #expect(labels.report.entries.map { $0.name } == MultilabelMetrics.names)
  var regression = RegressionMetrics(outputs: 1)
  regression.add(outputs: [1, -1], targets: [0, 1], loss: 0)
  #expect(regression.report.entries.map { $0.name } == RegressionMetrics.names)
  #expect(RegressionMetrics.names.filter(MetricReport.isHigherBetter) == ["r2"])
}
