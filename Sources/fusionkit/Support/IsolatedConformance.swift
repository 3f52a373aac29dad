import Foundation
import FusionConformance
import FusionCore
import FusionExperiments
import FusionTraining

/// Runs the checks over a plugin in a process of its own. What stops that process, a failed precondition or a recursion
/// without end, is the failure of the check that was under way; the checks behind it are run in another process.
struct IsolatedConformance: Sendable {
  let conformance: Conformance
  /// The seconds after which a check that has not ended is stopped.
  let limit: Double

  /// How a process ended.
  private struct End {
    let events: [Conformance.Event]
    /// Nil: by itself, all checks done.
    let words: [String]?
  }

  /// What the checks find.
  ///
  /// - Throws: what the system says where no process can be started.
  func report(on type: any Component.Type) throws -> Report {
    var left = conformance.checks
    var results: [(id: String, outcome: Outcome)] = []
    while let first = left.first {
      let end = try run(left, on: type)
      let ended = end.events.compactMap { event in
        if case .ended(let id, let outcome) = event { return (id: id, outcome: outcome) }
        return nil
      }
      results += ended
      left.removeAll { check in ended.contains { $0.id == check.id } }
      // A plugin may end the process by itself: exit(0).
      guard let words = end.words ?? (left.isEmpty ? nil : ["the process ended by itself in the middle of the checks"])
      else { break }
      // Nothing begun: it stopped while the kit tried its shapes, which is before all checks.
      guard case .began(let id)? = end.events.last, let check = left.first(where: { $0.id == id }) else {
        let check = ended.isEmpty ? Check.all.first { $0.id == "SHP-2" } ?? first : first
        let failure = conformance.stopped(
          in: check, of: type, ["stopped while shapes were tried, before any check could begin"] + words,
          hint: "init has to take any shape, and to say which cannot work: context.problem(…)")
        results.append((check.id, .failed(failure)))
        break
      }
      let failure = conformance.stopped(
        in: check, of: type, words, hint: "add --in-process to run it under a debugger")
      results.append((id, .failed(failure)))
      left.removeAll { $0.id == id }
    }
    return Report(kind: type.kind, name: type.name, results: results)
  }

  private func run(_ checks: [Check], on type: any Component.Type) throws -> End {
    let folder = FileManager.default.temporaryDirectory.appending(path: "fusionkit-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (events, said) = (folder.appending(path: "events"), folder.appending(path: "said"))
    for file in [events, said] { try Data().write(to: file) }
    let output = try FileHandle(forWritingTo: said)
    let process = Process()
    process.executableURL = Bundle.main.executableURL
    process.arguments =
      [
        "conformance", type.name, "--kind", type.kind.rawValue, "--seed", "\(conformance.seed)", "--events",
        events.path,
      ]
      + checks.flatMap { ["--only", $0.id] } + conformance.libraries.flatMap { ["--plugin", $0] }
    // A backtrace takes a second and says little about a release build.
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["SWIFT_BACKTRACE": "enable=no", ParentTie.variable: "0"], uniquingKeysWith: { $1 })
    // Nothing is written to it: a plugin that hangs ends with this process.
    let tie = Pipe()
    process.standardInput = tie
    defer { withExtendedLifetime(tie) {} }
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
    let isStuck = try !waits(for: process, events.path)
    try output.close()
    let told = ConformanceEvents.read(events.path)
    guard !isStuck else { return End(events: told, words: ["did not end within \(short(limit)) s"]) }
    guard process.terminationReason == .uncaughtSignal || process.terminationStatus != 0 else {
      return End(events: told, words: nil)
    }
    return End(events: told, words: Self.lastWords(process, said.path))
  }

  /// Waits for the end; false where no check ended for too long, and the process was stopped.
  private func waits(for process: Process, _ events: String) throws -> Bool {
    var size = 0
    var since = Date()
    while process.isRunning {
      Thread.sleep(forTimeInterval: 0.005)
      guard Date().timeIntervalSince(since) > limit else { continue }
      let now = (try FileManager.default.attributesOfItem(atPath: events)[.size] as? Int) ?? 0
      guard now == size else {
        (size, since) = (now, Date())
        continue
      }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      return false
    }
    process.waitUntilExit()
    return true
  }

  private func short(_ seconds: Double) -> String { String(format: "%g", seconds) }

  /// How a process ended, and what it said last.
  private static func lastWords(_ process: Process, _ path: String) -> [String] {
    let text = String(decoding: FileManager.default.contents(atPath: path)?.suffix(4096) ?? Data(), as: UTF8.self)
    let lines = text.split(separator: "\n").map(String.init).filter { !$0.allSatisfy(\.isWhitespace) }
    let fatal = lines.last {
      $0.contains("Fatal error: ") || $0.contains("Precondition failed: ") || $0.hasPrefix("error: ")
    }
    // Without the path of a source file in front.
    let said = fatal.map { line in
      line.firstRange(of: "Fatal error: ").map { String(line[$0.upperBound...]) } ?? line
    }
    let end: String
    if process.terminationReason == .uncaughtSignal {
      let signal = process.terminationStatus
      end =
        "the process stopped: \(String(cString: strsignal(signal))) (signal \(signal))"
        + (signal == SIGSEGV && said == nil ? ", as of a recursion without end" : "")
    } else {
      end = "the process ended with status \(process.terminationStatus)"
    }
    return [end] + [said ?? lines.last].compactMap { $0.map { String($0.prefix(400)) } }
  }
}
