import FusionConfig
import FusionCore
import FusionData
import Foundation

/// A training in a process of its own: what it is called, its configuration, and the folder it goes to.
///
/// What of it is done already is read off the folder: a finished run of the same configuration is not done again, an
/// unfinished one goes on from its checkpoint.
public struct TrainingJob: Sendable {
  /// What messages call it.
  public let label: String
  /// The resolved configuration, as ``FusionConfig/Experiment/resolvedYAML`` gives it.
  public let configuration: String
  /// Where the run goes.
  public let run: RunFolder
  /// Further arguments of `fusionkit train`.
  public let options: [String]

  /// A job; nothing is looked at or written.
  public init(_ label: String, _ experiment: Experiment, run: RunFolder, options: [String] = []) {
    self.label = label
    configuration = experiment.resolvedYAML
    self.run = run
    self.options = options
  }

  /// What is left to do.
  public enum State: Sendable, Equatable {
    /// Nothing: it is finished.
    case done(RunSummary)
    /// There is a checkpoint to go on from.
    case unfinished
    /// All of it.
    case untouched
  }

  /// What is left to do, read off the folder.
  ///
  /// - Throws: ``RunFolderError/other(path:)`` for a run of another configuration,
  ///   ``RunFolderError/foreign(path:)`` for what is no run.
  public func state() throws(RunFolderError) -> State {
    try run.recover()
    let state = run.state
    switch state {
    case .vacant: return .untouched
    case .foreign: throw .foreign(path: run.path)
    case .unreadable(let file, let reason): throw .unreadable(file: file, reason: reason)
    case .complete, .unfinished, .stranded:
      do throws(RegularFile.Refusal) {
        _ = try RegularFile.bytes(of: run.configuration)
      } catch {
        if !error.isAbsent { throw .unreadable(file: run.configuration, reason: error.words) }
      }
      guard run.holds(configuration) else { throw .other(path: run.path) }
      if case .complete = state {
        run.removeAbandonedFiles()
        return .done(try RunSummary.read(from: run))
      }
      return state == .unfinished ? .unfinished : .untouched
    }
  }

  /// The arguments with which `fusionkit` does what is left; nil where nothing is.
  ///
  /// Writes the configuration beside the run folder, to `<run>.yaml`, where the run begins.
  ///
  /// - Throws: as ``state()``; `DataError` where the configuration cannot be written.
  public func command(threads: Int) throws -> [String]? {
    let common = ["--threads", "\(threads)", "--quiet"] + options
    switch try state() {
    case .done: return nil
    case .unfinished: return ["train", "--resume", run.path] + common
    case .untouched:
      let path = run.path.contains("/") ? run.path : "./" + run.path
      let file = path + ".yaml"
      let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
      try AtomicFile.makeFolder(folder)
      AbandonedFiles.remove(in: folder)
      try AtomicFile.write(configuration, to: file)
      // What a run of the same configuration left that cannot go on is replaced.
      let replaces = run.state == .stranded ? ["--overwrite"] : []
      return ["train", file, "--output", path] + replaces + common
    }
  }
}

/// The outcome of a job.
public enum TrainingOutcome: Sendable, Equatable {
  /// The run's summary, now or from before.
  case finished(RunSummary)
  /// Its process failed.
  case failed(ChildOutcome)
}

