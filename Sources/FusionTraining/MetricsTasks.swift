import Foundation
import FusionCore

/// Metrics of single-label classification, equal to scikit-learn's: the largest logit decides, the first one of equals.
///
/// `auroc` is that of class 1 for two classes, else the mean over one class against the rest; it needs every class to
/// be present.
public struct ClassificationMetrics: MetricAccumulator {
  /// What a report may hold, in order.
  public static let names = [
    "loss", "accuracy", "f1_macro", "f1_micro", "f1_weighted", "precision_macro", "recall_macro", "auroc",
  ]
  private let classes: Int
  private var confusion: ConfusionMatrix
  private var loss = MeanLoss()
  private var probabilities: [Double] = []
  private var targets: [Int] = []

  /// Metrics for classes `0 ..< classes`.
  public init(classes: Int) {
    self.classes = classes
    confusion = ConfusionMatrix(classes: classes)
  }

  /// Takes one batch: logits `[N, classes]` and `[N]` classes.
  public mutating func add(outputs logits: [Float], targets: [Int], loss: Double? = nil) {
    requireRows(logits.count, of: classes, targets.count)
    for (row, target) in targets.enumerated() {
      let row = logits[row * classes..<(row + 1) * classes]
      var best = row.startIndex
      for i in row.indices where row[i] > row[best] { best = i }
      confusion.add(predicted: best - row.startIndex, target: target)
      let exponentials = row.map { exp(Double($0) - Double(row[best])) }
      let sum = exponentials.reduce(0, +)
      probabilities += exponentials.map { $0 / sum }
    }
    self.targets += targets
    self.loss.add(loss, samples: targets.count)
  }

  /// The results of all batches so far.
  public var report: MetricReport {
    guard let accuracy = confusion.accuracy else {
      return MetricReport(["loss": loss.value], confusion: confusion, perClass: confusion.perClass)
    }
    return MetricReport(
      [
        "loss": loss.value, "accuracy": accuracy,
        "f1_macro": confusion.average(.macro, \.f1), "f1_micro": confusion.average(.micro, \.f1),
        "f1_weighted": confusion.average(.weighted, \.f1),
        "precision_macro": confusion.average(.macro, \.precision),
        "recall_macro": confusion.average(.macro, \.recall), "auroc": areaUnderROC,
      ], confusion: confusion, perClass: confusion.perClass)
  }

  private var areaUnderROC: Double? {
    if classes == 2 {
      let scores = targets.indices.map { probabilities[2 * $0 + 1] }
      return FusionTraining.areaUnderROC(scores: scores, positives: targets.map { $0 == 1 })
    }
    return meanAreaUnderROC(scores: probabilities, columns: classes) { targets[$0] == $1 }
  }
}

/// Metrics of multi-label classification, equal to scikit-learn's: a label is predicted where its logit is above 0.
public struct MultilabelMetrics: MetricAccumulator {
  /// What a report may hold, in order.
  public static let names = [
    "loss", "subset_accuracy", "f1_macro", "f1_micro", "f1_weighted", "precision_macro", "recall_macro", "auroc",
  ]
  private var perClass: [ClassCounts]
  private var rightRows = 0
  private var loss = MeanLoss()
  private var logits: [Double] = []
  private var positives: [Bool] = []

  /// Metrics for this many labels.
  public init(labels: Int) { perClass = Array(repeating: ClassCounts(), count: labels) }

  /// Takes one batch; targets above one half are positive.
  public mutating func add(outputs logits: [Float], targets: [Float], loss: Double? = nil) {
    let labels = perClass.count
    let rows = labels == 0 ? 0 : targets.count / labels
    requireRows(logits.count, of: labels, rows)
    requireRows(targets.count, of: labels, rows)
    let positives = targets.map { $0 > 0.5 }
    for row in 0..<rows {
      var isRight = true
      for label in 0..<labels {
        switch (logits[row * labels + label] > 0, positives[row * labels + label]) {
        case (true, true): perClass[label].truePositives += 1
        case (false, false): continue
        case (true, false):
          perClass[label].falsePositives += 1
          isRight = false
        case (false, true):
          perClass[label].falseNegatives += 1
          isRight = false
        }
      }
      rightRows += isRight ? 1 : 0
    }
    self.logits += logits.map(Double.init)
    self.positives += positives
    self.loss.add(loss, samples: rows)
  }

