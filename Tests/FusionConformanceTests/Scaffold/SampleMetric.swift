import FusionCore

/// The share of samples whose class is right.
///
/// A start: say what a sample adds to the sums, and what follows from them.
public struct SampleMetric: SummedMetric {
  /// Its name in configurations.
  public static let name = "sample"
  /// What `fusionkit list` says of it.
  public static let summary = "share of samples whose class is right"
  /// Whether larger or smaller values are better: early stopping, sweeps and comparisons go by it.
  public static let direction = MetricDirection.higherIsBetter
  /// What it is computed from, any of these; tasks that offer none of them do not have the metric.
  public static let inputs: Set<MetricInput> = [.classes]

  /// The samples it is computed on.
  public let context: MetricContext
  /// The sums so far.
  public var total = MetricSums()
  /// One: the number of right predictions.
  public let sumCount = 1

  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }

  /// What a sample adds to the sums.
  public func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    if samples.predictedClasses[row] == samples.classes[row] { add(0, 1) }
  }

  /// What follows from the sums over `count` samples; `.undefined` with the reason where nothing does.
  public func result(ofSums sums: [Double], count: Int) -> MetricResult { .value(sums[0] / Double(count)) }
}
