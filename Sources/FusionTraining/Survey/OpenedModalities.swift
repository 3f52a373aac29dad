import FusionCore
import FusionData

extension Dataset {
  /// Refuses what a format must not hand on: other modalities than those that were asked for, or another order. A batch
  /// finds them by their places.
  ///
  /// - Parameter needsAll: whether all of them have to be there.
  func checkModalities(_ names: [String], needsAll: Bool, dataset: String) throws(DataError) {
    guard !splits.isEmpty else {
      throw DataError(source, "the data set '\(dataset)' opened no part", expected: "train, validation or test")
    }
    let errors = splits.compactMap { split -> DataError? in
      let found = split.modalities.map(\.name)
      let isRight = needsAll ? found == names : found == names.filter(found.contains)
      guard !isRight else { return nil }
      return DataError(
        source,
        "the data set '\(dataset)' opened \(found.listed()) for the part '\(split.name)'",
        expected: "the modalities that were asked for, in this order: \(names.listed())")
    }
    guard errors.isEmpty else { throw DataError(gathering: errors) }
  }
}
