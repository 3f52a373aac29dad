import ArgumentParser
import Foundation

/// `--jobs` and `--threads` of commands that train many runs: how they share the machine, never what comes out.
struct SideBySideOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How many runs are trained at a time. (default: as many as the cores have room for)", valueName: "n"))
  var jobs: Int?

  @Option(help: ArgumentHelp("Number of threads of each run; never changes a result.", valueName: "n"))
  var threads = 1

  func validate() throws {
    if let jobs, !(1...1024 ~= jobs) { throw ValidationError("--jobs takes a number from 1 to 1024, not \(jobs)") }
    if !(1...1024 ~= threads) { throw ValidationError("--threads takes a number from 1 to 1024, not \(threads)") }
  }

  /// As many as asked for, or as there are cores for.
  var places: Int { jobs ?? max(1, ProcessInfo.processInfo.activeProcessorCount / threads) }
}
