import FusionCore
import Foundation

/// The folder of one run, `outputs/<name>/`: what lies where, and what state it is in.
public struct RunFolder: Sendable, Equatable {
  /// The folder itself; it need not exist.
  public let path: String

  /// The folder at a path.
  public init(_ path: String) { self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }

  /// The fully resolved configuration: training it again repeats the run.
  public var configuration: String { path + "/config.yaml" }
  /// Versions, processor, kernels chosen, threads, seed.
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
  /// Predictions for the test part.
  public var predictions: String { path + "/predictions.csv" }
  /// Metrics on the test part for every subset of the modalities, where they were asked for.
  public var subsets: String { path + "/subsets.json" }
  /// What happened when.
  public var log: String { path + "/log.txt" }

  /// All but the log, which tells of every attempt; the file that makes the folder a run is the last to go.
  private var own: [String] { [metrics, history, model, predictions, subsets, environment, checkpoint, configuration] }

  /// What a folder holds.
  public enum State: Sendable, Equatable {
    /// Nothing: absent or empty.
    case vacant
    /// A run that came to its end.
    case complete(RunStatus)
    /// A run that stopped on its way.
    case unfinished
    /// Something that is no run.
    case foreign
  }

  /// What the folder holds now.
  public var state: State {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return .vacant }
    guard isFolder.boolValue, let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      return .foreign
    }
    guard names.contains("config.yaml") else {
      // What a run leaves that failed before it began.
      let isRemnant = names.allSatisfy { ["log.txt", "checkpoint"].contains($0) }
      return isRemnant && !FileManager.default.fileExists(atPath: checkpoint) ? .vacant : .foreign
    }
    guard let status = try? RunSummary.read(from: self).status else { return .unfinished }
    return status.isComplete ? .complete(status) : .unfinished
  }

  /// Refuses a folder that a new run must not write to.
  ///
  /// - Parameter overwrite: whether a run that lies there may be replaced.
  /// - Throws: ``RunFolderError`` where a run, or something else, is in the way.
  public func checkVacant(overwrite: Bool) throws(RunFolderError) {
    switch state {
    case .vacant: return
    case .foreign: throw .foreign(path: path)
    case .complete where !overwrite: throw .complete(path: path)
    case .unfinished where !overwrite: throw .unfinished(path: path)
    case .complete, .unfinished: return
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

  /// Removes what an earlier run left: the files of a run only, never anything else.
  func clear() throws(RunFolderError) {
    for file in own where unlink(file) != 0 && errno != ENOENT {
      throw .notWritable(path: file, reason: String(cString: strerror(errno)))
    }
    removePartialFiles()
  }

  /// Removes what a process that was killed while it wrote has left: files that never got their name.
  func removePartialFiles() {
    for folder in [path, checkpointFolder] {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.contains(".partial-")
      {
        unlink(folder + "/" + name)
      }
    }
  }
}

/// What is wrong with a run folder.
public enum RunFolderError: UserError, Equatable {
  /// A finished run lies there.
  case complete(path: String)
  /// A run that can be resumed lies there.
  case unfinished(path: String)
  /// Something that is no run lies there.
  case foreign(path: String)
  /// The folder cannot be made or written to.
  case notWritable(path: String, reason: String)
  /// The folder is no run, or lacks a file.
  case notARun(path: String, missing: String)
  /// Another process writes to the run.
  case busy(path: String)
  /// A run of another configuration lies where one of a series is to go.
  case other(path: String)

  /// 1: nothing is wrong with the configuration.
  public var exitStatus: Int32 { 1 }

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .complete(let path):
      "\(path) holds a finished run; choose another --output, or pass --overwrite to replace it"
    case .unfinished(let path):
      "\(path) holds an unfinished run; choose another --output, pass --overwrite to start anew, or continue it with\n"
        + "  fusionkit train --resume \(path.shellWord)"
    case .foreign(let path):
      "\(path) exists and is not a run of FusionKit; choose another --output"
    case .notWritable(let path, let reason):
      "cannot write to the run folder \(path): \(reason)"
    case .notARun(let path, let missing):
      "\(path) is not a run folder that can be used here: \(missing) is missing"
    case .busy(let path):
      "another process is writing to the run folder \(path); wait for it, or choose another --output"
    case .other(let path):
      "\(path) holds a run of another configuration; choose another --output, or remove that run"
    }
  }
}
