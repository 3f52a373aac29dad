import Foundation
import FusionAnalysis
import FusionCore
import Testing

/// Comparisons of methods whose truth is known, with the variance that was measured on the hard digits: a standard
/// deviation of 0.014 between seeds, and of 0.004 within, which is what 10,000 test samples give at an accuracy of 0.8.
@Suite struct ComparisonSimulationTests {
  private static let (between, within) = (0.014, 0.004)

  /// Normal numbers, one after the other.
  private struct Normal {
    private let stream: RandomStream
    private var counter: UInt64 = 0
    private var spare: Double?

    init(_ name: String) { stream = RandomStream(seed: 13).derived(name) }

    /// Box and Muller.
    mutating func next() -> Double {
      if let spare {
        self.spare = nil
        return spare
      }
      let block = stream.block(counter)
      counter += 1
      let u = (Double(block[0]) + 0.5) * 0x1p-32
      let angle = 2 * Double.pi * Double(block[1]) * 0x1p-32
      let radius = (-2 * log(u)).squareRoot()
      spare = radius * sin(angle)
      return radius * cos(angle)
    }

    /// A measured metric of each of some seeds.
    mutating func metrics(_ seeds: Int, mean: Double = 0.8, straying: Double = 0) -> [Double] {
      (0..<seeds).map { _ in
        // Some runs go astray: five times as far from the mean.
        let far = straying > 0 && abs(next()) > 2 ? straying : 1
        return mean + far * between * next() + within * next()
      }
    }
  }

  private func share(_ comparisons: Int, _ isCalled: () -> Bool) -> Double {
    Double((0..<comparisons).count { _ in isCalled() }) / Double(comparisons)
  }

  private func differences(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 - $1 } }

  @Test(arguments: [5, 10, 24])
  func equalMethodsAreCalledDifferentInFivePercent(_ seeds: Int) {
    var normal = Normal("equal \(seeds)")
    let called = share(1000) {
      PairedDifference(differences(normal.metrics(seeds), normal.metrics(seeds))).p < 0.05
    }
    #expect(abs(called - 0.05) <= 0.02, "\(called)")
  }

  @Test func runsThatGoAstrayMakeTheTestNoLessHonest() {
    var normal = Normal("astray")
    let called = share(1000) {
      PairedDifference(
        differences(normal.metrics(10, straying: 5), normal.metrics(10, straying: 5))
      ).p < 0.05
    }
    #expect(called <= 0.07, "\(called)")
  }

  /// A family of nine methods against one baseline, as the table has it: after Holm's correction not one of them in 95%.
  @Test func ofAFamilyOfEqualMethodsNoneIsCalledDifferent() {
    var normal = Normal("family")
    let called = share(1000) {
      let base = normal.metrics(10)
      let p = (0..<9).map { _ in PairedDifference(differences(normal.metrics(10), base)).p }
      return holmCorrected(p).contains { $0 < 0.05 }
    }
    #expect(called <= 0.07, "\(called)")
  }

  /// What docs/comparing.md says of the power; expected are the shares that NumPy and SciPy find in 20,000 comparisons.
  @Test func powerForADifferenceOfTwoHundredths() {
    for (seeds, alone, corrected) in [(5, 0.390, 0.074), (10, 0.783, 0.373), (20, 0.985, 0.876)] {
      var normal = Normal("power \(seeds)")
      var single = 0
      var family = 0
      for _ in 0..<2000 {
        let base = normal.metrics(seeds)
        let p = (0..<9).map { method in
          PairedDifference(differences(normal.metrics(seeds, mean: method == 0 ? 0.82 : 0.8), base)).p
        }
        if p[0] < 0.05 { single += 1 }
        if holmCorrected(p)[0] < 0.05 { family += 1 }
      }
      let found = (Double(single) / 2000, Double(family) / 2000)
      print("power for 0.02 with \(seeds) seeds: \(found.0) alone, \(found.1) as one of nine after Holm's correction")
      #expect(abs(found.0 - alone) < 0.04 && abs(found.1 - corrected) < 0.04)
    }
  }

  /// How often a new seed is better is as probable as said: on average over many comparisons, whatever the difference.
  @Test func probabilitiesOfImprovementAreCalibrated() {
    var normal = Normal("improvement")
    for shift in [0, 0.02] {
      var (said, seen) = (0.0, 0)
      for _ in 0..<4000 {
        let found = PairedDifference(differences(normal.metrics(10, mean: 0.8 + shift), normal.metrics(10)))
        said += found.probabilityAboveZero
        if normal.metrics(1, mean: 0.8 + shift)[0] > normal.metrics(1)[0] { seen += 1 }
      }
      #expect(abs(said - Double(seen)) / 4000 < 0.03)
    }
  }

  /// The whole way from predictions: 95% intervals hold the true difference that often, where test samples differ in how
  /// they suit the methods, too. `FUSIONKIT_SIMULATIONS` asks for more comparisons than are made by default.
  @Test(arguments: [(5, 0.0, 40), (10, 0, 40), (10, 0.01, 40), (5, 0.02, 5), (10, 0.05, 3)])
  func intervalsHoldTheTrueDifference(_ seeds: Int, _ peculiarity: Double, _ blocks: Int) {
    let asked = ProcessInfo.processInfo.environment["FUSIONKIT_SIMULATIONS"].flatMap { Int($0) }
    let (comparisons, rounds) = (asked ?? 150, asked == nil ? 300 : 2000)
    var normal = Normal("interval \(seeds) \(peculiarity) \(blocks)")
    let scale = Double(blocks).squareRoot()
    let bootstrap = TwoLevelBootstrap(rounds: rounds)
    let covered = share(comparisons) {
      let own = (0..<blocks).map { _ in peculiarity * scale * normal.next() }
      let runs = (0..<2 * seeds).map { run in
        let level = 0.8 + Self.between * normal.next()
        return BlockMetric.sums(
          (0..<blocks).map { level + (run < seeds ? own[$0] : 0) + Self.within * scale * normal.next() })
      }
      let values = runs.compactMap { $0.value() }
      let resampled = bootstrap.resampled(runs, sets: [Int](repeating: 0, count: 2 * seeds))
      let interval = bootstrap.interval(
        (0..<seeds).map { values[$0] - values[seeds + $0] },
        resampled: (0..<seeds).map { differences(resampled[$0], resampled[seeds + $0]) },
        groups: blocks)
      return interval.contains(0)
    }
    print(
      "95% intervals with \(seeds) seeds, \(blocks) groups, samples' own part \(peculiarity): \(covered) of \(comparisons) hold the truth"
    )
    #expect(0.89...1 ~= covered, "\(covered)")
  }
}
