import Foundation

/// The mark of a data set whose files are just taking their places: while it lies in the folder, old files and new ones may
/// lie side by side, and nothing reads them as a data set.
package enum UnfinishedBuild {
  private static let name = "unfinished-build.txt"

  /// Puts the mark into a folder.
  static func begin(in folder: String) throws(DataError) {
    try AtomicFile.write(
      "A build of this data set was stopped while its files took their places: old and new ones lie side by side.\n"
        + "Build it again; then this file goes.\n", to: "\(folder)/\(name)")
  }

  /// Takes it away: all files are in their places.
  static func end(in folder: String) throws(DataError) {
    let path = "\(folder)/\(name)"
    if unlink(path) != 0, errno != ENOENT { throw .system(path, "cannot be removed") }
  }

  /// Refuses a folder with the mark.
  package static func check(_ folder: String) throws(DataError) {
    guard access("\(folder)/\(name)", F_OK) == 0 else { return }
    throw DataError(
      folder, "holds a data set whose build was stopped half-way: old and new files lie side by side",
      expected: "a whole one: repeat the command that builds it (fusionkit data build or demo)")
  }
}

/// A folder in which one process builds at a time; released with the object.
final class BuildLock {
  private let descriptor: Int32

  /// - Throws: `DataError` where another process builds there.
  init(_ folder: String) throws(DataError) {
    // The folder itself: no file of the lock's stays behind. Where a file system has no locks, two builds at once remain
    // the user's care.
    descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
    throw DataError(
      folder, "another process is building a data set there",
      expected: "one build at a time: wait for it, or choose another folder")
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
