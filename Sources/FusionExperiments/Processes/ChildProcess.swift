import FusionCore
import Foundation

/// A process that this one has started: its end, its standard error, its time and its memory.
///
/// Not Foundation's `Process`, which waits for its children itself and so throws away what the system tells about them.
///
/// The child is in a process group of its own: Ctrl-C at a terminal reaches this process alone, which tells the child
/// once. A second signal, which ends a training at once, is never sent by accident. A child that knows ``ParentTie`` ends
/// when this process does.
final class ChildProcess {
  private let identifier: pid_t
  /// Open as long as the child is to live.
  private let tie: Int32
  private let errors: ScratchFile
  private let clock = ContinuousClock()
  private let began: ContinuousClock.Instant
  private var outcome: ChildOutcome?

  /// Starts the executable; it reads nothing, and its standard error is kept.
  ///
  /// - Parameter output: the file that takes its standard output; nil: nothing does.
  /// - Throws: ``ChildError`` where it cannot be started.
  init(_ executable: String, _ arguments: [String], output: String? = nil) throws(ChildError) {
    guard let errors = ScratchFile() else {
      throw ChildError(
        command: [executable] + arguments, reason: "no temporary file: " + String(cString: strerror(errno)))
    }
    guard let tie = ParentTie.pipe() else {
      throw ChildError(command: [executable] + arguments, reason: "no pipe: " + String(cString: strerror(errno)))
    }
    self.errors = errors
    self.tie = tie.parent
    defer { close(tie.child) }
    began = clock.now
    var (actions, attributes) = (Self.emptyActions, Self.emptyAttributes)
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(
      &actions, STDOUT_FILENO, output ?? "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    posix_spawn_file_actions_adddup2(&actions, errors.descriptor, STDERR_FILENO)
    // The last one: what lies in this place here is not the child's.
    posix_spawn_file_actions_adddup2(&actions, tie.child, ParentTie.place)
    // As a fresh process finds them, whatever this one does with signals.
    var (all, none) = (sigset_t(), sigset_t())
    sigfillset(&all)
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETPGROUP))
    let words = ([executable] + arguments).map { strdup($0) }
    let variables = ProcessInfo.processInfo.environment.merging([ParentTie.variable: "\(ParentTie.place)"]) { $1 }
    let environment = variables.map { strdup("\($0.key)=\($0.value)") }
    defer { for word in words + environment { free(word) } }
    var identifier = pid_t()
    let status = posix_spawn(&identifier, executable, &actions, &attributes, words + [nil], environment + [nil])
    guard status == 0 else {
      close(self.tie)
      throw ChildError(command: [executable] + arguments, reason: String(cString: strerror(status)))
    }
    self.identifier = identifier
  }

  deinit { close(tie) }

  /// Sends a signal, unless the process is known to have ended: its number may be another's by then.
  func signal(_ number: Int32) {
    if outcome == nil { kill(identifier, number) }
  }

  /// The outcome of the process; nil as long as it runs. Never waits.
  func poll() -> ChildOutcome? {
    if let outcome { return outcome }
    var (status, usage) = (Int32(), rusage())
    // Interrupted, or still running: the next call tells.
    guard wait4(identifier, &status, WNOHANG, &usage) == identifier else { return nil }
    // The macros of the system's header: the low seven bits are the signal, the next byte is the exit status.
    let signal = status & 0x7f
    let exit = (status >> 8) & 0xff
    let isLasting = signal == 0 && exit == ParentTie.lastingFailure
    outcome = ChildOutcome(
      status: signal != 0 ? 128 + signal : isLasting ? 1 : exit, errors: errors.tail,
      wallSeconds: began.duration(to: clock.now).seconds, peakMemoryBytes: usage.ru_maxrss * Self.memoryUnit,
      isLasting: isLasting)
    return outcome
  }

  #if canImport(Darwin)
    private static let memoryUnit = 1
    private static var emptyActions: posix_spawn_file_actions_t? { nil }
    private static var emptyAttributes: posix_spawnattr_t? { nil }
  #else
    private static let memoryUnit = 1024
    private static var emptyActions: posix_spawn_file_actions_t { posix_spawn_file_actions_t() }
    private static var emptyAttributes: posix_spawnattr_t { posix_spawnattr_t() }
  #endif
}

/// The outcome of a child process.
public struct ChildOutcome: Sendable, Equatable {
  /// Its exit status; 128 and the signal's number where a signal ended it.
  public let status: Int32
  /// The end of what it wrote to standard error, without blanks around it.
  public let errors: String
  /// From its start to the moment its end was noticed.
  public let wallSeconds: Double
  /// The most memory it held at once, as the system counts it, pages of mapped files included; on Linux never less than
  /// what the starting process held.
  public let peakMemoryBytes: Int
  /// Whether it failed in a way that comes again whenever it is tried: what was asked for cannot be done. False for
  /// accidents: a full disk, too little memory, a signal, a folder in use.
  public var isLasting = false

  /// Why it failed, in a line; nil where it did not.
  public var reason: String? {
    guard status != 0 else { return nil }
    if status > 128, status != 130 { return "its process was ended by signal \(status - 128)" }
    let line = errors.split(separator: "\n").first { !$0.hasPrefix("warning: ") }.map(String.init) ?? ""
    return line.isEmpty ? "its process ended with status \(status)" : line.replacing("error: ", with: "")
  }
}

/// A process that could not be started.
public struct ChildError: UserError {
  /// The executable and its arguments.
  public let command: [String]
  /// In the system's words.
  public let reason: String
  /// 1: nothing is wrong with what was asked for.
  public var exitStatus: Int32 { 1 }
  /// What could not be started, and why.
  public var description: String { "cannot start '\(command.joined(separator: " "))': \(reason)" }
}

/// A file without a name, which is gone when it is closed. No pipe: nothing has to read along.
private final class ScratchFile {
  let descriptor: Int32
  private static let longest = 64 << 10

  init?() {
    let template = FileManager.default.temporaryDirectory.path + "/fusionkit-XXXXXX"
    var name = Array(template.utf8CString)
    descriptor = mkstemp(&name)
    guard descriptor >= 0 else { return nil }
    unlink(name)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  /// The last of what was written.
  var tail: String {
    let length = Int(lseek(descriptor, 0, SEEK_END))
    let start = max(0, length - Self.longest)
    var bytes = [UInt8](repeating: 0, count: max(0, length - start))
    let count = pread(descriptor, &bytes, bytes.count, off_t(start))
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
