import FusionCore

/// Pearson's correlation of ranks, equal values sharing the mean of theirs, averaged over outputs; SciPy's `spearmanr`. It
/// needs every sample at once.
public struct SpearmanCorrelation: Metric {
  /// `spearman`.
  public static let name = "spearman"
  /// What `fusionkit list` says.
  public static let summary = "correlation of the ranks of predictions and targets, by Spearman"
  /// Larger is better.
  public static let direction = MetricDirection.higherIsBetter
  /// Predicted values.
  public static let inputs: Set<MetricInput> = [.values]

  private let context: MetricContext
  private var targets: [Double] = []
  private var predictions: [Double] = []

  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }

  /// Keeps the values.
  public mutating func add(_ samples: MetricSamples) {
    targets += samples.values
    predictions += samples.predictedValues
  }

  /// Keeps the other's values.
  public mutating func merge(_ other: SpearmanCorrelation) {
    targets += other.targets
    predictions += other.predictions
  }

  /// The correlation of ranks.
  public var result: MetricResult {
    guard !(targets + predictions).contains(where: \.isNaN) else { return .undefined("a value is not a number") }
    let width = context.outputs
    let rows = targets.count / max(width, 1)
    func ranked(_ values: [Double]) -> [Double] {
      var ranked = values
      for column in 0..<width {
        for (row, rank) in ranks((0..<rows).map { values[$0 * width + column] }).enumerated() {
          ranked[row * width + column] = rank
        }
      }
      return ranked
    }
    return PearsonCorrelation.result(
      of: .values(ranked(predictions), targets: ranked(targets), outputs: width), context)
  }
}

/// The rank of each value from 1, equal ones sharing the mean of theirs.
private func ranks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = values
  var start = 0
  while start < order.count {
    var end = start
    while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
    for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
    start = end
  }
  return ranks
}
