import ArgumentParser
import Foundation
import FusionConfig
import FusionCore
import FusionData
import FusionExperiments
import FusionTraining

/// Parses, runs, and turns whatever goes wrong into a sentence and an exit status:
/// 0 done, 1 failed, 2 usage or configuration, 130 interrupted.
@main
enum EntryPoint {
  static func main() {
    RefusedMemory.becomesAnError()
    // Beyond a limit on file sizes (ulimit -f), writing then fails with an error like that of a full disk.
    signal(SIGXFSZ, SIG_IGN)
    // A reader that has gone is an error of that output.
    signal(SIGPIPE, SIG_IGN)
    StandardStream.fillClosed()
    let isChild = ParentTie.watch()
    do {
      var command = try RootCommand.parseAsRoot()
      // Kernels asked for that cannot be had: said before anything computes with others.
      do { _ = try InstructionSet.chosen() } catch { throw UsageError(error.description) }
      // The others end within a moment, wherever they are: what they have begun to write is removed.
      let listener =
        command is any StopsByItself ? nil : SignalListener { _ in UnfinishedFiles.endProcess(status: 130) }
      try withExtendedLifetime(listener) { try command.run() }
    } catch {
      let status = report(error)
      let isLasting = (error as? any UserError)?.isLasting ?? false
      leave(isChild && isLasting ? ParentTie.lastingFailure : status)
    }
    leave(0)
  }

  /// Ends the process without the farewells of libraries: OpenBLAS waits for its own threads, and one that was refused
  /// memory never ends.
  private static func leave(_ status: Int32) -> Never {
    fflush(nil)
    _exit(status)
  }

  /// Tells the person at the keyboard; returns the exit status.
  private static func report(_ error: any Error) -> Int32 {
    switch error {
    case let error as OutputError where error.isBrokenPipe: return 1
    case let error as ConfigError:
      // Each of its paragraphs begins with file, line and column, as editors expect.
      Console.note(error.description)
      return error.exitStatus
    case let error as any UserError:
      // To be interrupted is no error: the message tells how to go on.
      Console.note((error.exitStatus == 130 ? "" : "error: ") + error.description)
      return error.exitStatus
    default:
      return reportParserError(error)
    }
  }

  private static func reportParserError(_ error: any Error) -> Int32 {
    let status = RootCommand.exitCode(for: error)
    switch status {
    case .success:  // --help and --version end the parsing, too.
      do { try Console.print(RootCommand.fullMessage(for: error)) } catch { return report(error) }
      return 0
    case .validationFailure:
      let message = RootCommand.fullMessage(for: error)
      Console.note(UnknownCommand(in: CommandLine.arguments.dropFirst())?.leading(message) ?? message)
      return 2
    default:
      if !(error is ExitCode) { Console.note("error: " + sentence(error)) }
      return status.rawValue
    }
  }

  /// An error of the system in words, without the names of types and domains.
  private static func sentence(_ error: any Error) -> String {
    let error = error as NSError
    let path = error.userInfo[NSFilePathErrorKey] as? String
    let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
    let reason =
      cause.domain == NSPOSIXErrorDomain ? String(cString: strerror(Int32(cause.code))) : cause.localizedDescription
    return (path.map { $0 + ": " } ?? "") + reason
  }
}

/// A command that takes the signals that ask it to end itself, and leaves what it can be continued from.
protocol StopsByItself {}
