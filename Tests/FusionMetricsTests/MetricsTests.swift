import Foundation
import FusionCore
import FusionMetrics
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

/// The forms of a case's rows that an evaluated model offers.
private func samples(_ task: MetricTask, _ c: Fixture.Case, _ rows: Range<Int>, loss: Double? = nil) -> MetricSamples {
  let outputs = Array(c.outputs[rows.lowerBound * c.width..<rows.upperBound * c.width])
  let width = c.targets.count / (c.outputs.count / c.width)
  let targets = Array(c.targets[rows.lowerBound * width..<rows.upperBound * width])
  return switch task {
  case .classification: .logits(outputs, targets: targets.map { Int($0) }, classes: c.width, loss: loss)
  case .multilabel: .labelLogits(outputs, targets: targets.map { $0 > 0.5 }, labels: c.width, loss: loss)
  case .regression: .values(outputs.map(Double.init), targets: targets, outputs: c.width, loss: loss)
  }
}

/// Feeds the rows of a case in batches of `rows`.
private func report(_ task: MetricTask, _ c: Fixture.Case, rows: Int) -> MetricReport {
  let usual = StandardMetrics.usual(for: task).filter { $0.name != Loss.name }
  var metrics = MetricCollection(usual, MetricContext(task, outputs: c.width))
  let count = c.outputs.count / c.width
  for start in stride(from: 0, to: count, by: rows) { metrics.add(samples(task, c, start..<min(start + rows, count))) }
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
    let report = report(.classification, c, rows: rows)
    compare(report, c)
    #expect(report.confusion?.counts == c.confusion)
  }
  for c in fixture.multilabel { compare(report(.multilabel, c, rows: rows), c) }
  for c in fixture.regression { compare(report(.regression, c, rows: rows), c) }
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
  for task in MetricTask.allCases {
    let report = MetricCollection(StandardMetrics.all, MetricContext(task, outputs: 3, part: "test")).report
    #expect(report.entries.isEmpty)
    #expect(report.undefined["f1_macro"] == (task == .regression ? nil : "'test' has no samples"))
    #expect(report.undefined["r2"] == (task == .regression ? "'test' has no samples" : nil))
  }
  var metrics = MetricCollection(
    [Accuracy.self, AUROC.self, LogLoss.self], MetricContext(.classification, outputs: 2))
  metrics.add(.logits([.nan, 1, 1, .nan], targets: [0, 1], classes: 2))
  #expect(metrics.report["accuracy"] == 0.5)
  #expect(metrics.report.undefined["auroc"] == "a score is not a number")
  #expect(metrics.report["log_loss"] == nil && metrics.report.undefined["log_loss"] != nil)
}

@Test func theLossIsAveragedOverSamplesNotBatches() {
  var metrics = MetricCollection([Loss.self], MetricContext(.classification, outputs: 2))
  metrics.add(.logits([1, 0, 1, 0, 1, 0], targets: [0, 0, 0], classes: 2, loss: 1))
  metrics.add(.logits([1, 0], targets: [0], classes: 2, loss: 5))
  #expect(metrics.report["loss"] == 2)
  #expect(metrics.report.entries.map { $0.name } == ["loss"])
}

@Test func reportsHoldWhatTheyAlwaysHeldInOrder() {
  func names(_ task: MetricTask) -> [String] { StandardMetrics.usual(for: task).map { $0.name } }
  let averages = ["f1_macro", "f1_micro", "f1_weighted", "precision_macro", "recall_macro", "auroc"]
  #expect(names(.classification) == ["loss", "accuracy"] + averages)
  #expect(names(.multilabel) == ["loss", "subset_accuracy"] + averages)
  #expect(names(.regression) == ["loss", "mse", "rmse", "mae", "r2"])
  let falling = StandardMetrics.all.filter { $0.direction == .lowerIsBetter }.map { $0.name }
  #expect(
    falling == [
      "loss", "log_loss", "brier_score", "expected_calibration_error", "mse", "rmse", "mae",
    ])
}

@Test func reasonsNameTheClassesAndThePart() {
  let context = MetricContext(.classification, outputs: 3, names: ["red", "green", "blue"], part: "validation")
  let samples = MetricSamples.logits([0, 1, 0, 1, 0, 0], targets: [1, 1], classes: 3)
  #expect(
    AUROC.result(of: samples, context)
      == .undefined("no sample of 'validation' is of the classes red, blue, and it needs every class"))
  #expect(
    CohensKappa.reasonWhyUndefined(samples.perfect, context)
      == "all samples of 'validation' are of one class, and it needs two")
  #expect(Top3Accuracy.result(of: samples, context) == .undefined("with 3 classes it is 1 whatever the model says"))
  #expect(Accuracy.reasonWhyUndefined(samples.perfect, context) == nil)
  let one = MetricSamples.values([1], targets: [2], outputs: 1)
  #expect(
    RSquared.result(of: one, MetricContext(.regression, outputs: 1, part: "test"))
      == .undefined("it needs two samples, and 'test' has 1"))
}

/// The metrics that a report has where it is asked for them: each one's value, in batches and from its sums.
private struct Further: Decodable {
  let classification: [Fixture.Case]
  let multilabel: [Fixture.Case]
  let regression: [Fixture.Case]
}

@Test(arguments: MetricTask.allCases)
func furtherMetricsEqualScikitLearnsAndSciPys(_ task: MetricTask) throws {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Fixtures/metrics/further.json")
  let all = try JSONDecoder().decode(Further.self, from: Data(contentsOf: file))
  let cases =
    switch task {
    case .classification: all.classification
    case .multilabel: all.multilabel
    case .regression: all.regression
    }
  for c in cases {
    let context = MetricContext(task, outputs: c.width)
    let whole = samples(task, c, 0..<c.outputs.count / c.width)
    for (name, expected) in c.values {
      let type = try #require(StandardMetrics.all.first { $0.name == name })
      func check(_ result: MetricResult, _ how: String, _ tolerance: Double = 1e-12) {
        if let expected, let value = result.value {
          #expect(abs(value - expected) <= tolerance, "\(c.name), \(name) \(how): \(value), expected \(expected)")
        } else {
          #expect(result.value == expected, "\(c.name), \(name) \(how): \(result)")
        }
      }
      check(type.result(of: whole, context), "at once")
      check(inHalves(type, task, c, context), "in halves")
      guard let decomposable = type as? any DecomposableMetric.Type else { continue }
      let metric = decomposable.init(context)
      var sums = [Double](repeating: 0, count: metric.sumCount)
      for row in 0..<whole.count { metric.addSums(of: row, in: whole) { sums[$0] += $1 } }
      check(metric.result(ofSums: sums, count: whole.count), "from sums", 1e-9)
    }
  }
}

private func inHalves<M: Metric>(
  _ type: M.Type, _ task: MetricTask, _ c: Fixture.Case, _ context: MetricContext
) -> MetricResult {
  let count = c.outputs.count / c.width
  var (first, second) = (M(context), M(context))
  first.add(samples(task, c, 0..<count / 3))
  second.add(samples(task, c, count / 3..<count))
  first.merge(second)
  return first.result
}
