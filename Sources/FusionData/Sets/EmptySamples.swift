extension DataSplit {
  /// The rows of which no modality is there, among those of this part.
  private var emptyRows: [Int] {
    let masks = modalities.compactMap(\.presence)
    guard masks.count == modalities.count else { return [] }
    return rows.filter { row in masks.allSatisfy { !$0.isPresent[row] } }
  }

  /// What is wrong where a sample has no modality; nil: nothing.
  fileprivate var emptySample: DataError? {
    emptyRows.first.map { row in
      DataError(
        modalities.compactMap { $0.presence?.source }.joined(separator: ", "), "row \(row + 1) lacks every modality",
        expected: "at least one of \(modalities.map(\.name).joined(separator: ", ")); leave such samples out, by "
          + "data.lacking: leave_out if not in the files")
    }
  }

  /// Without the samples that have no modality.
  fileprivate func leavingOutEmptySamples() throws(DataError) -> DataSplit {
    let empty = Set(emptyRows)
    if empty.isEmpty { return self }
    guard empty.count < count else {
      throw DataError(
        "the part '\(name)'", "has no sample with any of \(modalities.map(\.name).joined(separator: ", "))")
    }
    return with(rows: rows.filter { !empty.contains($0) })
  }
}

extension Dataset {
  /// The same data, once it is made sure that every sample has a modality.
  ///
  /// - Throws: ``DataError`` that names the file and the first such row of each part.
  public func refusingEmptySamples() throws(DataError) -> Dataset {
    let errors = splits.compactMap(\.emptySample)
    guard errors.isEmpty else { throw DataError(gathering: errors) }
    return self
  }

  /// The same data without the samples that have no modality, of which a pipeline can say nothing.
  ///
  /// - Throws: ``DataError`` where nothing is left of a part.
  public func leavingOutEmptySamples() throws(DataError) -> Dataset {
    var result = self
    result.train = try train?.leavingOutEmptySamples()
    result.validation = try validation?.leavingOutEmptySamples()
    result.test = try test?.leavingOutEmptySamples()
    return result
  }
}
