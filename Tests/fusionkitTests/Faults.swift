import Foundation
import Testing

/// Faults put in the way of the built binary from outside: the nth call of a kind fails, or is the last one.
/// Tests/FaultInjection/README.md tells how. Mark the tests with `.enabled(if: Faults.areAvailable)`.
enum Faults {
  /// What can fail; see the table in the README there.
  enum Operation: String, CaseIterable, Sendable {
    case open, read, write, output, sync, truncate, rename, unlink, mkdir, lock, map, allocate, fork
  }

  /// A call that the binary made.
  struct Call: Sendable, CustomStringConvertible {
    let operation: Operation
    /// Counted for each operation, from 1.
    let number: Int
    let process: Int32
    /// What it was made on; the bytes for `map` and `allocate`.
    let path: String
    /// For messages.
    var description: String { "\(operation) \(number) (\(path))" }

    /// A fault at this call: `ENOSPC`, `short-ENOSPC`, `before-KILL`, `after-KILL`, `before-TERM`, …
    func fault(_ outcome: String, forGood: Bool = false) -> String {
      "\(operation.rawValue):\(number)\(forGood ? "+" : ""):\(outcome)"
    }
  }

  /// Which processes count their calls.
  enum Processes: String { case first, later, all }

  /// The library, compiled once; nil where the system has no `LD_PRELOAD` or no compiler.
  private static let library: String? = {
    #if os(Linux)
      let (source, library) = (Binary.package + "/Tests/FaultInjection/faults.c", Scratch.shared / "faults.so")
      let build =
        "for c in cc clang; do $c -std=gnu11 -O1 -shared -fPIC -o '\(library)' '\(source)' && exit; done; exit 1"
      return (try? Binary.shell(build))?.status == 0 ? library : nil
    #else
      return nil
    #endif
  }()

  /// Whether faults can be put in the way here.
  static var areAvailable: Bool { library != nil }

  /// Runs the binary undisturbed.
  ///
  /// - Parameter below: where paths begin that count, below `folder`; empty: everything there.
  /// - Returns: its outcome, and its calls on what lies there, in their order.
  static func calls(
    of arguments: [String], in folder: String, below: String = "", processes: Processes = .all,
    allocationsFrom bytes: Int = 1 << 20
  ) throws -> (outcome: Outcome, calls: [Call]) {
    let scratch = Scratch()
    let outcome = try start(
      arguments, in: folder, below: below, processes: processes,
      ["FAULT_STATE": scratch / "state", "FAULT_FROM": "\(bytes)"]
    ).outcome()
    let log = (try? String(contentsOfFile: scratch / "state.log", encoding: .utf8)) ?? ""
    let calls = try log.split(separator: "\n").map { line in
      let words = line.split(separator: " ", maxSplits: 3).map { String($0) }
      return Call(
        operation: try #require(Operation(rawValue: words[0])), number: try #require(Int(words[1])),
        process: try #require(Int32(words[2])), path: words.count > 3 ? words[3] : "")
    }
    return (outcome, calls)
  }

  /// Runs the binary with a fault in its way; the other parameters as for ``calls(of:in:below:processes:allocationsFrom:)``,
  /// and equal to them, so that numbers mean the same.
  static func run(
    _ arguments: [String], in folder: String, fault: String, below: String = "", processes: Processes = .all,
    allocationsFrom bytes: Int = 1 << 20
  ) throws -> Outcome {
    let scratch = Scratch()
    return try start(
      arguments, in: folder, below: below, processes: processes,
      ["FAULT": fault, "FAULT_STATE": scratch / "state", "FAULT_FROM": "\(bytes)"]
    ).outcome()
  }

  private static func start(
    _ arguments: [String], in folder: String, below: String, processes: Processes, _ more: [String: String]
  ) throws -> Child {
    let library = try #require(library, "no compiler for Tests/FaultInjection/faults.c")
    // As the system spells it: temporary folders may lie behind a link.
    let place = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path + "/" + below
    let environment = ["LD_PRELOAD": library, "FAULT_BELOW": place, "FAULT_IN": processes.rawValue]
    return try Child(Binary.path, arguments, in: folder, environment: environment.merging(more) { $1 })
  }
}
