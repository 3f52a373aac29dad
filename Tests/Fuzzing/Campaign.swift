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
  /// Seconds of the processor that an input may take; six times as many pass for one that waits and computes nothing.
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
    let worker = process.processIdentifier
    var (seen, since, busy) = (UInt64.max, ContinuousClock.now, 0.0)
    while process.isRunning {
      usleep(20_000)
      let used = Self.processorSeconds(of: worker)
      if status.begun != seen {
        (seen, since, busy) = (status.begun, .now, used ?? 0)
        continue
      }
      let passed = (ContinuousClock.now - since) / .seconds(1)
      // On a machine that is busy otherwise, seconds pass in which the worker does not compute.
      if used.map({ $0 - busy > patience || passed > 6 * patience }) ?? (passed > patience) {
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

  /// The processor's time that a process has used; nil where the system does not tell.
  private static func processorSeconds(of process: pid_t) -> Double? {
    #if os(Linux)
      var (clock, time) = (clockid_t(), timespec())
      guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else { return nil }
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    #else
      return nil
    #endif
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
