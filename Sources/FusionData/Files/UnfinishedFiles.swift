import Foundation
import Synchronization

/// What this process has begun to write and not put in its place: gone when a signal ends the process.
///
/// One list for the process, as signals are: the thread that takes one knows nothing of what the others are at.
public enum UnfinishedFiles {
  private enum Kind { case file, newFolder, workFolder }
  private static let list = Mutex<[(path: String, kind: Kind)]>([])
  /// Held while files that belong together take their places.
  private static let moving = Mutex(())

  static func add(file path: String) { list.withLock { $0.append((absolute(path), .file)) } }

  /// A folder that was made for results: it goes if there are none in it.
  static func add(folder path: String) { list.withLock { $0.append((absolute(path), .newFolder)) } }

  /// A folder of intermediate results: it goes with all that is in it.
  public static func add(workFolder path: String) { list.withLock { $0.append((absolute(path), .workFolder)) } }

  /// It is in its place, or gone.
  public static func remove(_ path: String) {
    let path = absolute(path)
    list.withLock { $0.removeAll { $0.path == path } }
  }

  /// Does what must not be ended by a signal half-way; to be short.
  public static func together<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    try moving.withLock { _ throws(Failure) in try body() }
  }

  /// Removes what is unfinished and ends the process: other threads may be in the midst of anything.
  ///
  /// Waits for files that are taking their places. Nothing is begun meanwhile: whoever wants to, waits for the end.
  public static func endProcess(status: Int32) -> Never {
    moving.withLock { _ in
      list.withLock { list in
        for (path, kind) in list.reversed() {
          switch kind {
          case .file: unlink(path)
          case .newFolder: rmdir(path)
          case .workFolder: try? FileManager.default.removeItem(atPath: path)
          }
        }
        _exit(status)
      }
    }
  }

  private static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }
}
