import FusionConfig
import FusionCore
import FusionData
import Foundation

/// The folder of one run, `outputs/<name>/`: what lies where, and what state it is in.
public struct RunFolder: Sendable, Equatable {
  /// The folder itself; it need not exist.
  public let path: String

  /// The folder at a path.
  public init(_ path: String) { self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }

  /// The fully resolved configuration: training it again repeats the run.
  public var configuration: String { path + "/config.yaml" }
  /// Versions, processor, kernels chosen, threads, seed, fingerprints of the data.
  public var environment: String { path + "/environment.json" }
  /// Status and results, a ``RunSummary``.
  public var metrics: String { path + "/metrics.json" }
  /// A row an epoch.
  public var history: String { path + "/history.csv" }
  /// The selected model.
  public var model: String { path + "/model.safetensors" }
  /// The folder of the checkpoint.
  public var checkpointFolder: String { path + "/checkpoint" }
  /// Everything that resuming needs, in one file, so that one rename replaces all of it.
  public var checkpoint: String { checkpointFolder + "/state.safetensors" }
  /// The checkpoint before ``checkpoint``, as long as the run is not finished.
  public var previousCheckpoint: String { checkpointFolder + "/previous.safetensors" }
  /// Predictions for the test part.
  public var predictions: String { path + "/predictions.csv" }
  /// Metrics on the test part for every subset of the modalities, where they were asked for.
  public var subsets: String { path + "/subsets.json" }
  /// What happened when.
  public var log: String { path + "/log.txt" }

  /// What a folder holds.
  public enum State: Sendable, Equatable {
    /// Nothing that could be lost: absent, empty, or what a run leaves that ended before it began.
    case vacant
    /// A run that has ended.
    case complete(RunStatus)
    /// A run that stopped on its way and can go on.
    case unfinished
    /// A configuration or a model without a checkpoint: nothing can go on from there.
    case stranded
    /// Something that is no run.
    case foreign
    /// Nobody knows: a file or folder cannot be read.
    case unreadable(file: String, reason: String)
  }

  /// Whether the folder holds a run that has ended.
  package var isComplete: Bool {
    if case .complete = state { true } else { false }
  }

  /// What the folder holds now.
  public var state: State {
    switch Self.look(path) {
    case .absent: return .vacant
    case .unreadable(let reason): return .unreadable(file: path, reason: reason)
    case .there(let isFolder): guard isFolder else { return .foreign }
    }
    guard access(path, R_OK | X_OK) == 0, let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      return .unreadable(file: path, reason: String(cString: strerror(errno)))
    }
    // A new run is about to take its place: see `settle()`.
    if names.contains(Self.begunName) { return .unfinished }
    for file in [configuration, environment, metrics] where access(file, R_OK) != 0 && errno != ENOENT {
      return .unreadable(file: file, reason: String(cString: strerror(errno)))
    }
    let checkpoints = [checkpoint, previousCheckpoint].map { ($0, Self.look($0)) }
    for case (let file, .unreadable(let reason)) in checkpoints { return .unreadable(file: file, reason: reason) }
    let hasCheckpoint = checkpoints.contains { $0.1 != .absent }
    let remnants = names.filter { !Self.remnantNames.contains($0) && !$0.contains(".partial-") }
    guard names.contains("config.yaml") else { return remnants.isEmpty && !hasCheckpoint ? .vacant : .foreign }
    if let status = try? RunSummary.read(from: self).status, status.isComplete { return .complete(status) }
    if hasCheckpoint { return .unfinished }
    // A configuration alone may be a person's own; with an environment it is what a run wrote that went no further.
    let own = ["config.yaml", "environment.json", "metrics.json", "history.csv"]
    return names.contains("environment.json") && remnants.allSatisfy { own.contains($0) } ? .vacant : .stranded
  }

  /// What a run may leave that ended before it began.
  private static let remnantNames = ["log.txt", "checkpoint", beginningName]
  static let (beginningName, begunName) = ("beginning", "begun")

  /// Whether there is a checkpoint, or the one before it. One that cannot be seen counts: it is not known to be absent.
  public var hasCheckpoint: Bool { [checkpoint, previousCheckpoint].contains { Self.look($0) != .absent } }

  private enum Look: Equatable {
    case absent
    case there(isFolder: Bool)
    case unreadable(String)
  }

  private static func look(_ path: String) -> Look {
    var status = stat()
    // A link that leads nowhere is there: its target may come back.
    guard stat(path, &status) == 0 || (errno == ENOENT && lstat(path, &status) == 0) else {
      return errno == ENOENT || errno == ENOTDIR ? .absent : .unreadable(String(cString: strerror(errno)))
    }
    return .there(isFolder: status.st_mode & S_IFMT == S_IFDIR)
  }

  /// Refuses a folder that a new run must not write to.
  ///
  /// - Parameter overwrite: whether a run that lies there may be replaced.
  /// - Throws: ``RunFolderError`` where a run, or something else, is in the way.
  public func checkVacant(overwrite: Bool) throws(RunFolderError) {
    switch state {
    case .vacant: return
    case .foreign: throw .foreign(path: path)
    case .unreadable(let file, let reason): throw .unreadable(file: file, reason: reason)
    case .complete where !overwrite: throw .complete(path: path)
    case .unfinished where !overwrite: throw .unfinished(path: path)
    case .stranded where !overwrite: throw .stranded(path: path)
    case .complete, .unfinished, .stranded: return
    }
  }

  /// Makes the folder, where it is missing, and checks that files can be written to it.
  ///
  /// - Throws: ``RunFolderError/notWritable(path:reason:)``.
  func make() throws(RunFolderError) {
    var folder = path.hasPrefix("/") ? "/" : ""
    for part in checkpointFolder.split(separator: "/") {
      folder += part + "/"
      guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
        throw .notWritable(path: path, reason: String(cString: strerror(errno)))
      }
    }
    for folder in [path, checkpointFolder] where access(folder, W_OK | X_OK) != 0 {
      throw .notWritable(path: folder, reason: String(cString: strerror(errno)))
    }
  }

  /// Writes one of the folder's files, whole or not at all. A link in its place is replaced, not followed: what it leads to
  /// belongs to someone else.
  func write(_ text: String, to file: String) throws(DataError) {
    try AtomicFile.write(text, to: file, links: .replaced)
  }
}

extension RunFolder {
  /// Whether the run in the folder is of exactly this resolved configuration.
  package func holds(_ configuration: String) -> Bool {
    (try? String(contentsOfFile: self.configuration, encoding: .utf8)).map(RenamedKeys.current) == configuration
  }
}
