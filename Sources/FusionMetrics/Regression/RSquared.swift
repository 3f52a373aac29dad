import FusionCore

/// The share of the targets' variance that predictions explain, averaged over outputs; scikit-learn's `r2_score`.
///
/// Of an output whose targets are all equal it is 1 where every prediction is right, else 0, as in scikit-learn; it needs
/// two samples.
public struct RSquared: DecomposableMetric {
  /// `r2`.
  public static let name = "r2"
  /// What `fusionkit list` says.
  public static let summary = "share of the targets' variance that is explained"
  /// Larger is better.
  public static let direction = MetricDirection.higherIsBetter
  /// Predicted values.
  public static let inputs: Set<MetricInput> = [.values]

  /// Of one output; mean and spread of the targets are kept as in ``Comoments``.
  private struct Output {
    var errors = 0.0
    var targets = Comoments()

    mutating func merge(_ other: Output) {
      errors += other.errors
      targets.merge(other.targets)
    }
  }
  private var outputs: [Output]
  /// The samples it is computed on.
  public let context: MetricContext
  /// Squared errors, targets and their squares, by output.
  public var sumCount: Int { 3 * context.outputs }

  /// No samples yet.
  public init(_ context: MetricContext) {
    self.context = context
    outputs = Array(repeating: Output(), count: context.outputs)
  }

  /// Takes a batch.
  public mutating func add(_ samples: MetricSamples) {
    for row in 0..<samples.count {
      for column in 0..<samples.outputs {
        let target = samples.values[row * samples.outputs + column]
        let miss = samples.predictedValues[row * samples.outputs + column] - target
        outputs[column].errors += miss * miss
        outputs[column].targets.add(target: target, prediction: 0)
      }
    }
  }

  /// Joins what both have seen.
  public mutating func merge(_ other: RSquared) {
    for (column, output) in other.outputs.enumerated() { outputs[column].merge(output) }
  }

  /// The mean over outputs.
  public var result: MetricResult {
    result(outputs.map { ($0.errors, $0.targets.targetSquares) }, count: outputs.first?.targets.count ?? 0)
  }

  /// Adds squared errors, and targets around the mean of all targets with their squares.
  public func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    for column in 0..<samples.outputs {
      let place = row * samples.outputs + column
      let miss = samples.predictedValues[place] - samples.values[place]
      let target = samples.values[place] - samples.centers[column]
      add(3 * column, miss * miss)
      add(3 * column + 1, target)
      add(3 * column + 2, target * target)
    }
  }

  /// The mean over outputs.
  public func result(ofSums sums: [Double], count: Int) -> MetricResult {
    result(
      (0..<context.outputs).map { column in
        let (errors, total, squares) = (sums[3 * column], sums[3 * column + 1], sums[3 * column + 2])
        // Around the mean of these samples, which need not be all; of equal targets nothing is left but rounding.
        let spread = squares - total * total / Double(count)
        return (errors, spread <= 1e-12 * squares ? 0 : spread)
      }, count: count)
  }

  private func result(_ outputs: [(errors: Double, spread: Double)], count: Int) -> MetricResult {
    guard count > 0 else { return context.withoutSamples }
    guard count > 1 else { return .undefined("it needs two samples, and '\(context.part)' has \(count)") }
    let value =
      outputs.map { $0.spread == 0 ? ($0.errors == 0 ? 1 : 0) : 1 - $0.errors / $0.spread }.reduce(0, +)
      / Double(outputs.count)
    return value.isFinite ? .value(value) : .undefined("it is larger than any number")
  }
}
