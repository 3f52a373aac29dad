/// How often one class or label was found, invented and missed, and the scores that follow. Divisions by zero give 0:
/// scikit-learn's `zero_division=0`.
public struct ClassCounts: Sendable, Equatable {
  /// Said to be of the class, and are.
  public var truePositives = 0
  /// Said to be of the class, and are not.
  public var falsePositives = 0
  /// Are of the class, said not to be.
  public var falseNegatives = 0

  /// Counts; none, if not given.
  public init(truePositives: Int = 0, falsePositives: Int = 0, falseNegatives: Int = 0) {
    self.truePositives = truePositives
    self.falsePositives = falsePositives
    self.falseNegatives = falseNegatives
  }

  /// The number of samples that are of the class.
  public var support: Int { truePositives + falseNegatives }
  /// The share that is right among those said to be of the class.
  public var precision: Double { ratio(truePositives, truePositives + falsePositives) }
  /// The share that was found among those that are of the class.
  public var recall: Double { ratio(truePositives, support) }
  /// The harmonic mean of precision and recall.
  public var f1: Double { ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives) }

  /// Whether the class occurs in the data or in the predictions.
  var occurs: Bool { truePositives + falsePositives + falseNegatives > 0 }
}

/// Ways to make one number of the scores of all classes, as scikit-learn's `average`.
public enum Averaging: String, Sendable, CaseIterable {
  /// The mean over classes.
  case macro
  /// The score of all counts added up.
  case micro
  /// The mean over classes, each weighted by its support.
  case weighted
}

extension ClassCounts {
  /// Counts one sample: whether it is said to be of the class, and whether it is.
  public mutating func add(predicted: Bool, target: Bool) {
    switch (predicted, target) {
    case (true, true): truePositives += 1
    case (true, false): falsePositives += 1
    case (false, true): falseNegatives += 1
    case (false, false): break
    }
  }

  /// The counts of all classes, three sums each: true positives, false positives, false negatives.
  static func all(ofSums sums: [Double]) -> [ClassCounts] {
    stride(from: 0, to: sums.count, by: 3).map { start in
      ClassCounts(
        truePositives: Int(sums[start].rounded()), falsePositives: Int(sums[start + 1].rounded()),
        falseNegatives: Int(sums[start + 2].rounded()))
    }
  }
}

extension [ClassCounts] {
  /// An average of a score; 0 where there is nothing to average.
  public func average(_ averaging: Averaging, _ score: (ClassCounts) -> Double) -> Double {
    switch averaging {
    case .macro: return isEmpty ? 0 : map(score).reduce(0, +) / Double(count)
    case .micro:
      return score(
        reduce(into: ClassCounts()) { sum, counts in
          sum.truePositives += counts.truePositives
          sum.falsePositives += counts.falsePositives
          sum.falseNegatives += counts.falseNegatives
        })
    case .weighted:
      let support = reduce(0) { $0 + $1.support }
      return support == 0 ? 0 : reduce(0) { $0 + Double($1.support) * score($1) } / Double(support)
    }
  }
}

/// Which class was taken for which: rows are true classes, columns predicted ones, as in scikit-learn.
public struct ConfusionMatrix: Sendable, Equatable, Codable {
  /// `counts[true][predicted]`.
  public private(set) var counts: [[Int]]

  /// A matrix of zeros.
  public init(classes: Int) { counts = Array(repeating: Array(repeating: 0, count: classes), count: classes) }

  /// Counts one sample; both classes are in `0 ..< classes`.
  public mutating func add(predicted: Int, target: Int) { counts[target][predicted] += 1 }

  /// The number of samples.
  public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

  /// The share of right predictions; nil without samples.
  public var accuracy: Double? {
    total == 0 ? nil : Double(counts.indices.reduce(0) { $0 + counts[$1][$1] }) / Double(total)
  }

  /// The counts of every class.
  public var perClass: [ClassCounts] {
    counts.indices.map { c in
      ClassCounts(
        truePositives: counts[c][c], falsePositives: counts.reduce(0) { $0 + $1[c] } - counts[c][c],
        falseNegatives: counts[c].reduce(0, +) - counts[c][c])
    }
  }

  /// An average of a score over the classes that occur, true or predicted, as scikit-learn does by default.
  public func average(_ averaging: Averaging, _ score: (ClassCounts) -> Double) -> Double {
    perClass.filter(\.occurs).average(averaging, score)
  }
}

private func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
