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

/// The mean of ``areaUnderROC(scores:positives:)`` over columns: one class against the rest, or label by label.
///
/// - Parameters:
///   - scores: `[N, columns]`, row-major.
///   - isPositive: whether a row belongs to a column.
/// - Returns: nil where it is not defined for one of the columns.
func meanAreaUnderROC(scores: [Double], columns: Int, isPositive: (_ row: Int, _ column: Int) -> Bool) -> Double? {
  let rows = columns == 0 ? 0 : scores.count / columns
  var sum = 0.0
  for column in 0..<columns {
    guard
      let area = areaUnderROC(
        scores: (0..<rows).map { scores[$0 * columns + column] },
        positives: (0..<rows).map { isPositive($0, column) })
    else { return nil }
    sum += area
  }
  return columns == 0 ? nil : sum / Double(columns)
}
