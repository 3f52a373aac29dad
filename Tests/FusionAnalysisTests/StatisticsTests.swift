import Foundation
import FusionAnalysis
import Testing

/// Reference values of SciPy and scikit-learn (Tests/Fixtures/statistics/make_statistics.py).
struct StatisticsFixture: Decodable, Sendable {
  struct Quantile: Decodable, Sendable { let probability, degrees, value: Double }
  struct Cumulative: Decodable, Sendable { let t, degrees, value: Double }
  struct Interval: Decodable, Sendable {
    let values: [Double]
    let mean, half_width: Double
  }
  struct Measured: Decodable, Sendable { let value, p: Double }
  struct Systems<Prediction: Decodable & Sendable>: Decodable, Sendable {
    let labels, targets: [Prediction]?
    let classes: Int?
    let a, b: [[Prediction]]
    let metrics: [String: Measured]
  }
  let quantiles: [Quantile]
  let cumulative: [Cumulative]
  let intervals: [Interval]
  let classes: [Systems<Int>]
  let values: [Systems<[Double]>]
  let sets: [Systems<[Int]>]

  static let all: StatisticsFixture = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../Fixtures/statistics/statistics.json")
    return try! JSONDecoder().decode(StatisticsFixture.self, from: Data(contentsOf: file))
  }()
}

@Suite struct StudentTTests {
  @Test func quantilesAreThoseOfSciPy() {
    for it in StatisticsFixture.all.quantiles {
      let value = StudentT.quantile(it.probability, degreesOfFreedom: it.degrees)
      #expect(abs(value - it.value) <= 1e-10 * abs(it.value), "\(it)")
    }
  }

  @Test func probabilitiesAreThoseOfSciPy() {
    for it in StatisticsFixture.all.cumulative {
      let value = StudentT.cumulative(it.t, degreesOfFreedom: it.degrees)
      #expect(abs(value - it.value) <= 1e-12 * max(1e-3, it.value), "\(it)")
    }
  }

  @Test func intervalsAreThoseOfSciPy() {
    for it in StatisticsFixture.all.intervals {
      let interval = MeanInterval(it.values)
      #expect(abs(interval.mean - it.mean) < 1e-14)
      #expect(abs((interval.halfWidth ?? .nan) - it.half_width) < 1e-12 * max(1, it.half_width), "\(it)")
    }
    #expect(MeanInterval([0.5]).halfWidth == nil)
  }
}

@Suite struct HolmTests {
  @Test func theTextbookExample() {
    let corrected = holmCorrected([0.01, 0.04, 0.03, 0.005])
    for (value, expected) in zip(corrected, [0.03, 0.06, 0.06, 0.02]) { #expect(abs(value - expected) < 1e-15) }
  }

  @Test func neverAboveOneNorBelowAnEarlierOne() {
    #expect(holmCorrected([0.6, 0.5, 0.9]) == [1, 1, 1])
    // 3 · 0.01, 2 · 0.02, then 0.021 may not fall below the one before.
    #expect(holmCorrected([0.02, 0.021, 0.01]) == [0.04, 0.04, 0.03])
    #expect(holmCorrected([]) == [])
  }
}

/// p values against all 2^n exchanges, within what the number of rounds allows.
@Suite struct PermutationTests {
  private let rounds = 40_000

  private func check<Metric: SampleMetric>(
    _ metric: Metric?, _ name: String, _ a: [[Metric.Prediction]], _ b: [[Metric.Prediction]],
    _ expected: StatisticsFixture.Measured
  ) throws {
    let metric = try #require(metric)
    #expect(abs(metric.value(of: a[0]) - expected.value) < 1e-12, "\(name)")
    let p = PermutationTest(rounds: rounds, seed: 3).pValue(a, b, metric)
    let deviation = (expected.p * (1 - expected.p) / Double(rounds)).squareRoot()
    #expect(abs(p - expected.p) < 4 * deviation + 1 / Double(rounds), "\(name): \(p), exactly \(expected.p)")
    #expect(PermutationTest(rounds: rounds, seed: 3).pValue(b, a, metric) == p, "\(name), exchanged")
  }

  @Test func predictedClasses() throws {
    for it in StatisticsFixture.all.classes {
      for (name, expected) in it.metrics {
        let metric = ClassMetric(name, labels: try #require(it.labels), classes: try #require(it.classes))
        try check(metric, name, it.a, it.b, expected)
      }
    }
  }

  @Test func predictedValues() throws {
    for it in StatisticsFixture.all.values {
      for (name, expected) in it.metrics {
        try check(ValueMetric(name, targets: try #require(it.targets)), name, it.a, it.b, expected)
      }
    }
  }

  @Test func predictedSets() throws {
    for it in StatisticsFixture.all.sets {
      func sets(_ rows: [[Int]]) -> [Set<Int>] { rows.map { Set($0) } }
      for (name, expected) in it.metrics {
        let metric = LabelSetMetric(name, labels: sets(try #require(it.labels)), classes: try #require(it.classes))
        try check(metric, name, it.a.map(sets), it.b.map(sets), expected)
      }
    }
  }

  @Test func equalSystemsAndLargeDifferences() throws {
    let labels = (0..<2000).map { $0 % 10 }
    let metric = try #require(ClassMetric("accuracy", labels: labels, classes: 10))
    let good = [labels, labels]
    let bad = [labels.map { $0 == 3 ? 4 : $0 }, labels]
    #expect(PermutationTest().pValue(good, good, metric) == 1)
    // 200 samples, all in favour of one side: no exchange of 10,000 is as large.
    #expect(PermutationTest().pValue(good, bad, metric) == 1 / 10_001.0)
  }

  @Test func whatNeedsMoreThanPredictionsIsRefused() {
    for name in ["loss", "auroc", "f1", "f1_harmonic", ""] {
      #expect(ClassMetric(name, labels: [0], classes: 2) == nil)
      #expect(LabelSetMetric(name, labels: [[0]], classes: 2) == nil)
      #expect(ValueMetric(name, targets: [[0]]) == nil)
    }
  }
}
