import FusionConfig
import FusionCore
import FusionData
import Foundation

/// The folder of a search, `outputs/sweep-<name>/`: what lies where.
public struct SweepFolder: Sendable, Equatable {
  /// The folder itself; it need not exist.
  public let path: String

  /// The folder at a path.
  public init(_ path: String) { self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }

  /// The search, resolved: what tells it from another one.
  public var search: String { path + "/sweep.yaml" }
  /// A row a trial.
  public var table: String { path + "/trials.csv" }
  /// The table for people, best first.
  public var report: String { path + "/README.md" }
  /// The configuration of the best trial.
  public var winner: String { path + "/winner.yaml" }
  /// Everything for programs.
  public var summary: String { path + "/sweep.json" }
  /// The database of a study that is not shared.
  public var study: String { path + "/study.db" }

  /// The folder of the trials of one search.
  ///
  /// - Parameter outerFold: the outer fold that the search leaves out; nil: none.
  func trials(outerFold: Int?) -> String { outer(outerFold) + "/trials" }

  /// The run of an inner search's winner, which is tested on the outer fold.
  func winner(outerFold: Int) -> RunFolder { RunFolder(outer(outerFold) + "/winner") }

  private func outer(_ fold: Int?) -> String { fold.map { "\(path)/outer-\($0)" } ?? path }

  /// Refuses a folder that a search must not write to; one of the same plan may go on.
  ///
  /// - Parameter overwrite: whether another search that lies there may be removed.
  /// - Throws: ``SweepFolderError``.
  func check(_ experiment: Experiment, overwrite: Bool) throws(SweepFolderError) {
    let names = self.names
    if names.contains("sweep.yaml") {
      guard !overwrite else { return }
      let other: String
      do throws(RegularFile.Refusal) {
        other = String(decoding: try RegularFile.bytes(of: search), as: UTF8.self)
      } catch {
        throw .unreadable(file: search, reason: error.words)
      }
      if !experiment.isSameSweep(as: other) { throw .other(path: path) }
    } else if names.contains(where: { $0 != "log.txt" && !$0.hasPrefix("sweep.yaml.partial-") })
      || (FileManager.default.fileExists(atPath: path) && !isFolder)
    {
      throw .foreign(path: path)
    }
  }

  /// Makes the folder ready for a search.
  ///
  /// - Throws: as ``check(_:overwrite:)``; what the system says of files that cannot be removed or written.
  func prepare(_ experiment: Experiment, overwrite: Bool) throws {
    try check(experiment, overwrite: overwrite)
    if overwrite, names.contains("sweep.yaml") { try clear() }
    AbandonedFiles.remove(in: path)
    try AtomicFile.write(experiment.sweepYAML ?? "", to: search)
  }

  /// The runs in the folder that have ended, sorted by their paths.
  var finishedRuns: [RunFolder] {
    let files = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    let folders = files.filter { $0.hasSuffix("/metrics.json") }.map { "\(path)/\($0.dropLast("/metrics.json".count))" }
    return folders.sorted().map { RunFolder($0) }.filter(\.isComplete)
  }

  private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }

  private var isFolder: Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// Removes what a search has made; the log stays, and the file that makes the folder a search goes last.
  private func clear() throws {
    let names = self.names
    let own = ["trials", "trials.csv", "README.md", "winner.yaml", "sweep.json", "study.db"]
    let outer = names.filter { $0.wholeMatch(of: /outer-[0-9]+/) != nil }
    for name in own + outer + ["sweep.yaml"] where names.contains(name) {
      try FileManager.default.removeItem(atPath: path + "/" + name)
    }
  }
}

/// What is in the way of a search.
public enum SweepFolderError: UserError, Equatable {
  /// Another search lies there.
  case other(path: String)
  /// Something that is no search lies there.
  case foreign(path: String)
  /// Nobody knows: the file that would tell cannot be read.
  case unreadable(file: String, reason: String)

  /// 1: nothing is wrong with the configuration.
  public var exitStatus: Int32 { 1 }

  /// What is in the way, and what to do.
  public var description: String {
    switch self {
    case .other(let path):
      "\(path) holds another search: only the number of trials may change when one goes on; choose another --output, or "
        + "pass --overwrite to replace it\n  what it searches is in \(path)/sweep.yaml"
    case .unreadable(let file, let reason): "\(file) cannot be read: \(reason); mend that, or choose another --output"
    case .foreign(let path): "\(path) exists and is not a search of FusionKit; choose another --output"
    }
  }
}