extension ProcessPool {
  /// Does what is left of some jobs, side by side, and tells of the end of each in a line.
  ///
  /// A job that fails does not keep the others from being done.
  ///
  /// - Parameters:
  ///   - threads: of each process; changes no result.
  ///   - progress: gets a note for each job that ends.
  /// - Returns: an outcome for each job, in their order.
  /// - Throws: before anything is started, what ``TrainingJob/state()`` throws; ``JobsInterrupted`` where the flag was
  ///   raised; ``ChildError``.
  public func train(
    _ jobs: [TrainingJob], threads: Int, progress: any ProgressReporter
  ) throws -> [TrainingOutcome] {
    var outcomes: [TrainingOutcome?] = try jobs.map {
      if case .done(let summary) = try $0.state() { .finished(summary) } else { nil }
    }
    let before = outcomes.count { $0 != nil }
    if before > 0 { progress.report(.note("\(before) of \(jobs.count) runs are done already")) }
    var waiting = jobs.indices.filter { outcomes[$0] == nil }[...]
    var (ended, underWay, told) = (before, 0, Set<Int>())
    try run(
      next: { () throws -> (job: Int, command: Command)? in
        var busyInARow = 0
        while !stop.isSet, let index = waiting.popFirst() {
          if jobs[index].run.isLocked == true {
            // Its turn comes later: those that are free need not wait for it.
            if told.insert(index).inserted { progress.report(.note(jobs[index].waiting)) }
            waiting.append(index)
            busyInARow += 1
            guard busyInARow >= waiting.count else { continue }
            if underWay > 0 { return nil }
            usleep(100_000)
            busyInARow = 0
            continue
          }
          busyInARow = 0
          if let arguments = try jobs[index].command(threads: threads) {
            underWay += 1
            return (index, Command(arguments))
          }
          // Done meanwhile, by another process.
          outcomes[index] = .finished(try RunSummary.read(from: jobs[index].run))
          ended += 1
        }
        return nil
      },
      ended: { index, outcome in
        let job = jobs[index]
        underWay -= 1
        guard outcome.status == 0 || !stop.isSet else { return }
        ended += 1
        let place = "[\(ended)/\(jobs.count)] \(job.label)"
        if outcome.status == 0, case .done(let summary) = try job.state() {
          outcomes[index] = .finished(summary)
          progress.report(.note(place + summary.description + String(format: "  %.1f s", summary.wallSeconds)))
        } else {
          outcomes[index] = .failed(outcome)
          progress.report(.warning("\(place) failed with status \(outcome.status)\n\(outcome.errors)"))
        }
      })
    let done = outcomes.compactMap { $0 }
    guard done.count == jobs.count else { throw JobsInterrupted(done: ended, of: jobs.count) }
    return done
  }
}

/// A signal came before all jobs were done.
public struct JobsInterrupted: UserError, Equatable {
  /// How many were done by then.
  public let done: Int
  /// How many there are.
  public let of: Int
  /// What is counted.
  public let what: String

  /// So many are done, of so many.
  public init(done: Int, of count: Int, what: String = "runs") {
    self.done = done
    of = count
    self.what = what
  }

  /// Interrupted.
  public var exitStatus: Int32 { 130 }
  /// What is done, and how to go on.
  public var description: String { "interrupted: \(done) of \(of) \(what) are done; the same command does the rest" }
}

extension TrainingJob {
  /// What is said while another process writes to the run.
  fileprivate var waiting: String { "\(label): waiting for another process that writes to \(run.path)" }

  /// Waits for a process that writes to the run: one that outlived whatever started it, and is about to end.
  ///
  /// - Parameter tell: told once where there is something to wait for.
  func waitUntilFree(_ stop: StopFlag, tell: (String) -> Void) {
    var said = false
    while run.isLocked == true, !stop.isSet {
      if !said { tell(waiting) }
      said = true
      usleep(100_000)
    }
  }
}

extension RunFolder {
  /// Whether a process writes to the folder; nil where that cannot be seen.
  var isLocked: Bool? {
    // Not blocking: what lies there may be a named pipe.
    let descriptor = open(log, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }
}

extension RunSummary {
  /// `  test accuracy 0.9912`, of the measures that are known best.
  fileprivate var description: String {
    let values = splits["test"] ?? splits["validation"] ?? [:]
    let part = splits["test"] != nil ? "test" : "validation"
    return (StandardMetrics.shownFirst.dropFirst() + [Loss.name]).first { values[$0] != nil }.map {
      "  \(part) \($0) " + String(format: "%.4f", values[$0]!)
    } ?? ""
  }
}
