import Foundation

/// What ties a process to the one that started it: a pipe whose other end the parent holds, and nobody else. However the
/// parent ends, the system closes its end, and the child notices.
public enum ParentTie {
  /// Names the descriptor that is the child's end of the pipe.
  public static let variable = "FUSIONKIT_PARENT"
  /// Where ``ChildProcess`` puts it.
  static let place: Int32 = 3
  /// What a child ends with where trying again would come to the same: its training diverged, its configuration cannot
  /// work. Everything else that keeps it from its end is an accident. Told to parents only.
  public static let lastingFailure: Int32 = 65
  /// So long a child that was asked to end may take to write its checkpoint.
  private static let patience: UInt32 = 60

  /// In a child whose parent has told it so: from now on it ends with its parent, as by SIGTERM, so that a
  /// training leaves a checkpoint.
  ///
  /// - Returns: whether this process is such a child.
  public static func watch() -> Bool {
    guard let word = getenv(variable).map({ String(cString: $0) }) else { return false }
    // Not for processes that this one starts.
    unsetenv(variable)
    var status = stat()
    guard let place = Int32(word), fstat(place, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return false }
    _ = fcntl(place, F_SETFD, FD_CLOEXEC)
    Thread.detachNewThread {
      var byte = UInt8()
      while true {
        let count = read(place, &byte, 1)
        if count == 0 || (count < 0 && errno != EINTR) { break }
      }
      while true {
        kill(getpid(), SIGTERM)
        sleep(patience)
      }
    }
    return true
  }

  /// The two ends of a pipe, closed in processes that are started later.
  static func pipe() -> (child: Int32, parent: Int32)? {
    var ends: [Int32] = [-1, -1]
    guard Foundation.pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }
}
