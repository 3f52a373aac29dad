import Foundation
import FusionData

/// Files that appear together or not at all.
struct Scaffold {
  /// The path and the text of each, in the order in which they take their places.
  private(set) var files: [(path: String, text: String)] = []
  /// Files that are there and get another text; they come last.
  private(set) var changed: [(path: String, text: String)] = []

  mutating func add(_ path: String, _ text: String) { files.append((path, text)) }
  mutating func change(_ path: String, _ text: String) { changed.append((path, text)) }

  /// Writes everything.
  ///
  /// - Throws: ``UsageError`` where a file is there already; `DataError` where one cannot be written. Nothing is left then.
  func write() throws {
    let taken = files.map(\.path).filter { FileManager.default.fileExists(atPath: $0) }
    guard taken.isEmpty else {
      throw UsageError(
        taken.map { "\($0) is there already" }.joined(separator: "\n") + "\n  choose another name, or remove it first")
    }
    var folders: [String] = []
    var placed: [String] = []
    do {
      let open = try (files + changed).map { path, text in
        folders += try Self.makeFolders(above: path)
        let file = try AtomicFile(path)
        try file.write(text)
        // On the disk before any takes its place: only renames are left that could fail.
        try file.complete()
        return file
      }
      for file in open {
        try file.commit()
        placed.append(file.path)
      }
    } catch {
      let new = Set(files.map(\.path))
      for path in placed where new.contains(path) { unlink(path) }
      for folder in folders.reversed() { rmdir(folder) }
      throw error
    }
  }

  /// Makes the folders that lead to a file; returns those that were missing, the outermost first.
  private static func makeFolders(above path: String) throws(DataError) -> [String] {
    var missing: [String] = []
    var folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    while !folder.isEmpty, !FileManager.default.fileExists(atPath: String(folder)) {
      missing.append(String(folder))
      folder = folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)]
    }
    if let innermost = missing.first { try AtomicFile.makeFolder(innermost) }
    return missing.reversed()
  }
}
