import FusionCore

extension DataSplit {
  /// The same samples with other arrays, which hold these samples alone, in this part's order: row i is sample i.
  ///
  /// - Throws: ``DataError`` where an array has another length, or targets cannot be read.
  public func replacing(arrays: [ModalityArray]) throws(DataError) -> DataSplit {
    try DataSplit(
      name: name, modalities: arrays, targets: targets?.gathered(rows),
      groups: groups.map { groups in SampleGroups(rows.map { groups[$0] }) },
      ids: ids.map { ids in rows.map { ids[$0] } })
  }
}

extension Targets {
  /// The targets of some rows.
  fileprivate func gathered(_ rows: [Int]) throws(DataError) -> Targets {
    switch self {
    case .classes(let labels, let names): return .classes(labels: rows.map { labels[$0] }, names: names)
    case .flags(let array, let names): return .flags(try array.copied(rows: rows), names: names)
    case .values(let array): return .values(try array.copied(rows: rows))
    }
  }
}
