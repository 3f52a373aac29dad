import FusionCore

extension DataSplit {
  /// Some samples, read at once.
  ///
  /// - Parameters:
  ///   - rows: of the data set's arrays, in any order; they need not be this part's.
  ///   - conversions: one for each modality.
  ///   - transforms: what samples are changed by, after their conversion; nil: they stay as they are.
  public func batch(
    rows: [Int], conversions: [ValueConversion], transforms: SampleTransforms? = nil
  ) throws(DataError) -> Batch {
    let batch = Batch(split: self, capacity: rows.count)
    try batch.fill(
      index: 0, rows: rows[...], of: self, conversions: conversions, targets: .identity,
      transforms: transforms)
    return batch
  }
}
