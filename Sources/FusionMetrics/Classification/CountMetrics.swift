import FusionCore

/// An average over classes or labels of a score of their counts, equal to scikit-learn's with `zero_division=0`.
///
/// Classes that neither occur nor are predicted take no part; labels all do.
public protocol CountMetric: SummedMetric {
  /// How the scores of all classes become one number.
  static var averaging: Averaging { get }
  /// The score of one class or label.
  static func score(_ counts: ClassCounts) -> Double
}

extension CountMetric {
  /// Larger is better.
  public static var direction: MetricDirection { .higherIsBetter }
  /// Predicted classes, or sets of labels.
  public static var inputs: Set<MetricInput> { [.classes, .labelSets] }
  /// Three for each class: true positives, false positives, false negatives.
  public var sumCount: Int { 3 * context.outputs }

  /// Counts what is found, invented and missed.
  public func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    if context.task == .classification {
      let (label, prediction) = (samples.classes[row], samples.predictedClasses[row])
      if prediction == label { return add(3 * label, 1) }
      add(3 * prediction + 1, 1)
      return add(3 * label + 2, 1)
    }
    let start = row * samples.outputs
    for label in 0..<samples.outputs {
      switch (samples.predictedLabels[start + label], samples.labels[start + label]) {
      case (true, true): add(3 * label, 1)
      case (true, false): add(3 * label + 1, 1)
      case (false, true): add(3 * label + 2, 1)
      case (false, false): continue
      }
    }
  }

  /// The average.
  public func result(ofSums sums: [Double], count: Int) -> MetricResult {
    let counts = ClassCounts.all(ofSums: sums)
    let taking = context.task == .multilabel ? counts : counts.filter(\.occurs)
    return .value(taking.average(Self.averaging, Self.score))
  }
}

/// Mean F1 of all classes; see ``CountMetric``.
public struct F1Macro: CountMetric {
  /// `f1_macro`.
  public static let name = "f1_macro"
  /// What `fusionkit list` says.
  public static let summary = "mean F1 of all classes"
  /// See ``Averaging``.
  public static let averaging = Averaging.macro
  /// See ``ClassCounts``.
  public static func score(_ counts: ClassCounts) -> Double { counts.f1 }
  /// The samples it is computed on.
  public let context: MetricContext
  /// The counts of all classes.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }
}

/// F1 of the counts of all classes added up; see ``CountMetric``.
public struct F1Micro: CountMetric {
  /// `f1_micro`.
  public static let name = "f1_micro"
  /// What `fusionkit list` says.
  public static let summary = "F1 of the counts of all classes added up"
  /// See ``Averaging``.
  public static let averaging = Averaging.micro
  /// See ``ClassCounts``.
  public static func score(_ counts: ClassCounts) -> Double { counts.f1 }
  /// The samples it is computed on.
  public let context: MetricContext
  /// The counts of all classes.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }
}

/// Mean F1 of all classes, each weighted by its samples; see ``CountMetric``.
public struct F1Weighted: CountMetric {
  /// `f1_weighted`.
  public static let name = "f1_weighted"
  /// What `fusionkit list` says.
  public static let summary = "mean F1 of all classes, each weighted by its samples"
  /// See ``Averaging``.
  public static let averaging = Averaging.weighted
  /// See ``ClassCounts``.
  public static func score(_ counts: ClassCounts) -> Double { counts.f1 }
  /// The samples it is computed on.
  public let context: MetricContext
  /// The counts of all classes.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }
}

/// Mean precision of all classes; see ``CountMetric``.
public struct PrecisionMacro: CountMetric {
  /// `precision_macro`.
  public static let name = "precision_macro"
  /// What `fusionkit list` says.
  public static let summary = "mean precision of all classes"
  /// See ``Averaging``.
  public static let averaging = Averaging.macro
  /// See ``ClassCounts``.
  public static func score(_ counts: ClassCounts) -> Double { counts.precision }
  /// The samples it is computed on.
  public let context: MetricContext
  /// The counts of all classes.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }
}

/// Mean recall of all classes that occur or are predicted; see ``CountMetric``.
public struct RecallMacro: CountMetric {
  /// `recall_macro`.
  public static let name = "recall_macro"
  /// What `fusionkit list` says.
  public static let summary = "mean recall of all classes that occur or are predicted"
  /// See ``Averaging``.
  public static let averaging = Averaging.macro
  /// See ``ClassCounts``.
  public static func score(_ counts: ClassCounts) -> Double { counts.recall }
  /// The samples it is computed on.
  public let context: MetricContext
  /// The counts of all classes.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }
}

/// Precision of the counts of all classes added up; see ``CountMetric``.
public struct PrecisionMicro: CountMetric {
  /// `precision_micro`.
  public static let name = "precision_micro"
  /// What `fusionkit list` says.
  public static let summary = "precision of the counts of all classes added up"
  /// See ``Averaging``.
  public static let averaging = Averaging.micro
  /// See ``ClassCounts``.
  public static func score(_ counts: ClassCounts) -> Double { counts.precision }
  /// The samples it is computed on.
  public let context: MetricContext
  /// The counts of all classes.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }
}

/// Mean precision of all classes, each weighted by its samples; see ``CountMetric``.
public struct PrecisionWeighted: CountMetric {
  /// `precision_weighted`.
  public static let name = "precision_weighted"
  /// What `fusionkit list` says.
  public static let summary = "mean precision of all classes, each weighted by its samples"
  /// See ``Averaging``.
  public static let averaging = Averaging.weighted
  /// See ``ClassCounts``.
  public static func score(_ counts: ClassCounts) -> Double { counts.precision }
  /// The samples it is computed on.
  public let context: MetricContext
  /// The counts of all classes.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }
}

/// Recall of the counts of all classes added up; see ``CountMetric``.
public struct RecallMicro: CountMetric {
  /// `recall_micro`.
  public static let name = "recall_micro"
  /// What `fusionkit list` says.
  public static let summary = "recall of the counts of all classes added up"
  /// See ``Averaging``.
  public static let averaging = Averaging.micro
  /// See ``ClassCounts``.
  public static func score(_ counts: ClassCounts) -> Double { counts.recall }
  /// The samples it is computed on.
  public let context: MetricContext
  /// The counts of all classes.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }
}

/// Mean recall of all classes, each weighted by its samples; see ``CountMetric``.
public struct RecallWeighted: CountMetric {
  /// `recall_weighted`.
  public static let name = "recall_weighted"
  /// What `fusionkit list` says.
  public static let summary = "mean recall of all classes, each weighted by its samples"
  /// See ``Averaging``.
  public static let averaging = Averaging.weighted
  /// See ``ClassCounts``.
  public static func score(_ counts: ClassCounts) -> Double { counts.recall }
  /// The samples it is computed on.
  public let context: MetricContext
  /// The counts of all classes.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }
}
