import FusionTraining

/// A metric of predicted classes: accuracy, or a score of the counts of every class.
public struct ClassMetric: SampleMetric {
  /// The average and the score behind a metric's name; nil: accuracy.
  private let score: CountsScore?
  private let labels: [Int]
  private let classes: Int

  /// Nil for a metric that needs more than the predicted classes, such as the loss.
  public init?(_ name: String, labels: [Int], classes: Int) {
    score = CountsScore(name)
    guard score != nil || name == "accuracy" else { return nil }
    self.labels = labels
    self.classes = classes
  }

  /// How many sums there are.
  public var width: Int { score == nil ? 1 : 3 * classes }

  /// What a prediction adds to the sums.
  public func contribution(of prediction: Int, sample: Int, add: (Int, Double) -> Void) {
    let label = labels[sample]
    guard score != nil else { return prediction == label ? add(0, 1) : () }
    if prediction == label {
      add(3 * label, 1)
    } else {
      add(3 * prediction + 1, 1)
      add(3 * label + 2, 1)
    }
  }

  /// The metric, from the sums.
  public func value(of sums: [Double], samples: Int) -> Double {
    // As scikit-learn does, over the classes that occur.
    score?.value(classCounts(sums).filter { $0.truePositives + $0.falsePositives + $0.falseNegatives > 0 })
      ?? sums[0] / Double(samples)
  }
}

/// A metric of predicted sets of labels: the share of sets that are right, or a score of the counts of every label.
public struct LabelSetMetric: SampleMetric {
  private let score: CountsScore?
  private let labels: [Set<Int>]
  private let classes: Int

  /// Nil for a metric that needs more than the predicted labels.
  public init?(_ name: String, labels: [Set<Int>], classes: Int) {
    score = CountsScore(name)
    guard score != nil || name == "subset_accuracy" else { return nil }
    self.labels = labels
    self.classes = classes
  }

  /// How many sums there are.
  public var width: Int { score == nil ? 1 : 3 * classes }

  /// What a prediction adds to the sums.
  public func contribution(of prediction: Set<Int>, sample: Int, add: (Int, Double) -> Void) {
    guard score != nil else { return prediction == labels[sample] ? add(0, 1) : () }
    for label in prediction.union(labels[sample]) {
      add(3 * label + (!labels[sample].contains(label) ? 1 : !prediction.contains(label) ? 2 : 0), 1)
    }
  }

  /// The metric, from the sums.
  public func value(of sums: [Double], samples: Int) -> Double {
    score?.value(classCounts(sums)) ?? sums[0] / Double(samples)
  }
}

/// A metric of predicted values.
public struct ValueMetric: SampleMetric {
  private enum Kind: String {
    case mse, rmse, mae, r2
  }
  private let kind: Kind
  private let targets: [[Double]]
  /// The mean of all targets, for each output: sums of squares around it keep their digits.
  private let means: [Double]

  /// Nil for a metric that needs more than the values.
  public init?(_ name: String, targets: [[Double]]) {
    guard let kind = Kind(rawValue: name), let first = targets.first else { return nil }
    self.kind = kind
    self.targets = targets
    means = first.indices.map { column in targets.reduce(0) { $0 + $1[column] } / Double(targets.count) }
  }

  /// How many sums there are.
  public var width: Int {
    switch kind {
    case .mse, .mae: 1
    case .rmse: means.count
    case .r2: 3 * means.count
    }
  }

  /// What a prediction adds to the sums.
  public func contribution(of prediction: [Double], sample: Int, add: (Int, Double) -> Void) {
    let errors = zip(prediction, targets[sample]).map { abs($0 - $1) }
    switch kind {
    case .mse: add(0, errors.reduce(0) { $0 + $1 * $1 })
    case .mae: add(0, errors.reduce(0, +))
    case .rmse: for (column, error) in errors.enumerated() { add(column, error * error) }
    case .r2:
      for (column, error) in errors.enumerated() {
        let target = targets[sample][column] - means[column]
        add(3 * column, error * error)
        add(3 * column + 1, target)
        add(3 * column + 2, target * target)
      }
    }
  }

  /// The metric, from the sums.
  public func value(of sums: [Double], samples: Int) -> Double {
    let (n, outputs) = (Double(samples), Double(means.count))
    switch kind {
    case .mse, .mae: return sums[0] / n / outputs
    case .rmse: return sums.reduce(0) { $0 + ($1 / n).squareRoot() } / outputs
    case .r2:
      return means.indices.reduce(0) { sum, column in
        let (error, total, squares) = (sums[3 * column], sums[3 * column + 1], sums[3 * column + 2])
        // Around the mean of these samples, which need not be all; of equal targets nothing is left but rounding.
        let spread = squares - total * total / n
        return sum + (spread <= 1e-12 * squares ? (error == 0 ? 1 : 0) : 1 - error / spread)
      } / outputs
    }
  }
}

/// An average of a score over classes, by the name of a metric: `f1_macro`.
private struct CountsScore: Sendable {
  private let averaging: Averaging
  private let score: Score
  private enum Score: String {
    case f1, precision, recall
  }

  init?(_ name: String) {
    let parts = name.split(separator: "_").map(String.init)
    guard parts.count == 2, let score = Score(rawValue: parts[0]), let averaging = Averaging(rawValue: parts[1]) else {
      return nil
    }
    self.averaging = averaging
    self.score = score
  }

  func value(_ counts: [ClassCounts]) -> Double {
    switch score {
    case .f1: counts.average(averaging, \.f1)
    case .precision: counts.average(averaging, \.precision)
    case .recall: counts.average(averaging, \.recall)
    }
  }
}

/// The counts of each class from its three sums.
private func classCounts(_ sums: [Double]) -> [ClassCounts] {
  stride(from: 0, to: sums.count, by: 3).map { start in
    ClassCounts(
      truePositives: Int(sums[start].rounded()), falsePositives: Int(sums[start + 1].rounded()),
      falseNegatives: Int(sums[start + 2].rounded()))
  }
}
