import FusionCore

/// The share of samples whose predicted class is right; scikit-learn's `accuracy_score`.
public struct Accuracy: SummedMetric {
  /// `accuracy`.
  public static let name = "accuracy"
  /// What `fusionkit list` says.
  public static let summary = "share of samples whose class is right"
  /// Larger is better.
  public static let direction = MetricDirection.higherIsBetter
  /// Predicted classes.
  public static let inputs: Set<MetricInput> = [.classes]

  /// The samples it is computed on.
  public let context: MetricContext
  /// How many are right.
  public var total = MetricSums()
  /// One: the number of right predictions.
  public var sumCount: Int { 1 }

  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }

  /// Counts a right prediction.
  public func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    if samples.predictedClasses[row] == samples.classes[row] { add(0, 1) }
  }

  /// The share.
  public func result(ofSums sums: [Double], count: Int) -> MetricResult { .value(sums[0] / Double(count)) }
}

/// The share of samples whose whole set of labels is right; scikit-learn's `accuracy_score` of label indicators.
public struct SubsetAccuracy: SummedMetric {
  /// `subset_accuracy`.
  public static let name = "subset_accuracy"
  /// What `fusionkit list` says.
  public static let summary = "share of samples whose labels are all right"
  /// Larger is better.
  public static let direction = MetricDirection.higherIsBetter
  /// Predicted sets of labels.
  public static let inputs: Set<MetricInput> = [.labelSets]

  /// The samples it is computed on.
  public let context: MetricContext
  /// How many are right.
  public var total = MetricSums()
  /// One: the number of right sets.
  public var sumCount: Int { 1 }

  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }

  /// Counts a right set.
  public func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    let range = row * samples.outputs..<(row + 1) * samples.outputs
    if samples.predictedLabels[range] == samples.labels[range] { add(0, 1) }
  }

  /// The share.
  public func result(ofSums sums: [Double], count: Int) -> MetricResult { .value(sums[0] / Double(count)) }
}

/// The mean of the recalls of the classes that some sample is of; scikit-learn's `balanced_accuracy_score`.
public struct BalancedAccuracy: SummedMetric {
  /// `balanced_accuracy`.
  public static let name = "balanced_accuracy"
  /// What `fusionkit list` says.
  public static let summary = "mean recall of the classes that occur"
  /// Larger is better.
  public static let direction = MetricDirection.higherIsBetter
  /// Predicted classes.
  public static let inputs: Set<MetricInput> = [.classes]

  /// The samples it is computed on.
  public let context: MetricContext
  /// Samples and right predictions of each class.
  public var total = MetricSums()
  /// Two for each class: its samples, and how many of them are right.
  public var sumCount: Int { 2 * context.outputs }

  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }

  /// Counts a sample for its class.
  public func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    let label = samples.classes[row]
    add(2 * label, 1)
    if samples.predictedClasses[row] == label { add(2 * label + 1, 1) }
  }

  /// The mean recall.
  public func result(ofSums sums: [Double], count: Int) -> MetricResult {
    let recalls = stride(from: 0, to: sums.count, by: 2).filter { sums[$0] > 0 }.map { sums[$0 + 1] / sums[$0] }
    return .value(recalls.reduce(0, +) / Double(recalls.count))
  }
}
