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
    descriptor = run.openLog(O_WRONLY | O_APPEND)
    self.next = next
    guard descriptor >= 0 else { throw .notWritable(path: run.path, reason: String(cString: strerror(errno))) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .notWritable(path: run.path, reason: "log.txt is no regular file")
    }
    // Who looks whether a run is in use holds the lock for a moment: tried for a fifth of a second.
    for attempt in 0... {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
      // A file system without locks: two processes at once remain the user's care.
      guard errno == EWOULDBLOCK else { return }
      if attempt == 10 { throw .busy(path: run.path) }
      usleep(20_000)
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

extension RunFolder {
  /// Opens `log.txt`, which is made where it is not there. A symbolic link in its place is replaced: what it leads to is
  /// not the run's to write or to empty.
  ///
  /// - Returns: a descriptor; below 0, with `errno`, where there is none to be had.
  func openLog(_ flags: Int32) -> Int32 {
    // Not blocking: a named pipe in its place would hold the program up.
    let flags = flags | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
    let descriptor = open(log, flags, 0o666)
    guard descriptor < 0, errno == ELOOP, unlink(log) == 0 else { return descriptor }
    return open(log, flags, 0o666)
  }
}
