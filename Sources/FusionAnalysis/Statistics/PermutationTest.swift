import FusionCore

/// A metric that is computed from sums over samples: what each prediction adds to them, and what follows from them.
///
/// Accuracy is one sum; F1 needs the counts of every class; R² needs the squared errors of every output.
public protocol SampleMetric: Sendable {
  /// What a system says about one sample.
  associatedtype Prediction: Equatable & Sendable

  /// How many sums there are.
  var width: Int { get }
  /// Whether the metric is its one sum, up to a factor.
  var isLinear: Bool { get }
  /// What the prediction for a sample adds: calls `add` with the number of a sum and an amount.
  func contribution(of prediction: Prediction, sample: Int, add: (Int, Double) -> Void)
  /// The metric, from the sums over so many samples.
  func value(of sums: [Double], samples: Int) -> Double
}

extension SampleMetric {
  /// The metric of predictions for all samples.
  public func value(of predictions: [Prediction]) -> Double {
    value(of: sums(predictions), samples: predictions.count)
  }

  fileprivate func sums(_ predictions: [Prediction]) -> [Double] {
    var sums = [Double](repeating: 0, count: width)
    for sample in predictions.indices {
      contribution(of: predictions[sample], sample: sample) { sums[$0] += $1 }
    }
    return sums
  }
}

/// Whether one system is better than another, by approximate randomization over samples (E. W. Noreen, Computer-Intensive
/// Methods for Testing Hypotheses, 1989).
///
/// Were the two alike, it would not matter whose prediction is whose. So for each sample the predictions of both are
/// exchanged with probability one half, those of all seeds together, and the difference of the metric's means over seeds
/// is taken again, very often: p = (1 + how often it is at least as large as the true one) / (1 + how often it was taken).
public struct PermutationTest: Sendable {
  /// How often predictions are exchanged.
  public let rounds: Int
  /// What decides which.
  public let seed: UInt64

  /// A test of so many rounds, at least one.
  public init(rounds: Int = 10_000, seed: UInt64 = 1) {
    precondition(rounds > 0)
    self.rounds = rounds
    self.seed = seed
  }

  /// The p value, both sides taken together, for the difference between two systems.
  ///
  /// - Parameters:
  ///   - a: the predictions of one system: for each seed, a list over the samples.
  ///   - b: those of the other, for as many seeds and the same samples.
  ///   - metric: what is compared.
  public func pValue<Metric: SampleMetric>(
    _ a: [[Metric.Prediction]], _ b: [[Metric.Prediction]], _ metric: Metric
  ) -> Double {
    precondition(a.count == b.count && Set((a + b).map(\.count)).count == 1, "systems of other seeds or samples")
    let changes = changes(a, b, metric)
    return metric.isLinear
      ? linear(changes.map { $0.reduce(0) { $0 + $1.amount } })
      : general(changes, a.map(metric.sums), b.map(metric.sums), metric, samples: a[0].count)
  }

  /// What one seed's sums of the first system lose, and the second's gain, when a sample's predictions are exchanged.
  private struct Change {
    let seed, sum: Int
    let amount: Double
  }

  /// The changes of every sample for which the systems differ: others can be exchanged or not.
  private func changes<Metric: SampleMetric>(
    _ a: [[Metric.Prediction]], _ b: [[Metric.Prediction]], _ metric: Metric
  ) -> [[Change]] {
    a[0].indices.compactMap { sample in
      var changes: [Change] = []
      for seed in a.indices where a[seed][sample] != b[seed][sample] {
        metric.contribution(of: a[seed][sample], sample: sample) {
          changes.append(Change(seed: seed, sum: $0, amount: $1))
        }
        metric.contribution(of: b[seed][sample], sample: sample) {
          changes.append(Change(seed: seed, sum: $0, amount: -$1))
        }
      }
      return changes.isEmpty ? nil : changes
    }
  }

  /// The difference is a sum over samples, in which an exchange changes a sign.
  private func linear(_ all: [Double]) -> Double {
    let differences = all.filter { $0 != 0 }
    let observed = abs(differences.reduce(0, +))
    return share { coins in
      var sum = 0.0
      for difference in differences { sum += coins.next() ? -difference : difference }
      return isAsLarge(abs(sum), as: observed)
    }
  }

  /// The sums of each seed are kept up to date, and the metric is computed from them.
  private func general<Metric: SampleMetric>(
    _ changes: [[Change]], _ a: [[Double]], _ b: [[Double]], _ metric: Metric, samples: Int
  ) -> Double {
    func difference(_ a: [[Double]], _ b: [[Double]]) -> Double {
      func sum(_ seeds: [[Double]]) -> Double { seeds.reduce(0) { $0 + metric.value(of: $1, samples: samples) } }
      return abs(sum(a) - sum(b)) / Double(a.count)
    }
    let observed = difference(a, b)
    return share { coins in
      var (a, b) = (a, b)
      for sample in changes where coins.next() {
        for change in sample {
          a[change.seed][change.sum] -= change.amount
          b[change.seed][change.sum] += change.amount
        }
      }
      return isAsLarge(difference(a, b), as: observed)
    }
  }

  /// Sums of the same numbers in another order differ in their last digits.
  private func isAsLarge(_ value: Double, as observed: Double) -> Bool { value >= observed - 1e-12 * max(1, observed) }

  private func share(_ isExtreme: (inout Coins) -> Bool) -> Double {
    let stream = RandomStream(seed: seed).derived("permutation")
    let count = (0..<rounds).count { round in
      var coins = Coins(stream.derived(round))
      return isExtreme(&coins)
    }
    return Double(1 + count) / Double(1 + rounds)
  }
}

/// Throws of a coin, taken from random numbers bit by bit.
private struct Coins {
  private let stream: RandomStream
  private var counter: UInt64 = 0
  private var numbers = SIMD4<UInt32>()
  private var bit = 128

  init(_ stream: RandomStream) { self.stream = stream }

  mutating func next() -> Bool {
    if bit == 128 {
      numbers = stream.block(counter)
      counter += 1
      bit = 0
    }
    defer { bit += 1 }
    return numbers[bit >> 5] >> UInt32(bit & 31) & 1 == 1
  }
}
