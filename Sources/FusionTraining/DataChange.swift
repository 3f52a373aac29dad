import FusionCore
import FusionData

/// The data are not those that a run began with, so that its result could be neither repeated nor explained.
public struct DataChange: UserError, Equatable {
  /// The run.
  public let run: String
  /// What is different, a line for each array.
  public let changes: [String]
  /// What trains the run once more.
  let advice: String

  /// 1: the run cannot go on.
  public var exitStatus: Int32 { 1 }

  /// Every array that is different, and what to do.
  public var description: String {
    "\(run) cannot be resumed: the data have changed since it began\n"
      + changes.map { "  \($0)\n" }.joined()
      + "  bring the old files back and resume again, or train on the new ones: \(advice)"
  }
}

extension DataRecord {
  /// What is different now in arrays that are known from before, in words.
  ///
  /// - Parameter needsAll: whether an array that is not there any more counts.
  func changes(to now: [DataFingerprint], needsAll: Bool) -> [String] {
    (fingerprints ?? []).compactMap { before in
      guard let found = now.first(where: before.isOfSameArray) else {
        return needsAll ? "\(before.inWords): is not there any more" : nil
      }
      return found.difference(from: before).map { "\(found.inWords): \($0)" }
    }
  }

  /// - Throws: ``DataChange``.
  func checkUnchanged(_ now: [DataFingerprint], run: RunFolder) throws(DataChange) {
    let changes = changes(to: now, needsAll: true)
    guard changes.isEmpty else {
      throw DataChange(run: run.path, changes: changes, advice: run.commandToStartAnew)
    }
  }
}

extension DataFingerprint {
  fileprivate func isOfSameArray(_ other: DataFingerprint) -> Bool { part == other.part && array == other.array }

  fileprivate var inWords: String {
    let what = array == "(targets)" ? "the targets of the part '\(part)'" : "'\(array)' of the part '\(part)'"
    return what + (file.map { " (\($0))" } ?? "")
  }
}

extension Workbench {
  /// What tells whether the data are still those; of arrays whose whole content was recorded and whose file has another time,
  /// that too.
  ///
  /// - Throws: `DataError` where a file cannot be read any more.
  func fingerprints(since earlier: DataRecord? = nil) throws(DataError) -> [DataFingerprint] {
    let earlier = earlier?.fingerprints ?? []
    return try source.fingerprints { [verifiesData] now in
      verifiesData
        || earlier.contains { $0.isOfSameArray(now) && $0.content != nil && $0.modified != now.modified }
    }
  }
}

extension Trainer {
  /// Says where data are not those that a run was trained on. Other data than its own are not compared.
  func tellChanges(of data: Dataset, since record: DataRecord) throws(DataError) {
    guard data.source == record.source, record.fingerprints != nil else { return }
    let changes = record.changes(to: try data.fingerprints(), needsAll: false)
    guard !changes.isEmpty else { return }
    progress.report(
      .warning(
        "the data have changed since the run was trained, and what follows is of the data as they are now:\n"
          + changes.map { "  \($0)" }.joined(separator: "\n")))
  }
}
