import FusionCore

/// What other seeds and other test samples would give: a bootstrap with two levels.
///
/// Every round draws test samples with replacement (groups of them where the data name groups), and then seeds. All runs
/// over the same test samples see the same draw, for they were measured on the same samples: what is peculiar to those
/// does not average out over seeds (crossed factors: A. B. Owen, The Pigeonhole Bootstrap, Annals of Applied Statistics
/// 2007). Runs with test samples of their own, as where the data are split anew, have draws of their own.
public struct TwoLevelBootstrap: Sendable {
  /// How often samples and seeds are drawn.
  public let rounds: Int
  /// What decides which.
  public let seed: UInt64

  /// z(0.975), what t(0.975) tends to for many degrees of freedom.
  private static let normal = 1.959963984540054

  /// A bootstrap of so many rounds.
  public init(rounds: Int = 4_000, seed: UInt64 = 1) {
    precondition(rounds > 1)
    self.rounds = rounds
    self.seed = seed
  }

  /// The metric of some runs in every round's draw of test samples.
  ///
  /// - Parameters:
  ///   - runs: what their predictions add.
  ///   - sets: for each run the number of its set of test samples: runs of one set have the same groups in the same order.
  /// - Returns: for each run a value a round; NaN where the metric is not defined for the round's draw.
  public func resampled(_ runs: [GroupedSums], sets: [Int], device: Device = Device(threads: 1)) -> [[Double]] {
    precondition(runs.count == sets.count, "a set for each run")
    var groups: [Int: Int] = [:]
    for (run, set) in zip(runs, sets) {
      precondition(groups.updateValue(run.groups, forKey: set) ?? run.groups == run.groups, "runs of one set differ")
    }
    let known = groups.sorted { $0.key < $1.key }
    var values = [Double](repeating: 0, count: runs.count * rounds)
    values.withUnsafeMutableBufferPointer { buffer in
      let base = buffer.baseAddress!
      device.parallel(units: rounds) { round in
        let random = RandomStream(seed: seed).derived("test samples").derived(round)
        var counts: [Int: [Int32]] = [:]
        for (set, groups) in known { counts[set] = random.derived(set).counts(drawing: groups) }
        for run in runs.indices { base[run * rounds + round] = runs[run].value(counts: counts[sets[run]]) ?? .nan }
      }
    }
    return runs.indices.map { Array(values[$0 * rounds..<($0 + 1) * rounds]) }
  }

  /// The 95% interval of the mean over seeds of a difference.
  ///
  /// Resampled seeds spread by less than the mean does: by √((n − 1)/n), and as if the spread were known, which it is not
  /// for few. So the part of the seeds is widened by √(n/(n − 1)) · t(0.975, n − 1) / z(0.975), as T. C. Hesterberg
  /// proposes (The American Statistician 2015), and that of the test samples likewise by the number of their groups: of
  /// thousands that is nothing, of five recordings much. Then the percentiles.
  ///
  /// - Parameters:
  ///   - differences: one for each seed, of all test samples; two or more.
  ///   - resampled: for each seed the difference in every round's draw of samples; nil: only seeds are drawn. Rounds in
  ///     which a difference is not defined are left out; where all are, only seeds are drawn.
  ///   - groups: how many groups of test samples were drawn from; 0: none were.
  ///   - overlap: the number of test samples over that of training samples where each seed splits the same data anew; see
  ///     ``PairedDifference``.
  public func interval(_ differences: [Double], resampled: [[Double]]?, groups: Int = 0, overlap: Double = 0)
    -> ClosedRange<Double>
  {
    let count = differences.count
    precondition(count > 1 && resampled.map { $0.count == count } != false, "two seeds or more, draws for each")
    let n = Double(count)
    let student = StudentT.quantile(0.975, degreesOfFreedom: n - 1) / Self.normal
    let widening = (n / (n - 1) * (1 + overlap * n)).squareRoot() * student
    let centre = differences.reduce(0, +) / n
    let samples =
      groups > 1
      ? (Double(groups) / Double(groups - 1)).squareRoot()
        * StudentT.quantile(0.975, degreesOfFreedom: Double(groups - 1)) / Self.normal : 1
    let means = (0..<rounds).map { round -> Double in
      let values = resampled.map { $0.map { $0[round] } } ?? differences
      let resampledMean = values.reduce(0, +) / n
      let mean = centre + samples * (resampledMean - centre)
      let counts = RandomStream(seed: seed).derived("seeds").derived(round).counts(drawing: count)
      let drawn = zip(counts, values).reduce(0) { $0 + Double($1.0) * $1.1 } / n
      return mean + widening * (drawn - resampledMean)
    }.filter { !$0.isNaN }.sorted()
    if means.isEmpty, resampled != nil { return self.interval(differences, resampled: nil, overlap: overlap) }
    return quantile(0.025, ofSorted: means)...quantile(0.975, ofSorted: means)
  }
}

/// The value below which a share of some sorted values lies, linear between two of them, as NumPy does by default.
func quantile(_ share: Double, ofSorted values: [Double]) -> Double {
  let place = share * Double(values.count - 1)
  let lower = Int(place)
  let upper = min(lower + 1, values.count - 1)
  return values[lower] + (place - Double(lower)) * (values[upper] - values[lower])
}

extension RandomStream {
  /// How often each of `count` things comes up when as many are drawn with replacement.
  func counts(drawing count: Int) -> [Int32] {
    var counts = [Int32](repeating: 0, count: count)
    counts.withUnsafeMutableBufferPointer { counts in
      for start in stride(from: 0, to: count, by: 4) {
        let numbers = block(UInt64(start / 4))
        for lane in 0..<min(4, count - start) {
          counts[Int((UInt64(numbers[lane]) * UInt64(count)) >> 32)] += 1
        }
      }
    }
    return counts
  }
}
