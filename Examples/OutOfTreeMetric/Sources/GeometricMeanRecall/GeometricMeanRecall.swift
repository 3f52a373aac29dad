import Foundation
import FusionCore

/// The geometric mean of the recalls of all classes that occur: 0 as soon as one of them is never found (M. Kubat and S.
/// Matwin, Addressing the Curse of Imbalanced Training Sets, ICML 1997).
///
/// A metric that follows from sums over samples says what a sample adds to them, and what follows: batches, halves and the
/// bootstrap of `fusionkit compare` are FusionKit's.
public struct GeometricMeanRecall: SummedMetric {
  /// What configurations and tables call it.
  public static let name = "geometric_mean_recall"
  /// What `fusionkit list metrics` says.
  public static let summary = "geometric mean of the recalls of all classes"
  /// Larger is better: early stopping and comparisons go by it.
  public static let direction = MetricDirection.higherIsBetter
  /// Predicted classes are enough; tasks without them do not have the metric.
  public static let inputs: Set<MetricInput> = [.classes]

  /// The samples it is computed on.
  public let context: MetricContext
  /// The sums so far.
  public var total = MetricSums()
  /// Two for each class: its samples, and how many of them are found.
  public var sumCount: Int { 2 * context.outputs }

  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }

  /// Counts a sample for its class.
  public func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    let label = samples.classes[row]
    add(2 * label, 1)
    if samples.predictedClasses[row] == label { add(2 * label + 1, 1) }
  }

  /// The mean, or why there is none.
  public func result(ofSums sums: [Double], count: Int) -> MetricResult {
    let recalls = stride(from: 0, to: sums.count, by: 2).filter { sums[$0] > 0 }.map { sums[$0 + 1] / sums[$0] }
    guard recalls.count > 1 else {
      return .undefined("all samples of '\(context.part)' are of one class, and it needs two")
    }
    return .value(pow(recalls.reduce(1, *), 1 / Double(recalls.count)))
  }
}
