/// Holm's step-down correction (Scandinavian Journal of Statistics 1979): of all p values smaller than the one looked
/// for, the chance that even one of them is there by chance alone stays below it, however the tests depend on each other.
///
/// p values in rising order, p'_i = max(p'_(i−1), min(1, (m − i + 1) · p_i)).
///
/// - Returns: the corrected values, in the order of the given ones.
public func holmCorrected(_ values: [Double]) -> [Double] {
  var result = values
  var largest = 0.0
  for (rank, index) in values.indices.sorted(by: { values[$0] < values[$1] }).enumerated() {
    largest = max(largest, min(1, Double(values.count - rank) * values[index]))
    result[index] = largest
  }
  return result
}
