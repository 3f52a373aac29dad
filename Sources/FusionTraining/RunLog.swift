import Foundation

/// `log.txt`: what was reported, with the time of day. Held open, and locked, as long as a process writes to the run.
public final class RunLog: ProgressReporter {
  private let descriptor: Int32
  private let next: any ProgressReporter
  /// What was written since the log was opened; nil once that is not needed any more.
  private var written: String? = ""

  /// Opens the log of a run and passes every event on to `next`.
  ///
  /// - Throws: ``RunFolderError/busy(path:)`` where another process holds it, ``RunFolderError/notWritable(path:reason:)``.
  public init(_ run: RunFolder, next: any ProgressReporter) throws(RunFolderError) {
    descriptor = open(run.log, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0o666)
    self.next = next
    guard descriptor >= 0 else { throw .notWritable(path: run.path, reason: String(cString: strerror(errno))) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .notWritable(path: run.path, reason: "log.txt is no regular file")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      if errno == EWOULDBLOCK { throw .busy(path: run.path) }
      return  // A file system without locks: two processes at once remain the user's care.
    }
  }

  deinit { close(descriptor) }

  /// Writes the event down, if it is worth a line, and passes it on.
  public func report(_ event: ProgressEvent) {
    if let line = event.line {
      let text = Date().formatted(.iso8601) + "  " + line + "\n"
      append(text)
      written?.append(text)
    }
    if case .epoch = event { written = nil }
    next.report(event)
  }

  /// Leaves out what other runs have written: a new one has taken their place.
  func beginAnew() {
    guard let text = written, ftruncate(descriptor, 0) == 0 else { return }
    append(text)
    written = nil
  }

  /// A log that cannot be written (a full disk) must not end a training that goes well otherwise.
  private func append(_ text: String) {
    _ = text.utf8CString.withUnsafeBytes { write(descriptor, $0.baseAddress!, $0.count - 1) }
  }
}
