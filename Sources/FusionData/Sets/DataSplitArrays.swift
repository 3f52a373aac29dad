import FusionCore

extension DataSplit {
  /// The same samples with other arrays, which hold these samples alone, in this part's order: row i is sample i.
  ///
  /// - Throws: ``DataError`` where an array has another length, or targets cannot be read.
  public func replacing(arrays: [ModalityArray]) throws(DataError) -> DataSplit {
    try DataSplit(
      name: name, modalities: arrays, targets: targets?.gathered(rows),
      groups: groups.map { groups in SampleGroups(rows.map { groups[$0] }) })
  }
}

extension Targets {
  /// The targets of some rows.
  fileprivate func gathered(_ rows: [Int]) throws(DataError) -> Targets {
    func gathered(_ array: StoredArray) throws(DataError) -> StoredArray {
      var values = [Float](repeating: 0, count: rows.count * array.sampleCount)
      var failure: DataError?
      values.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        do throws(DataError) { try array.gather(rows: rows[...], into: base) } catch { failure = error }
      }
      if let failure { throw failure }
      return try StoredArray(values, shape: [rows.count] + array.sampleShape, source: array.source)
    }
    switch self {
    case .classes(let labels, let names): return .classes(labels: rows.map { labels[$0] }, names: names)
    case .flags(let array, let names): return .flags(try gathered(array), names: names)
    case .values(let array): return .values(try gathered(array))
    }
  }
}
