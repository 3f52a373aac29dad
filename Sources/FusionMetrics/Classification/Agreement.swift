import FusionCore

/// The counts that chance-corrected agreement follows from: how many samples are right, are of each class, and are
/// predicted to be of each class.
public protocol AgreementMetric: SummedMetric {
  /// The value, from the number of samples, of right ones, and of samples and predictions of each class.
  func agreement(count: Double, right: Double, classes: [Double], predictions: [Double]) -> MetricResult
}

extension AgreementMetric {
  /// Larger is better.
  public static var direction: MetricDirection { .higherIsBetter }
  /// Predicted classes.
  public static var inputs: Set<MetricInput> { [.classes] }
  /// Right ones, then samples of each class, then predictions of each class.
  public var sumCount: Int { 1 + 2 * context.outputs }

  /// Counts a sample.
  public func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    let (label, prediction) = (samples.classes[row], samples.predictedClasses[row])
    if label == prediction { add(0, 1) }
    add(1 + label, 1)
    add(1 + samples.outputs + prediction, 1)
  }

  /// See ``agreement(count:right:classes:predictions:)``.
  public func result(ofSums sums: [Double], count: Int) -> MetricResult {
    let classes = Array(sums[1..<1 + context.outputs])
    guard classes.count(where: { $0 > 0 }) > 1 else {
      return .undefined("all samples of '\(context.part)' are of one class, and it needs two")
    }
    return agreement(
      count: Double(count), right: sums[0], classes: classes, predictions: Array(sums[(1 + context.outputs)...]))
  }
}

/// Cohen's κ (J. Cohen, Educational and Psychological Measurement 1960): (p − e) / (1 − e), where p is the share of right
/// predictions and e the share that chance would give with the same frequencies. scikit-learn's `cohen_kappa_score`.
public struct CohensKappa: AgreementMetric {
  /// `cohens_kappa`.
  public static let name = "cohens_kappa"
  /// What `fusionkit list` says.
  public static let summary = "agreement of classes beyond chance, by Cohen"
  /// The samples it is computed on.
  public let context: MetricContext
  /// The counts.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }

  /// κ.
  public func agreement(count: Double, right: Double, classes: [Double], predictions: [Double]) -> MetricResult {
    let chance = zip(classes, predictions).reduce(0) { $0 + $1.0 * $1.1 } / (count * count)
    return .value((right / count - chance) / (1 - chance))
  }
}

/// The correlation of true and predicted classes (B. W. Matthews, Biochimica et Biophysica Acta 1975; for several classes
/// J. Gorodkin, Computational Biology and Chemistry 2004); 0 where every prediction is the same. scikit-learn's
/// `matthews_corrcoef`.
public struct MatthewsCorrelation: AgreementMetric {
  /// `matthews_correlation`.
  public static let name = "matthews_correlation"
  /// What `fusionkit list` says.
  public static let summary = "correlation of true and predicted classes, by Matthews"
  /// The samples it is computed on.
  public let context: MetricContext
  /// The counts.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }

  /// The correlation.
  public func agreement(count: Double, right: Double, classes: [Double], predictions: [Double]) -> MetricResult {
    let product = zip(classes, predictions).reduce(0) { $0 + $1.0 * $1.1 }
    let spread = count * count - classes.reduce(0) { $0 + $1 * $1 }
    let predicted = count * count - predictions.reduce(0) { $0 + $1 * $1 }
    // With one class predicted throughout, nothing varies together: what training meets in its first epochs.
    if predicted == 0 { return .value(0) }
    return .value((right * count - product) / (spread * predicted).squareRoot())
  }
}
