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

/// The data are not those that finished runs were trained on, so that new runs could not be compared with them.
public struct MixedData: UserError, Equatable {
  /// Where the runs lie.
  public let folder: String
  /// One of them.
  public let run: String
  /// What is different, a line for each array.
  public let changes: [String]

  /// 1: nothing is trained.
  public var exitStatus: Int32 { 1 }

  /// Every array that is different, and what to do.
  public var description: String {
    "the data have changed since \(run) was trained: its result cannot stand beside new ones\n"
      + changes.map { "  \($0)\n" }.joined()
      + "  bring the old files back, or begin anew: another --output, or without \(folder)"
  }
}

extension DataRecord {
  /// What is different now in arrays that are known from before, in words.
  ///
  /// - Parameter needsAll: whether an array that is not there any more counts.
  func changes(to now: [DataFingerprint], needsAll: Bool) -> [String] {
    (fingerprints ?? []).compactMap { before in
      guard let found = now.first(where: before.isOfSameArray) else {
        return needsAll ? "\(before.description): is not there any more" : nil
      }
      return found.difference(from: before).map { "\(found.description): \($0)" }
    }
  }

  /// What cannot be told of arrays whose file was written again and of which a sample of the values is the same, in words.
  func doubts(about now: [DataFingerprint]) -> [String] {
    (fingerprints ?? []).compactMap { before in
      guard let found = now.first(where: before.isOfSameArray), before.modified != found.modified, !before.isWhole,
        before.content == nil || found.content == nil
      else { return nil }
      return
        "\(found.description): was written at another time than the run's; a sample of its values is the same, the "
        + "others were not recorded (--verify-data records them when a run begins)"
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

  fileprivate var description: String {
    let what = array == "(targets)" ? "the targets of the part '\(part)'" : "'\(array)' of the part '\(part)'"
    return what + (file.map { " (\($0))" } ?? "")
  }
}

extension TrainingContext {
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
  /// - Parameters:
  ///   - runs: finished runs that are to be counted together with new ones.
  ///   - folder: where they lie.
  /// - Throws: ``MixedData`` where one of them was trained on other data than there are now; `DataError` where these cannot
  ///   be read.
  package func checkData(since runs: [RunFolder], of folder: String) throws {
    let records = runs.compactMap { run in (try? RunEnvironment.read(from: run).data).map { (run, $0) } }
    guard records.contains(where: { $0.1.fingerprints != nil }) else { return }
    let data = try experiment.openData(root: experiment.data.root)
    let now = try data.fingerprints()
    for (run, record) in records where record.source == data.source {
      // A run of some modalities only knows nothing of the others.
      let changes = record.changes(to: now, needsAll: false)
      guard changes.isEmpty else { throw MixedData(folder: folder, run: run.path, changes: changes) }
    }
  }

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
