import Foundation

/// Predictions for some samples beside what is right, in every form that is known.
///
/// N is the number of samples, K that of classes, labels or values. Arrays of a form that is not known are empty.
public struct MetricSamples: Sendable {
  /// N.
  public let count: Int
  /// K.
  public let outputs: Int
  /// The forms that are known.
  public private(set) var inputs: Set<MetricInput>
  /// The mean loss of the samples, if it was computed.
  public let loss: Double?

  /// `[N]` true classes.
  public private(set) var classes: [Int] = []
  /// `[N]` predicted classes: of the largest score, the first of equals.
  public private(set) var predictedClasses: [Int] = []

  /// `[N, K]` whether a sample has a label.
  public private(set) var labels: [Bool] = []
  /// `[N, K]` whether a label is predicted.
  public private(set) var predictedLabels: [Bool] = []

  /// `[N, K]` what orders samples by how likely they are of a class or have a label.
  public private(set) var scores: [Double] = []
  /// `[N, K]` probabilities of classes or labels.
  public private(set) var probabilities: [Double] = []

  /// `[N, K]` true values.
  public private(set) var values: [Double] = []
  /// `[N, K]` predicted values.
  public private(set) var predictedValues: [Double] = []
  /// `[K]` the mean of the true values: sums of squares around it keep their digits.
  public private(set) var centers: [Double] = []

  private init(_ count: Int, outputs: Int, _ inputs: Set<MetricInput>, loss: Double?) {
    (self.count, self.outputs, self.loss) = (count, outputs, loss)
    self.inputs = loss == nil ? inputs : inputs.union([.loss])
  }

  /// Samples of which classes are predicted, and nothing more is known.
  ///
  /// - Parameters:
  ///   - predictions: `[N]`, in `0 ..< K`.
  ///   - targets: `[N]`, in `0 ..< K`.
  public static func classes(_ predictions: [Int], targets: [Int], classes: Int) -> MetricSamples {
    requireCount(predictions.count, targets.count)
    var samples = MetricSamples(targets.count, outputs: classes, [.classes], loss: nil)
    samples.predictedClasses = predictions
    samples.classes = targets
    return samples
  }

  /// Samples with the logits `[N, K]` of a classification.
  ///
  /// - Parameters:
  ///   - targets: `[N]`, in `0 ..< K`.
  ///   - loss: the mean loss, if it was computed.
  public static func logits(_ logits: [Float], targets: [Int], classes: Int, loss: Double? = nil) -> MetricSamples {
    requireCount(logits.count, targets.count * classes)
    var samples = MetricSamples(targets.count, outputs: classes, [.classes, .classScores], loss: loss)
    samples.classes = targets
    samples.predictedClasses.reserveCapacity(targets.count)
    samples.probabilities.reserveCapacity(logits.count)
    for start in stride(from: 0, to: logits.count, by: max(classes, 1)) {
      let row = logits[start..<start + classes]
      var best = row.startIndex
      for i in row.indices where row[i] > row[best] { best = i }
      samples.predictedClasses.append(best - start)
      let exponentials = row.map { exp(Double($0) - Double(row[best])) }
      let sum = exponentials.reduce(0, +)
      samples.probabilities += exponentials.map { $0 / sum }
    }
    samples.scores = samples.probabilities
    return samples
  }

  /// Samples of which sets of labels are predicted, and nothing more is known; `[N, K]` both.
  public static func labels(_ predictions: [Bool], targets: [Bool], labels: Int) -> MetricSamples {
    let count = labels == 0 ? 0 : targets.count / labels
    requireCount(predictions.count, count * labels)
    requireCount(targets.count, count * labels)
    var samples = MetricSamples(count, outputs: labels, [.labelSets], loss: nil)
    samples.predictedLabels = predictions
    samples.labels = targets
    return samples
  }

  /// Samples with the logits `[N, K]` of labels.
  ///
  /// - Parameters:
  ///   - targets: `[N, K]` whether a sample has a label.
  ///   - cut: the logit above which a label is predicted: that of the threshold of probability.
  ///   - loss: the mean loss, if it was computed.
  public static func labelLogits(
    _ logits: [Float], targets: [Bool], labels: Int, cut: Float = 0, loss: Double? = nil
  ) -> MetricSamples {
    let count = labels == 0 ? 0 : targets.count / labels
    requireCount(logits.count, count * labels)
    requireCount(targets.count, count * labels)
    var samples = MetricSamples(count, outputs: labels, [.labelSets, .labelScores], loss: loss)
    let shifted = logits.map { $0 - cut }
    samples.scores = shifted.map(Double.init)
    samples.predictedLabels = shifted.map { $0 > 0 }
    samples.probabilities = logits.map { 1 / (1 + exp(-Double($0))) }
    samples.labels = targets
    return samples
  }

  /// Samples with predicted values, `[N, K]` both.
  ///
  /// - Parameter loss: the mean loss, if it was computed.
  public static func values(
    _ predictions: [Double], targets: [Double], outputs: Int, loss: Double? = nil
  ) -> MetricSamples {
    let count = outputs == 0 ? 0 : targets.count / outputs
    requireCount(predictions.count, count * outputs)
    requireCount(targets.count, count * outputs)
    var samples = MetricSamples(count, outputs: outputs, [.values], loss: loss)
    samples.predictedValues = predictions
    samples.values = targets
    samples.centers = (0..<outputs).map { column in
      (0..<count).reduce(0) { $0 + targets[$1 * outputs + column] } / Double(max(count, 1))
    }
    return samples
  }

  /// As if every prediction were right, and sure of it: what is undefined for these is so for want of samples.
  public var perfect: MetricSamples {
    var samples = self
    samples.predictedClasses = classes
    samples.predictedLabels = labels
    samples.predictedValues = values
    if inputs.contains(.classScores) {
      samples.scores = classes.flatMap { own in (0..<outputs).map { $0 == own ? 1 : 0 } }
    } else {
      samples.scores = labels.map { $0 ? 1 : 0 }
    }
    samples.probabilities = samples.scores
    return samples
  }

  private static func requireCount(_ count: Int, _ expected: Int) {
    require(count == expected, "metric samples: \(count) values where \(expected) were expected")
  }
}
