import Foundation

/// Files with `.partial-` in their names that processes have left which were killed while they wrote.
///
/// Who writes such a file holds a lock on it (`flock`), which goes with the process. On file systems without locks the
/// number of the process, a part of the name, has to do.
public enum AbandonedFiles {
  /// Takes them out of a folder, but not out of folders in it. Files that a process still writes are left alone.
  ///
  /// What cannot be removed stays: it is in nobody's way.
  ///
  /// - Parameter target: the name that the files were to get; nil: any.
  public static func remove(in folder: String, of target: String? = nil) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      if let target, !name.hasPrefix(target + ".partial-") { continue }
      guard let match = name.wholeMatch(of: /.+\.partial-(?<process>[0-9]+)(-[0-9]+)?/) else { continue }
      let path = "\(folder)/\(name)"
      if let process = pid_t(match.process) { removeUnlessInUse(path, by: process) }
    }
  }

  /// Takes the lock of a file that was just made.
  ///
  /// - Returns: false where someone who cleans up has taken the file for an abandoned one and removes it.
  static func lock(_ descriptor: Int32) -> Bool {
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return errno != EWOULDBLOCK }
    var status = stat()
    return fstat(descriptor, &status) != 0 || status.st_nlink > 0
  }

  private static func removeUnlessInUse(_ path: String, by process: pid_t) {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    // The lock is given back only after the file is gone: see `lock(_:)`, which looks at the number of its names.
    let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) != 0
    let isInUse = isLocked && (errno == EWOULDBLOCK || kill(process, 0) == 0 || errno != ESRCH)
    if !isInUse { unlink(path) }
  }
}
