import Foundation

/// Standard output and standard error, written to in a way that never ends the process: a stream that is closed, full or
/// without a reader is an error like others. (Foundation's `FileHandle` stops the program there.)
public enum StandardStream: Int32, Sendable {
  /// For results.
  case output = 1
  /// For progress, hints and errors.
  case error = 2

  /// Writes all of a text.
  ///
  /// - Returns: 0, or the system's code (`errno`) where not all of it could be written.
  @discardableResult
  public func write(_ text: String) -> Int32 {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let (count, code) = withoutSignal {
        bytes.withUnsafeBytes { Foundation.write(rawValue, $0.baseAddress!, $0.count) }
      }
      if count > 0 {
        bytes = bytes.dropFirst(count)
      } else if code == EAGAIN || code == EWOULDBLOCK {
        // A pipe that does not block: results wait for their reader, progress does not.
        guard self == .output else { return code }
        var place = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
        _ = poll(&place, 1, -1)
      } else if code != EINTR {
        return code
      }
    }
    return 0
  }

  /// A pipe without a reader gives EPIPE and no SIGPIPE, which may be listened for as a wish to end: from others it is.
  private func withoutSignal(_ body: () -> Int) -> (count: Int, code: Int32) {
    var (pipe, before, pending) = (sigset_t(), sigset_t(), sigset_t())
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    sigpending(&pending)
    let wasPending = sigismember(&pending, SIGPIPE) == 1
    pthread_sigmask(SIG_BLOCK, &pipe, &before)
    let count = body()
    let code = count < 0 ? errno : 0
    // Taken away before it is let through; a pipe whose reader goes in the middle of a write gives it, too. Where SIGPIPE
    // is ignored, none is pending.
    sigpending(&pending)
    if !wasPending, sigismember(&pending, SIGPIPE) == 1 {
      var taken = Int32()
      sigwait(&pipe, &taken)
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
    return (count, code)
  }

  /// Fills the places of standard streams that are closed, so that no file of the program's takes them, and progress is
  /// not written into it. What fills them can only be read: that a result cannot be written is still told.
  public static func fillClosed() {
    for descriptor in 0...2 as ClosedRange<Int32> where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      _ = open("/dev/null", O_RDONLY)
    }
  }
}
