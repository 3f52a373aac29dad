import Foundation
import FusionAnalysis
import FusionCore
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
  private func check(
    _ name: String, _ task: MetricTask, _ samples: MetricSamples, _ groups: [Int], _ counts: [[Int32]],
    _ expected: [Double]
  ) throws {
    let type = try #require(StandardMetrics.all.first { $0.name == name } as? any DecomposableMetric.Type)
    let context = MetricContext(task, outputs: samples.outputs)
    let sums = GroupedSums(samples, type.init(context), groups: groups)
    #expect(sums.groups == counts[0].count)
    let (drawn, whole) = (try #require(sums.value()), try #require(type.result(of: samples, context).value))
    #expect(abs(drawn - expected[0]) < 1e-9 && abs(whole - expected[0]) < 1e-9, "\(name)")
    for (counts, value) in zip(counts, expected) {
      let found = try #require(sums.value(counts: counts))
      #expect(abs(found - value) < 1e-9 * max(1, abs(value)), "\(name)")
    }
  }

  @Test func predictedClasses() throws {
    for it in StatisticsFixture.all.classes {
      let samples = MetricSamples.classes(it.predictions, targets: it.truth, classes: try #require(it.classes))
      for (name, values) in it.metrics { try check(name, .classification, samples, it.groups, it.counts, values) }
    }
  }

  @Test func predictedValues() throws {
    for it in StatisticsFixture.all.values {
      let samples = MetricSamples.values(
        it.predictions.flatMap { $0 }, targets: it.truth.flatMap { $0 }, outputs: it.truth[0].count)
      for (name, values) in it.metrics { try check(name, .regression, samples, it.groups, it.counts, values) }
    }
  }

  @Test func predictedSets() throws {
    for it in StatisticsFixture.all.sets {
      let labels = try #require(it.classes)
      func flags(_ sets: [[Int]]) -> [Bool] { sets.flatMap { set in (0..<labels).map(set.contains) } }
      let samples = MetricSamples.labels(flags(it.predictions), targets: flags(it.truth), labels: labels)
      for (name, values) in it.metrics { try check(name, .multilabel, samples, it.groups, it.counts, values) }
    }
  }

  @Test func withoutGroupsEverySampleIsItsOwn() throws {
    let context = MetricContext(.classification, outputs: 2)
    let samples = MetricSamples.classes([0, 1, 0, 0], targets: [0, 1, 1, 0], classes: 2)
    let sums = GroupedSums(samples, Accuracy(context))
    #expect(sums.groups == 4 && sums.value() == 0.75)
    #expect(sums.value(counts: [0, 0, 4, 0]) == 0 && sums.value(counts: [1, 1, 0, 2]) == 1)
    // A draw of one class has no correlation: neither 0 nor NaN.
    let correlation = GroupedSums(samples, MatthewsCorrelation(context))
    #expect(correlation.value(counts: [4, 0, 0, 0]) == nil && correlation.value(counts: [0, 0, 0, 0]) == nil)
    #expect(correlation.value(counts: [2, 2, 0, 0]) == 1)
  }
}
