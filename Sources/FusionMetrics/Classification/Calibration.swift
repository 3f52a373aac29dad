import Foundation
import FusionCore

/// The mean over samples of −log of the probability of what is right, probabilities kept 2⁻⁵² away from 0 and 1; of
/// labels the mean over all of them, too. scikit-learn's `log_loss`. The task's own loss may smooth labels or weigh classes;
/// this does not.
public struct LogLoss: SummedMetric {
  /// `log_loss`.
  public static let name = "log_loss"
  /// What `fusionkit list` says.
  public static let summary = "mean negative logarithm of the probability of what is right"
  /// Smaller is better.
  public static let direction = MetricDirection.lowerIsBetter
  /// Probabilities.
  public static let inputs: Set<MetricInput> = [.classScores, .labelScores]
  /// The samples it is computed on.
  public let context: MetricContext
  /// The sum of the losses.
  public var total = MetricSums()
  /// One.
  public var sumCount: Int { 1 }
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }

  /// Adds a sample's loss.
  public func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    let start = row * samples.outputs
    func loss(_ probability: Double) -> Double {
      -log(min(max(probability, .ulpOfOne), 1 - .ulpOfOne))
    }
    if context.task == .multilabel {
      for i in start..<start + samples.outputs {
        add(0, loss(samples.labels[i] ? samples.probabilities[i] : 1 - samples.probabilities[i]))
      }
    } else {
      add(0, loss(samples.probabilities[start + samples.classes[row]]))
    }
  }

  /// The mean.
  public func result(ofSums sums: [Double], count: Int) -> MetricResult {
    mean(sums[0], Double(count) * (context.task == .multilabel ? Double(context.outputs) : 1))
  }
}

/// The mean squared error of probabilities (G. W. Brier, Monthly Weather Review 1950): of class 1 for two classes, summed
/// over classes for more, the mean over labels. scikit-learn's `brier_score_loss`.
public struct BrierScore: SummedMetric {
  /// `brier_score`.
  public static let name = "brier_score"
  /// What `fusionkit list` says.
  public static let summary = "mean squared error of the probabilities, by Brier"
  /// Smaller is better.
  public static let direction = MetricDirection.lowerIsBetter
  /// Probabilities.
  public static let inputs: Set<MetricInput> = [.classScores, .labelScores]
  /// The samples it is computed on.
  public let context: MetricContext
  /// The sum of squares.
  public var total = MetricSums()
  /// One.
  public var sumCount: Int { 1 }
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }

  /// Adds a sample's squares.
  public func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    let start = row * samples.outputs
    for i in 0..<samples.outputs {
      let isRight = context.task == .multilabel ? samples.labels[start + i] : samples.classes[row] == i
      let miss = samples.probabilities[start + i] - (isRight ? 1 : 0)
      add(0, miss * miss)
    }
  }

  /// The mean.
  public func result(ofSums sums: [Double], count: Int) -> MetricResult {
    let parts =
      switch context.task {
      case .multilabel: Double(context.outputs)
      // Both classes miss by the same.
      case .classification where context.outputs == 2: 2.0
      case .classification, .regression: 1.0
      }
    return mean(sums[0], Double(count) * parts)
  }
}

/// How far confidence is from accuracy: Σ n_b/N · |accuracy − confidence| over 15 bins of equal width, (0, 1/15] and so on,
/// of the probability of the predicted class (C. Guo et al., On Calibration of Modern Neural Networks, ICML 2017).
public struct ExpectedCalibrationError: SummedMetric {
  /// `expected_calibration_error`.
  public static let name = "expected_calibration_error"
  /// What `fusionkit list` says.
  public static let summary = "distance of confidence from accuracy over 15 bins, by Guo"
  /// Smaller is better.
  public static let direction = MetricDirection.lowerIsBetter
  /// Probabilities of classes.
  public static let inputs: Set<MetricInput> = [.classScores]
  /// The number of bins.
  public static let bins = 15
  /// The samples it is computed on.
  public let context: MetricContext
  /// For each bin the sum of hits less confidences: n_b (accuracy − confidence).
  public var total = MetricSums()
  /// One for each bin.
  public var sumCount: Int { Self.bins }
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }

  /// Adds a hit less its confidence to its bin.
  public func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    let confidence = samples.probabilities[row * samples.outputs + samples.predictedClasses[row]]
    guard !confidence.isNaN else { return add(0, .nan) }
    let bin = (0..<Self.bins).first { confidence <= Double($0 + 1) / Double(Self.bins) } ?? Self.bins - 1
    add(bin, (samples.predictedClasses[row] == samples.classes[row] ? 1 : 0) - confidence)
  }

  /// The error.
  public func result(ofSums sums: [Double], count: Int) -> MetricResult {
    mean(sums.reduce(0) { $0 + abs($1) }, Double(count))
  }
}

/// A mean, where the sum is a number.
private func mean(_ sum: Double, _ count: Double) -> MetricResult {
  sum.isFinite ? .value(sum / count) : .undefined("a probability is not a number")
}
