/// Sums over samples, and how many samples there were.
public struct MetricSums: Sendable, Equatable {
  /// The sums; empty before the first sample.
  public var values: [Double]
  /// The number of samples.
  public var count: Int

  /// No samples, if not given.
  public init(values: [Double] = [], count: Int = 0) {
    self.values = values
    self.count = count
  }
}

/// A metric whose value for any draw of the samples follows from sums over them.
///
/// Accuracy is one sum; F1 needs the counts of every class; R² needs the squared errors and the spread of every output. So
/// predictions are looked at once, and the bootstrap of `compare` works with sums.
public protocol DecomposableMetric: Metric {
  /// How many sums there are.
  var sumCount: Int { get }

  /// What a sample adds to the sums: calls `add` with the number of a sum and an amount.
  ///
  /// Amounts may be relative to a property of the whole batch (``MetricSamples/centers``); sums of one batch are then not
  /// those of another.
  func addSums(of row: Int, in samples: MetricSamples, _ add: (_ sum: Int, _ amount: Double) -> Void)

  /// The metric, from ``sumCount`` sums over `count` samples, one or more.
  func result(ofSums sums: [Double], count: Int) -> MetricResult
}

/// A metric that is computed from nothing but its sums: ``Metric/add(_:)``, ``Metric/merge(_:)`` and
/// ``Metric/result`` follow.
public protocol SummedMetric: DecomposableMetric {
  /// What was added so far.
  var total: MetricSums { get set }

  /// The samples it is computed on.
  var context: MetricContext { get }
}

extension SummedMetric {
  /// Adds what each sample adds.
  public mutating func add(_ samples: MetricSamples) {
    var sums = total.values.isEmpty ? [Double](repeating: 0, count: sumCount) : total.values
    for row in 0..<samples.count { addSums(of: row, in: samples) { sums[$0] += $1 } }
    total.values = sums
    total.count += samples.count
  }

  /// Adds the other's sums.
  public mutating func merge(_ other: Self) {
    guard !other.total.values.isEmpty else { return }
    guard !total.values.isEmpty else { return total = other.total }
    for place in total.values.indices { total.values[place] += other.total.values[place] }
    total.count += other.total.count
  }

  /// What follows from the sums.
  public var result: MetricResult {
    total.count == 0 ? context.withoutSamples : result(ofSums: total.values, count: total.count)
  }
}
