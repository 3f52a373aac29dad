import FusionCore

/// The area under the ROC curve: the chance that a positive scores higher than a negative, ties counted half (the
/// Mann-Whitney statistic). Equal to scikit-learn's `roc_auc_score`.
///
/// - Parameters:
///   - scores: higher means more likely positive.
///   - positives: which ones are, as many as scores.
/// - Returns: nil where it is not defined: all are positive, none is, or a score is not a number.
public func areaUnderROC(scores: [Double], positives: [Bool]) -> Double? {
  require(scores.count == positives.count, "areaUnderROC: \(scores.count) scores, \(positives.count) answers")
  let positiveCount = positives.count { $0 }
  let pairs = Double(positiveCount) * Double(positives.count - positiveCount)
  guard pairs > 0, !scores.contains(where: \.isNaN) else { return nil }

  let order = scores.indices.sorted { scores[$0] < scores[$1] }
  var wins = 0.0
  var negativesBelow = 0
  var start = 0
  while start < order.count {
    var end = start
    var (tiedPositives, tiedNegatives) = (0, 0)
    while end < order.count, scores[order[end]] == scores[order[start]] {
      if positives[order[end]] { tiedPositives += 1 } else { tiedNegatives += 1 }
      end += 1
    }
    wins += Double(tiedPositives) * (Double(negativesBelow) + Double(tiedNegatives) / 2)
    negativesBelow += tiedNegatives
    start = end
  }
  return wins / pairs
}

/// Average precision: Σ (Rₙ − Rₙ₋₁) Pₙ over the thresholds from the highest score down, equal scores being one threshold.
/// Equal to scikit-learn's `average_precision_score`.
///
/// - Parameters:
///   - scores: higher means more likely positive.
///   - positives: which ones are, as many as scores.
/// - Returns: nil where it is not defined: none is positive, or a score is not a number.
public func averagePrecision(scores: [Double], positives: [Bool]) -> Double? {
  require(scores.count == positives.count, "averagePrecision: \(scores.count) scores, \(positives.count) answers")
  let positiveCount = positives.count { $0 }
  guard positiveCount > 0, !scores.contains(where: \.isNaN) else { return nil }
  let order = scores.indices.sorted { scores[$0] > scores[$1] }
  var (sum, found, start) = (0.0, 0, 0)
  while start < order.count {
    var end = start
    var tied = 0
    while end < order.count, scores[order[end]] == scores[order[start]] {
      if positives[order[end]] { tied += 1 }
      end += 1
    }
    found += tied
    sum += Double(tied) * Double(found) / Double(end)
    start = end
  }
  return sum / Double(positiveCount)
}

/// A metric of how scores order samples: the value of class 1 for two classes, else the mean over one class against the
/// rest, or over labels. It needs every sample at once.
public protocol RankingMetric: Metric {
  /// Of one column; nil where it is not defined.
  static func value(scores: [Double], positives: [Bool]) -> Double?
  /// Whether a column without negatives has no value.
  static var needsNegatives: Bool { get }
  /// What it has seen.
  var seen: ScoredSamples { get set }
}

/// The scores of all samples so far.
public struct ScoredSamples: Sendable {
  /// The samples it is computed on.
  public let context: MetricContext
  fileprivate var scores: [Double] = []
  fileprivate var classes: [Int] = []
  fileprivate var labels: [Bool] = []

  /// None yet.
  public init(_ context: MetricContext) { self.context = context }
}

extension RankingMetric {
  /// Larger is better.
  public static var direction: MetricDirection { .higherIsBetter }
  /// Scores of classes or labels.
  public static var inputs: Set<MetricInput> { [.classScores, .labelScores] }

  /// Keeps the scores.
  public mutating func add(_ samples: MetricSamples) {
    seen.scores += samples.scores
    seen.classes += samples.classes
    seen.labels += samples.labels
  }

  /// Keeps the other's scores.
  public mutating func merge(_ other: Self) {
    seen.scores += other.seen.scores
    seen.classes += other.seen.classes
    seen.labels += other.seen.labels
  }

  /// The value, or which classes are missing.
  public var result: MetricResult {
    let context = seen.context
    let width = context.outputs
    guard !seen.scores.isEmpty else { return context.withoutSamples }
    if let reason = context.task == .multilabel ? lackingLabels : lackingClasses { return .undefined(reason) }
    let rows = seen.scores.count / width
    let columns = context.task == .classification && width == 2 ? 1..<2 : 0..<width
    var sum = 0.0
    for column in columns {
      let scores = (0..<rows).map { seen.scores[$0 * width + column] }
      let positives = (0..<rows).map {
        context.task == .multilabel ? seen.labels[$0 * width + column] : seen.classes[$0] == column
      }
      guard let value = Self.value(scores: scores, positives: positives) else {
        return .undefined("a score is not a number")
      }
      sum += value
    }
    return .value(sum / Double(columns.count))
  }

  private var lackingClasses: String? {
    let context = seen.context
    if context.outputs < 2 { return "there is a single class" }
    let present = Set(seen.classes)
    let absent = (0..<context.outputs).filter { !present.contains($0) }
    return absent.isEmpty
      ? nil : "no sample of '\(context.part)' is of \(context.classes(absent)), and it needs every class"
  }

  private var lackingLabels: String? {
    let context = seen.context
    let rows = seen.labels.count / context.outputs
    let lacking = (0..<context.outputs).filter { label in
      let count = (0..<rows).count { seen.labels[$0 * context.outputs + label] }
      return count == 0 || Self.needsNegatives && count == rows
    }
    guard !lacking.isEmpty else { return nil }
    return Self.needsNegatives
      ? "every sample of '\(context.part)' has \(context.classes(lacking)) or none has, and it needs both for every label"
      : "no sample of '\(context.part)' has \(context.classes(lacking)), and it needs every label"
  }
}

/// See ``areaUnderROC(scores:positives:)`` and ``RankingMetric``.
public struct AUROC: RankingMetric {
  /// `auroc`.
  public static let name = "auroc"
  /// What `fusionkit list` says.
  public static let summary = "area under the ROC curve, the mean of one class against the rest"
  /// It needs both.
  public static let needsNegatives = true
  /// The scores so far.
  public var seen: ScoredSamples
  /// No samples yet.
  public init(_ context: MetricContext) { seen = ScoredSamples(context) }
  /// Of one column.
  public static func value(scores: [Double], positives: [Bool]) -> Double? {
    areaUnderROC(scores: scores, positives: positives)
  }
}

/// See ``averagePrecision(scores:positives:)`` and ``RankingMetric``.
public struct AveragePrecision: RankingMetric {
  /// `average_precision`.
  public static let name = "average_precision"
  /// What `fusionkit list` says.
  public static let summary = "area under the precision-recall steps, the mean of one class against the rest"
  /// Positives are enough.
  public static let needsNegatives = false
  /// The scores so far.
  public var seen: ScoredSamples
  /// No samples yet.
  public init(_ context: MetricContext) { seen = ScoredSamples(context) }
  /// Of one column.
  public static func value(scores: [Double], positives: [Bool]) -> Double? {
    averagePrecision(scores: scores, positives: positives)
  }
}
