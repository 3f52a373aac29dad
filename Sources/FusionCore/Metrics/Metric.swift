/// Whether a larger or a smaller value of a metric means a better model.
public enum MetricDirection: String, Sendable, CaseIterable, Codable {
  /// As of accuracy.
  case higherIsBetter = "higher"
  /// As of losses and errors.
  case lowerIsBetter = "lower"
}

/// What a metric can be computed from.
public enum MetricInput: String, Sendable, CaseIterable, Codable {
  /// The mean loss of a batch.
  case loss
  /// The predicted class of each sample.
  case classes
  /// The probability of every class for each sample.
  case classScores = "class_scores"
  /// The predicted set of labels of each sample.
  case labelSets = "label_sets"
  /// The score and the probability of every label for each sample.
  case labelScores = "label_scores"
  /// The predicted values of each sample.
  case values
}

/// The value of a metric, or why there is none.
public enum MetricResult: Sendable, Equatable {
  /// A finite number.
  case value(Double)
  /// Not defined for these samples; the reason is a clause: `it needs two samples, and 'test' has 1`.
  case undefined(String)

  /// The number; nil where there is none.
  public var value: Double? {
    if case .value(let value) = self { value } else { nil }
  }

  /// Why there is no number; nil where there is one.
  public var reason: String? {
    if case .undefined(let reason) = self { reason } else { nil }
  }
}

/// What a model is asked for, as far as metrics care.
public enum MetricTask: String, Sendable, CaseIterable, Codable {
  /// One class for each sample.
  case classification
  /// Any number of labels for each sample.
  case multilabel
  /// Values for each sample.
  case regression

  /// What an evaluated model offers to metrics.
  public var inputs: Set<MetricInput> {
    switch self {
    case .classification: [.loss, .classes, .classScores]
    case .multilabel: [.loss, .labelSets, .labelScores]
    case .regression: [.loss, .values]
    }
  }

  /// What a table of predictions offers, without scores.
  public var inputsOfPredictions: Set<MetricInput> {
    switch self {
    case .classification: [.classes]
    case .multilabel: [.labelSets]
    case .regression: [.values]
    }
  }
}

/// What the samples are that a metric is computed on.
public struct MetricContext: Sendable {
  /// What the model is asked for.
  public let task: MetricTask
  /// How many classes, labels or values a model gives for a sample: K.
  public let outputs: Int
  /// The names of the classes or labels, K of them; by default `0`, `1`, …
  public let names: [String]
  /// What the samples are called in reasons: `test`.
  public let part: String

  /// Samples with so many outputs each.
  public init(_ task: MetricTask, outputs: Int, names: [String]? = nil, part: String = "data") {
    self.task = task
    self.outputs = outputs
    self.names = names?.count == outputs ? names ?? [] : (0..<outputs).map(String.init)
    self.part = part
  }

  /// For metrics of no samples at all.
  public var withoutSamples: MetricResult { .undefined("'\(part)' has no samples") }

  /// `class 7`, or `the classes red, blue`.
  public func classes(_ places: [Int]) -> String {
    (places.count == 1 ? "class " : "the classes ") + places.map { names[$0] }.listed(5)
  }
}

/// How good a model is, as one number.
///
/// A metric is a value that takes batches in any order and any size. Its name is the key in `metrics.json`, the column of
/// `history.csv`, and what configurations and commands call it, so metrics have no options: what has another value is
/// another metric (`top_3_accuracy`, `top_5_accuracy`).
///
/// ```swift
/// struct Bias: Metric {
///   static let name = "bias"
///   static let summary = "mean of prediction minus target"
///   static let direction = MetricDirection.lowerIsBetter
///   static let inputs: Set<MetricInput> = [.values]
///   …
/// }
/// ```
public protocol Metric: Component, Sendable where Configuration == NoConfiguration {
  /// Whether a larger or a smaller value is better. There is no default: a metric says it.
  static var direction: MetricDirection { get }
  /// What it is computed from: any one of these is enough. A task that offers none of them does not have the metric.
  static var inputs: Set<MetricInput> { get }

  /// A metric that has seen no samples yet.
  init(_ context: MetricContext)

  /// Takes a batch that offers one of ``inputs``.
  mutating func add(_ samples: MetricSamples)

  /// Takes what another value of the metric has seen, after what this one has seen.
  mutating func merge(_ other: Self)

  /// The value over all samples so far, or why there is none. Never infinite or NaN.
  var result: MetricResult { get }
}

extension Metric {
  /// A metric.
  public static var kind: ComponentKind { .metric }

  /// The value for samples that are there at once.
  public static func result(of samples: MetricSamples, _ context: MetricContext) -> MetricResult {
    var metric = Self(context)
    metric.add(samples)
    return metric.result
  }

  /// Why the metric has no value for samples with these targets, however good the predictions are; nil: it has one.
  ///
  /// - Parameter perfect: predictions equal to the targets.
  public static func reasonWhyUndefined(_ perfect: MetricSamples, _ context: MetricContext) -> String? {
    result(of: perfect, context).reason
  }
}
