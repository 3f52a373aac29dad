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
  struct Paired: Decodable, Sendable {
    let differences: [Double]
    let mean, p, above, p_overlap: Double
  }
  struct Study<Prediction: Decodable & Sendable>: Decodable, Sendable {
    let truth, predictions: [Prediction]
    let classes: Int?
    let groups: [Int]
    let counts: [[Int32]]
    let metrics: [String: [Double]]
  }
  struct TwoLevels: Decodable, Sendable {
    let differences: [[Double]]
    let mean, deviation: Double
  }
  let quantiles: [Quantile]
  let cumulative: [Cumulative]
  let intervals: [Interval]
  let paired: [Paired]
  let classes: [Study<Int>]
  let values: [Study<[Double]>]
  let sets: [Study<[Int]>]
  let two_levels: TwoLevels

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

@Suite struct PairedDifferenceTests {
  @Test func theTestIsThatOfSciPy() {
    for it in StatisticsFixture.all.paired {
      let found = PairedDifference(it.differences)
      #expect(abs(found.mean - it.mean) < 1e-15)
      #expect(abs(found.p - it.p) < 1e-9 * it.p, "\(it)")
      #expect(abs(found.probabilityAboveZero - it.above) < 1e-9, "\(it)")
      #expect(abs(PairedDifference(it.differences, overlap: 0.1).p - it.p_overlap) < 1e-9 * it.p_overlap, "\(it)")
    }
  }

  @Test func equalDifferences() {
    let none = PairedDifference([0, 0, 0, 0, 0])
    #expect(none.p == 1 && none.probabilityAboveZero == 0.5)
    // 0.1 by different subtractions: the last digits are no spread.
    let same = PairedDifference([0.8 - 0.7, 0.9 - 0.8, 0.6 - 0.5, 0.1, 0.3 - 0.2])
    // No spread to measure by: the signs decide, 2/2⁵, and (5 + 1)/(5 + 2).
    #expect(same.p == 0.0625 && abs(same.probabilityAboveZero - 6.0 / 7) < 1e-12)
    #expect(abs(PairedDifference([-0.1, -0.1, -0.1]).probabilityAboveZero - 0.2) < 1e-12)
  }
}

/// Metrics of draws of groups are those that scikit-learn computes of the repeated rows.
@Suite struct GroupedSumsTests {
  private func check<Metric: SampleMetric>(
    _ metric: Metric?, _ predictions: [Metric.Prediction], _ groups: [Int], _ counts: [[Int32]], _ expected: [Double],
    _ name: String
  ) throws {
    let metric = try #require(metric)
    let sums = GroupedSums(predictions, metric, groups: groups)
    #expect(sums.groups == counts[0].count)
    #expect(
      abs(sums.value() - expected[0]) < 1e-9 && abs(metric.value(of: predictions) - expected[0]) < 1e-9, "\(name)")
    for (counts, value) in zip(counts, expected) {
      #expect(abs(sums.value(counts: counts) - value) < 1e-9 * max(1, abs(value)), "\(name)")
    }
  }

  @Test func predictedClasses() throws {
    for it in StatisticsFixture.all.classes {
      for (name, values) in it.metrics {
        let metric = ClassMetric(name, labels: it.truth, classes: try #require(it.classes))
        try check(metric, it.predictions, it.groups, it.counts, values, name)
      }
    }
  }

  @Test func predictedValues() throws {
    for it in StatisticsFixture.all.values {
      for (name, values) in it.metrics {
        try check(ValueMetric(name, targets: it.truth), it.predictions, it.groups, it.counts, values, name)
      }
    }
  }

  @Test func predictedSets() throws {
    for it in StatisticsFixture.all.sets {
      for (name, values) in it.metrics {
        let metric = LabelSetMetric(name, labels: it.truth.map { Set($0) }, classes: try #require(it.classes))
        try check(metric, it.predictions.map { Set($0) }, it.groups, it.counts, values, name)
      }
    }
  }

  @Test func withoutGroupsEverySampleIsItsOwn() throws {
    let metric = try #require(ClassMetric("accuracy", labels: [0, 1, 1, 0], classes: 2))
    let sums = GroupedSums([0, 1, 0, 0], metric)
    #expect(sums.groups == 4 && sums.value() == 0.75)
    #expect(sums.value(counts: [0, 0, 4, 0]) == 0 && sums.value(counts: [1, 1, 0, 2]) == 1)
  }

  @Test func whatNeedsMoreThanPredictionsIsRefused() {
    for name in ["loss", "auroc", "f1", "f1_harmonic", ""] {
      #expect(ClassMetric(name, labels: [0], classes: 2) == nil)
      #expect(LabelSetMetric(name, labels: [[0]], classes: 2) == nil)
      #expect(ValueMetric(name, targets: [[0]]) == nil)
    }
  }
}
