import FusionCore
import Foundation

/// Runs child processes side by side, so many at a time.
///
/// A flag that is raised stops it: no further process is started, those that run get SIGINT once, and the pool waits for
/// their end, so that trainings write their checkpoints.
public struct ProcessPool {
  /// What is started.
  public let executable: String
  /// How many processes run at a time.
  public let places: Int
  /// Ends the work once it is raised.
  public let stop: StopFlag

  /// A pool of `places` processes, at least one.
  ///
  /// - Parameter executable: this program itself, if not given.
  public init(executable: String = Self.ownExecutable, places: Int, stop: StopFlag = StopFlag()) {
    self.executable = executable
    self.places = max(1, places)
    self.stop = stop
  }

  /// The path of the running program.
  public static var ownExecutable: String { Bundle.main.executablePath ?? CommandLine.arguments[0] }

  /// A process to be started.
  public struct Command: Sendable, Equatable {
    /// Its arguments.
    public var arguments: [String]
    /// The file that takes its standard output; nil: nothing does.
    public var output: String?

    /// A command.
    public init(_ arguments: [String], output: String? = nil) {
      self.arguments = arguments
      self.output = output
    }
  }

  /// Runs processes until there are none left to run.
  ///
  /// Both closures are called on this thread, so that what is run next may depend on what has ended. An error of either
  /// stops the other processes as the flag does, and is thrown when they have ended.
  ///
  /// - Parameters:
  ///   - next: the next job and its command, asked for whenever a place is free; nil: there is none now, though there
  ///     may be one when another job has ended.
  ///   - tick: called every now and then while jobs run.
  ///   - ended: takes the outcome of a job. While the flag is raised, too: see the status.
  /// - Throws: ``ChildError``, and what the closures throw.
  public func run<Job>(
    next: () throws -> (job: Job, command: Command)?, tick: () throws -> Void = {},
    ended: (Job, ChildOutcome) throws -> Void
  ) throws {
    var running: [(job: Job, child: ChildProcess)] = []
    var failure: (any Error)?
    var isStopping = false
    while true {
      if !isStopping, stop.isSet || failure != nil {
        isStopping = true
        for (_, child) in running { child.signal(SIGINT) }
      }
      var hasEnded = false
      do {
        if !isStopping { try tick() }
        while !isStopping, running.count < places, let (job, command) = try next() {
          running.append((job, try ChildProcess(executable, command.arguments, output: command.output)))
        }
        for index in running.indices.reversed() {
          guard let outcome = running[index].child.poll() else { continue }
          hasEnded = true
          try ended(running.remove(at: index).job, outcome)
        }
      } catch {
        failure = failure ?? error
        continue
      }
      guard !running.isEmpty || hasEnded else {
        if let failure { throw failure }
        return
      }
      if !hasEnded { usleep(10_000) }
    }
  }
}