  /// The results of all batches so far.
  public var report: MetricReport {
    let rows = perClass.isEmpty ? 0 : positives.count / perClass.count
    guard rows > 0 else { return MetricReport(["loss": loss.value], perClass: perClass) }
    return MetricReport(
      [
        "loss": loss.value, "subset_accuracy": Double(rightRows) / Double(rows),
        "f1_macro": perClass.average(.macro, \.f1), "f1_micro": perClass.average(.micro, \.f1),
        "f1_weighted": perClass.average(.weighted, \.f1),
        "precision_macro": perClass.average(.macro, \.precision),
        "recall_macro": perClass.average(.macro, \.recall),
        "auroc": meanAreaUnderROC(scores: logits, columns: perClass.count) { positives[$0 * perClass.count + $1] },
      ], perClass: perClass)
  }
}

/// Metrics of regression, equal to scikit-learn's: each computed per output, then averaged over outputs.
///
/// `r2` of an output whose targets are all equal is 1 where every prediction is right, else 0, as in scikit-learn; it
/// needs two samples.
public struct RegressionMetrics: MetricAccumulator {
  /// What a report may hold, in order.
  public static let names = ["loss", "mse", "rmse", "mae", "r2"]

  /// Sums over the samples of one output; mean and spread of the targets are updated as by Welford (1962).
  private struct Sums {
    var squares = 0.0
    var absolutes = 0.0
    var targetMean = 0.0
    var targetSquares = 0.0
  }
  private var sums: [Sums]
  private var samples = 0
  private var loss = MeanLoss()

  /// Metrics for this many outputs.
  public init(outputs: Int) { sums = Array(repeating: Sums(), count: outputs) }

  /// Takes one batch: `[N, outputs]` both.
  public mutating func add(outputs: [Float], targets: [Float], loss: Double? = nil) {
    let width = sums.count
    let rows = width == 0 ? 0 : targets.count / width
    requireRows(outputs.count, of: width, rows)
    requireRows(targets.count, of: width, rows)
    for row in 0..<rows {
      samples += 1
      for column in 0..<width {
        let target = Double(targets[row * width + column])
        let difference = Double(outputs[row * width + column]) - target
        sums[column].squares += difference * difference
        sums[column].absolutes += abs(difference)
        let before = target - sums[column].targetMean
        sums[column].targetMean += before / Double(samples)
        sums[column].targetSquares += before * (target - sums[column].targetMean)
      }
    }
    self.loss.add(loss, samples: rows)
  }

  /// The results of all batches so far.
  public var report: MetricReport {
    guard samples > 0 else { return MetricReport(["loss": loss.value]) }
    let n = Double(samples)
    return MetricReport([
      "loss": loss.value, "mse": mean { $0.squares / n }, "rmse": mean { ($0.squares / n).squareRoot() },
      "mae": mean { $0.absolutes / n },
      "r2": samples < 2
        ? nil
        : mean { $0.targetSquares == 0 ? ($0.squares == 0 ? 1 : 0) : 1 - $0.squares / $0.targetSquares },
    ])
  }

  private func mean(_ value: (Sums) -> Double) -> Double { sums.map(value).reduce(0, +) / Double(sums.count) }
}

private func requireRows(_ count: Int, of width: Int, _ rows: Int) {
  require(
    count == rows * width, "metrics: \(rows) rows of \(width) outputs need \(rows * width) values, not \(count)")
}
