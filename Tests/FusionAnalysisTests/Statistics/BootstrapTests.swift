import Foundation
import FusionAnalysis
import FusionCore
import Testing

/// Of a block of samples, the share that a method has right less a constant: a metric whose value is a mean.
struct BlockMetric: SummedMetric {
  static let name = "block"
  static let summary = "mean of predicted values"
  static let direction = MetricDirection.higherIsBetter
  static let inputs: Set<MetricInput> = [.values]
  let context: MetricContext
  var total = MetricSums()
  let sumCount = 1
  init(_ context: MetricContext) { self.context = context }
  func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    add(0, samples.predictedValues[row])
  }
  func result(ofSums sums: [Double], count: Int) -> MetricResult { .value(sums[0] / Double(count)) }

  /// What values of blocks add.
  static func sums(_ values: [Double]) -> GroupedSums {
    GroupedSums(
      .values(values, targets: values, outputs: 1), BlockMetric(MetricContext(.regression, outputs: 1)))
  }
}

@Suite struct TwoLevelBootstrapTests {
  private func sums(_ rows: [[Double]]) -> [GroupedSums] { rows.map { BlockMetric.sums($0) } }

  /// Against all 3³ · 4⁴ draws of seeds and samples, which NumPy has gone through.
  @Test func spreadIsThatOfAllDraws() {
    let it = StatisticsFixture.all.two_levels
    let rounds = 20_000
    let bootstrap = TwoLevelBootstrap(rounds: rounds)
    let resampled = bootstrap.resampled(sums(it.differences), sets: [0, 0, 0])
    // The samples of a round are the same for all seeds, so their part of the mean does not average out.
    let means = (0..<rounds).map { round in resampled.reduce(0) { $0 + $1[round] } / 3 }
    let grid = it.differences
    let columns = (0..<4).map { column in grid.reduce(0) { $0 + $1[column] } / 3 }
    let spread = columns.reduce(0) { $0 + ($1 - it.mean) * ($1 - it.mean) } / 4 / 4
    let found = means.reduce(0) { $0 + ($1 - it.mean) * ($1 - it.mean) } / Double(rounds)
    #expect(abs(found / spread - 1) < 0.05)
    // Seeds drawn too, without the widening for few seeds, have the deviation of all draws: √(variance of the rounds).
    let n = 3.0
    let widening = (n / (n - 1)).squareRoot() * StudentT.quantile(0.975, degreesOfFreedom: 2) / 1.959963984540054
    let rows = grid.map { $0.reduce(0, +) / 4 }
    let seedsPart = rows.reduce(0) { $0 + ($1 - it.mean) * ($1 - it.mean) } / 3 / 3
    #expect(it.deviation * it.deviation > spread + seedsPart)
    let interval = bootstrap.interval(rows, resampled: resampled)
    #expect(interval.lowerBound < it.mean - 1.5 * it.deviation * min(1, widening / 3))
    #expect(interval.upperBound > it.mean + 1.5 * it.deviation * min(1, widening / 3))
  }

  @Test func sameDrawsForSameSamplesOtherDrawsForOthers() {
    let rows = [[0.1, 0.5, 0.9, 0.3, 0.7], [0.1, 0.5, 0.9, 0.3, 0.7], [0.1, 0.5, 0.9, 0.3, 0.7]]
    let bootstrap = TwoLevelBootstrap(rounds: 200)
    let values = bootstrap.resampled(sums(rows), sets: [0, 0, 1])
    #expect(values[0] == values[1] && values[0] != values[2])
    // Nothing depends on threads, or on what else is resampled.
    #expect(bootstrap.resampled(sums(rows), sets: [0, 0, 1], device: Device(threads: 3)) == values)
    #expect(bootstrap.resampled(sums([rows[0]]), sets: [0])[0] == values[0])
    #expect(TwoLevelBootstrap(rounds: 200, seed: 2).resampled(sums([rows[0]]), sets: [0])[0] != values[0])
  }

  @Test func whatDoesNotVaryHasNoWidth() {
    let bootstrap = TwoLevelBootstrap(rounds: 100)
    let interval = bootstrap.interval([0.25, 0.25, 0.25, 0.25, 0.25], resampled: nil)
    #expect(interval == 0.25...0.25)
    // Seeds agree, samples do not: the interval is that of the samples, and is not widened for the seeds.
    let rows = [[Double]](repeating: (0..<400).map { $0 % 2 == 0 ? 1 : 0 }, count: 5)
    let samples = bootstrap.interval(
      [0.5, 0.5, 0.5, 0.5, 0.5],
      resampled: TwoLevelBootstrap(rounds: 2000).resampled(sums(rows), sets: [0, 0, 0, 0, 0]).map {
        Array($0.prefix(100))
      })
    // ± 1.96 · √(0.25 / 400) = ± 0.049.
    #expect(abs(samples.lowerBound - 0.451) < 0.02 && abs(samples.upperBound - 0.549) < 0.02)
  }

  @Test func overlappingTrainingPartsWidenTheInterval() {
    let differences = [0.01, -0.02, 0.03, 0.0, 0.015, -0.005, 0.02, 0.01, -0.01, 0.025]
    let bootstrap = TwoLevelBootstrap(rounds: 4000)
    func width(_ overlap: Double) -> Double {
      let interval = bootstrap.interval(differences, resampled: nil, overlap: overlap)
      return interval.upperBound - interval.lowerBound
    }
    // √(1 + n · overlap) times as wide, and without overlap as wide as Student's t has it.
    #expect(abs(width(0.25) / width(0) - (1 + 10 * 0.25).squareRoot()) < 1e-9)
    let half = try! #require(MeanInterval(differences).halfWidth)
    #expect(abs(width(0) / (2 * half) - 1) < 0.05)
  }
}

/// Draws in which a metric is not defined are left out; where all are, seeds alone are drawn.
@Test func undefinedDrawsAreLeftOut() {
  let bootstrap = TwoLevelBootstrap(rounds: 200)
  let differences = [0.1, 0.2, 0.3, 0.2, 0.1]
  let whole = bootstrap.interval(differences, resampled: differences.map { [Double](repeating: $0, count: 200) })
  let some = bootstrap.interval(
    differences, resampled: differences.map { value in (0..<200).map { $0 % 10 == 0 ? .nan : value } })
  #expect(some.lowerBound.isFinite && abs(some.lowerBound - whole.lowerBound) < 0.05)
  let none = bootstrap.interval(differences, resampled: differences.map { _ in [Double](repeating: .nan, count: 200) })
  #expect(none == bootstrap.interval(differences, resampled: nil))
}
