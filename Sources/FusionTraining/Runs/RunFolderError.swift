import FusionCore

/// What is wrong with a run folder.
public enum RunFolderError: UserError, Equatable {
  /// A finished run lies there.
  case complete(path: String)
  /// A run that can be resumed lies there.
  case unfinished(path: String)
  /// A run lies there that has no checkpoint.
  case stranded(path: String)
  /// Something that is no run lies there.
  case foreign(path: String)
  /// The folder cannot be made or written to.
  case notWritable(path: String, reason: String)
  /// A file or folder cannot be read, so that nobody knows what it holds.
  case unreadable(file: String, reason: String)
  /// The folder is no run, or lacks a file.
  case notARun(path: String, missing: String)
  /// No run has begun there yet.
  case notBegun(path: String)
  /// Another process writes to the run.
  case busy(path: String)
  /// A run of another configuration lies where one of a series is to go.
  case other(path: String)
  /// A run for each seed lies there, where one run was meant.
  case runsOfSeeds(path: String, runs: [String], advice: String)

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
    case .stranded(let path):
      "\(path) holds files of a run, but no checkpoint to go on from; choose another --output, or pass --overwrite to "
        + "start anew"
    case .foreign(let path):
      "\(path) exists and is not a run of FusionKit; choose another --output"
    case .notWritable(let path, let reason):
      "cannot write to the run folder \(path): \(reason)"
    case .unreadable(let file, let reason):
      "cannot read \(file): \(reason); nothing was changed, make it readable and repeat the command"
    case .notARun(let path, let missing):
      "\(path) is not a run folder that can be used here: \(missing) is missing"
    case .notBegun(let path):
      "no run has begun in \(path) yet: start it with: fusionkit train CONFIG --output \(RunFolder(path).asOutput.shellWord)"
    case .busy(let path):
      "another process is writing to the run folder \(path); wait for it, or choose another --output"
    case .other(let path):
      "\(path) holds a run of another configuration; choose another --output, or remove that run"
    case .runsOfSeeds(let path, let runs, let advice):
      "\(path) holds a run for each seed; \(advice): \(runs.joined(separator: ", "))"
    }
  }
}

extension RunFolder {
  /// The folder as `--output` takes it for a path, not for a name below outputs/.
  public var asOutput: String { path.contains("/") ? path : "./" + path }

  /// The command that trains the run once more, from its own configuration.
  var commandToStartAnew: String {
    "fusionkit train \(configuration.shellWord) --output \(asOutput.shellWord) --overwrite"
  }
}
