import Foundation

/// Runs a worker for each reader and takes note of what it did and how it ended.
final class Campaign {
  struct Count {
    var inputs: UInt64 = 0
    var accepted: UInt64 = 0
    var pool: UInt64 = 0
    var faults = 0
  }

  let seed: UInt64
  let crashes: String
  /// Seconds that an input may take.
  let patience: Double
  private let scratch: String
  private(set) var counts: [String: Count] = [:]

  init(seed: UInt64, crashes: String, patience: Double) throws {
    self.seed = seed
    self.patience = patience
    self.crashes = crashes
    // In memory where there is such a place: each input is a file.
    let places = ["/dev/shm", NSTemporaryDirectory()]
    let place = places.first { access($0, W_OK) == 0 } ?? "."
    scratch = place + "/fusionkit-fuzz-\(getpid())"
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: scratch) }

  /// Feeds a reader for a time, or with so many inputs; goes on after a fault.
  func run(_ reader: String, round: UInt64, seconds: Double, inputs: UInt64) throws {
    let end = ContinuousClock.now + .seconds(seconds)
    var (left, part) = (inputs, round << 16)
    while ContinuousClock.now < end, left > 0 {
      let folder = "\(scratch)/\(reader)-\(part)"
      try FileManager.default.createDirectory(atPath: folder + "/work", withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let status = try WorkerStatus(file: folder + "/status")
      let rest = (end - ContinuousClock.now) / .seconds(1)
      let verdict = try watch(
        [
          "worker", reader, "--folder", folder, "--seed", "\(seed)", "--round", "\(part)", "--seconds", "\(rest)",
          "--inputs", "\(left)",
        ], status)
      counts[reader, default: Count()].inputs += status.begun
      counts[reader]!.accepted += status.accepted
      counts[reader]!.pool = max(counts[reader]!.pool, status.pool)
      left -= min(left, max(1, status.begun))
      part += 1
      guard let verdict else { return }
      counts[reader]!.faults += 1
      try keep(reader, folder, part, verdict)
      if counts[reader]!.faults >= 30 {
        say("\(reader): thirty faults; the reader is left alone")
        return
      }
    }
  }

  /// Waits for a worker.
  ///
  /// - Returns: what was wrong; nil: nothing.
  private func watch(_ arguments: [String], _ status: WorkerStatus) throws -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
    #if os(Linux)
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    #endif
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      // A backtrace takes seconds; `--repeat` shows it.
      ["SWIFT_BACKTRACE": "enable=no", "OPENBLAS_NUM_THREADS": "1"], uniquingKeysWith: { $1 })
    process.standardInput = FileHandle.nullDevice
    try process.run()
    var (seen, since) = (UInt64.max, ContinuousClock.now)
    while process.isRunning {
      usleep(20_000)
      if status.begun != seen {
        (seen, since) = (status.begun, .now)
      } else if ContinuousClock.now - since > .seconds(patience) {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return "it hangs: no end after \(patience) seconds"
      }
    }
    if process.terminationReason == .uncaughtSignal {
      return "signal \(process.terminationStatus): \(String(cString: strsignal(process.terminationStatus)))"
    }
    switch process.terminationStatus {
    case 0: return nil
    case Worker.foundFault: return ""
    default: throw Violation("the worker for '\(arguments[1])' ended with status \(process.terminationStatus)")
    }
  }

  /// Keeps the input of a fault, so that it can be repeated.
  private func keep(_ reader: String, _ folder: String, _ part: UInt64, _ verdict: String) throws {
    let note = String(decoding: FileManager.default.contents(atPath: Worker.noteFile(folder)) ?? Data(), as: UTF8.self)
    let lines = note.split(separator: "\n", maxSplits: 1).map { String($0) }
    let name = (lines.first ?? "input").replacing("/", with: ",")
    try FileManager.default.createDirectory(atPath: crashes, withIntermediateDirectories: true)
    let file = "\(crashes)/\(reader)-\(seed)-\(part)@\(name)"
    try put(Array(FileManager.default.contents(atPath: Worker.inputFile(folder)) ?? Data()), at: file)
    let words = verdict.isEmpty ? lines.dropFirst().first ?? "" : verdict
    say("FAULT in \(reader): \(words)\n  fusionkit-fuzz --repeat '\(file)'")
  }
}
