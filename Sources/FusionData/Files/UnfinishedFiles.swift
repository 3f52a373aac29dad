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

  /// Makes a file and takes note of it at once: no signal comes in between.
  ///
  /// - Parameter create: gives a descriptor; below 0, with `errno`, where there is none.
  static func making(file path: String, _ create: () -> Int32) -> Int32 { making(path, .file, create) }

  /// Makes a folder for results and takes note of it at once: it goes if there are none in it.
  ///
  /// - Parameter create: gives 0; below 0, with `errno`, where there is none.
  static func making(folder path: String, _ create: () -> Int32) -> Int32 { making(path, .newFolder, create) }

  private static func making(_ path: String, _ kind: Kind, _ create: () -> Int32) -> Int32 {
    let path = absolute(path)
    let (result, code) = list.withLock { list in
      let result = create()
      let code = errno
      if result >= 0 { list.append((path, kind)) }
      return (result, code)
    }
    errno = code
    return result
  }

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
