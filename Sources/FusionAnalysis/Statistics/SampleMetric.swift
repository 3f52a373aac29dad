/// A metric that is computed from sums over samples: what each prediction adds to them, and what follows from them.
///
/// Accuracy is one sum; F1 needs the counts of every class; R² needs the squared errors and the spread of every output.
/// So the metric of any sample of the samples is known without the predictions being looked at again.
public protocol SampleMetric: Sendable {
  /// What a system says about one sample.
  associatedtype Prediction: Equatable & Sendable

  /// How many sums there are.
  var width: Int { get }
  /// What the prediction for a sample adds: calls `add` with the number of a sum and an amount.
  func contribution(of prediction: Prediction, sample: Int, add: (Int, Double) -> Void)
  /// The metric, from the sums over so many samples.
  func value(of sums: [Double], samples: Int) -> Double
}

extension SampleMetric {
  /// The metric of predictions for all samples.
  public func value(of predictions: [Prediction]) -> Double {
    var sums = [Double](repeating: 0, count: width)
    for sample in predictions.indices {
      contribution(of: predictions[sample], sample: sample) { sums[$0] += $1 }
    }
    return value(of: sums, samples: predictions.count)
  }
}
