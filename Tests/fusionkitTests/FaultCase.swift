import Foundation
import Testing

/// A command, what lay there before it, and what has to be right after it, whatever came in its way.
struct FaultCase: Sendable, CustomTestStringConvertible {
  /// For messages.
  let name: String
  /// The command.
  let arguments: [String]
  /// What brings things to their end after a fault; the same command where nothing else is said. The first that does
  /// not fail counts.
  var ways: [[String]] = []
  /// Where the calls lie that may fail, below the folder.
  var below = ""
  /// Whose calls.
  var processes = Faults.Processes.all
  /// Files that were there: whole at every moment, as they were or as they become.
  var kept: [String] = []
  /// Files, or with a `/` at the end all files of a name in a folder, whose bytes are those of an undisturbed run.
  var results: [String] = []
  /// Fills the folder before.
  let prepare: @Sendable (Scratch) throws -> Void

  var testDescription: String { name }
}

/// Faults at the calls of a command, one after the other.
struct FaultTrial {
  let plan: FaultCase
  private let before = Scratch()
  private let after = Scratch()
  private let calls: [Faults.Call]

  /// All calls of a command, or a few of each kind, as tests of a minute do.
  private static let isThorough = ProcessInfo.processInfo.environment["FUSIONKIT_FAULTS"] == "all"

  /// Runs the command undisturbed.
  init(_ plan: FaultCase) throws {
    self.plan = plan
    try plan.prepare(before)
    try Self.copy(before, to: after)
    let (outcome, calls) = try Faults.calls(
      of: plan.arguments, in: after.path, below: plan.below, processes: plan.processes)
    try #require(outcome.status == 0, "\(plan.name): \(outcome.errors)")
    self.calls = calls
  }

  private static func copy(_ from: Scratch, to: Scratch) throws {
    try? FileManager.default.removeItem(atPath: to.path)
    try FileManager.default.copyItem(atPath: from.path, toPath: to.path)
  }

  /// Faults of all sorts: at all calls, or each at one call, here and there.
  func run() throws {
    var turn = 0
    for (operation, outcomes) in Self.faults {
      let all = calls.filter { $0.operation == operation }
      guard !all.isEmpty else { continue }
      for (outcome, forGood) in outcomes {
        let chosen = Self.isThorough ? Array(all.indices) : [0, all.count - 1, all.count / 2, all.count / 4]
        turn += 1
        for index in Self.isThorough ? chosen : [chosen[turn % chosen.count]] {
          try run(all[index], all[index].fault(outcome, forGood: forGood))
        }
      }
    }
    #expect(turn > 0, "\(plan.name) made no call that could fail")
  }

  /// Killed just before every rename, and just after the last one.
  func killAtEveryRename() throws {
    let renames = calls.filter { $0.operation == .rename }
    #expect(!renames.isEmpty, "\(plan.name) renames nothing")
    for rename in renames { try run(rename, rename.fault("before-KILL")) }
    if let last = renames.last { try run(last, last.fault("after-KILL")) }
  }

  /// A full disk stays full; a disk that fails does so once; a process is asked to end around a rename.
  private static let faults: [(Faults.Operation, [(outcome: String, forGood: Bool)])] = [
    (.read, [("EIO", false)]), (.open, [("ENOSPC", true), ("EMFILE", false)]),
    (.write, [("ENOSPC", true), ("short-ENOSPC", true), ("EIO", false)]),
    (.sync, [("EIO", false)]), (.truncate, [("ENOSPC", false)]), (.mkdir, [("EACCES", false)]),
    (
      .rename,
      [("EIO", false), ("before-INT", false), ("after-HUP", false)]
    ), (.fork, [("EAGAIN", false)]), (.unlink, [("EACCES", false)]), (.lock, [("EIO", false)]),
    (.output, [("EIO", false), ("ENOSPC", true)]), (.map, [("ENOMEM", false)]), (.allocate, [("ENOMEM", false)]),
  ]

  private func run(_ call: Faults.Call, _ fault: String) throws {
    let folder = Scratch()
    try Self.copy(before, to: folder)
    let place = "\(plan.name), \(fault) at \(call.path.replacing(after.path, with: ""))"
    let outcome = try Faults.run(
      plan.arguments, in: folder.path, fault: fault, below: plan.below, processes: plan.processes)
    #expect(
      valid(outcome: String(fault.split(separator: ":").last ?? "")).contains(outcome.status),
      "\(place): status \(outcome.status)\n\(outcome.errors)")
    // Swift's runtime says a line of its own where memory is refused.
    let runtime = call.operation == .allocate ? "Fatal error: failed to" : "\0"
    let said = outcome.errors.replacing(runtime, with: "")
    #expect(!said.contains("Fatal error") && !said.contains("crashed"), "\(place): \(outcome.errors)")
    // Where nothing can be written to standard error either, nothing can be said.
    let isMute = call.operation == .output && fault.contains("+")
    if [1, 2].contains(outcome.status), !isMute {
      #expect(outcome.errors.contains("error: "), "\(place): \(outcome.errors)")
    }
    for file in plan.kept {
      let now = try? bytes(folder / file)
      let isWhole = try now == bytes(before / file) || now == bytes(after / file)
      #expect(isWhole, "\(place): \(file) is neither what it was nor what it is to be")
    }
    if outcome.status != 0 { try finish(folder, place) }
    try compare(folder, place)
  }

  /// The exit statuses that may follow.
  private func valid(outcome: String) -> [Int32] {
    switch outcome.split(separator: "-").last {
    // What happens to a child is its parent's to deal with.
    case "KILL": plan.processes == .later ? [0, 1] : [128 + SIGKILL]
    // At the very end there is nothing left to interrupt.
    case "INT", "TERM", "HUP": plan.processes == .later ? [0, 1, 130] : [130, 0]
    default: [0, 1, 2]
    }
  }

  /// What a user does next.
  private func finish(_ folder: Scratch, _ place: String) throws {
    var errors = ""
    for way in plan.ways.isEmpty ? [plan.arguments] : plan.ways {
      let outcome = try Binary.run(way, in: folder.path)
      if outcome.status == 0 || outcome.errors.contains("it is finished") { return }
      errors += "\(way.joined(separator: " ")): \(outcome.errors)"
    }
    Issue.record("\(place): no way on\n\(errors)")
  }

  private func compare(_ folder: Scratch, _ place: String) throws {
    for file in plan.results {
      let (now, whole) = (try? bytes(folder / file), try bytes(after / file))
      #expect(now == whole, "\(place): \(file)")
    }
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    let partial = names.filter { $0.contains("partial-") }
    #expect(partial.isEmpty, "\(place): \(partial) stay")
  }
}
