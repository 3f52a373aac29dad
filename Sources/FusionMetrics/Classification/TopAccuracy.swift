import FusionCore

/// The share of samples whose class is among the k with the largest scores; of equal scores the class that comes first
/// counts as the larger, as it does for accuracy. scikit-learn's `top_k_accuracy_score`, which takes the last of equals.
public protocol TopAccuracy: SummedMetric {
  /// k.
  static var most: Int { get }
}

extension TopAccuracy {
  /// Larger is better.
  public static var direction: MetricDirection { .higherIsBetter }
  /// Scores of classes.
  public static var inputs: Set<MetricInput> { [.classScores] }
  /// One: the number of samples whose class is found.
  public var sumCount: Int { 1 }

  /// Counts a sample whose class is among the first k.
  public func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    let (start, label) = (row * samples.outputs, samples.classes[row])
    let own = samples.scores[start + label]
    let ahead = (0..<samples.outputs).count { other in
      let score = samples.scores[start + other]
      return score > own || score == own && other < label
    }
    // A score that is not a number is ahead of none, and finds nothing.
    if ahead < Self.most, !own.isNaN { add(0, 1) }
  }

  /// The share.
  public func result(ofSums sums: [Double], count: Int) -> MetricResult {
    context.outputs <= Self.most
      ? .undefined("with \(context.outputs) classes it is 1 whatever the model says") : .value(sums[0] / Double(count))
  }
}

/// See ``TopAccuracy``, k = 3.
public struct Top3Accuracy: TopAccuracy {
  /// `top_3_accuracy`.
  public static let name = "top_3_accuracy"
  /// What `fusionkit list` says.
  public static let summary = "share of samples whose class is among the three likeliest"
  /// 3.
  public static let most = 3
  /// The samples it is computed on.
  public let context: MetricContext
  /// How many are found.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }
}

/// See ``TopAccuracy``, k = 5.
public struct Top5Accuracy: TopAccuracy {
  /// `top_5_accuracy`.
  public static let name = "top_5_accuracy"
  /// What `fusionkit list` says.
  public static let summary = "share of samples whose class is among the five likeliest"
  /// 5.
  public static let most = 5
  /// The samples it is computed on.
  public let context: MetricContext
  /// How many are found.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }
}
