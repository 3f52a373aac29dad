import Foundation
import FusionTraining
import Testing

/// A folder that is gone after `body`.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let path = FileManager.default.temporaryDirectory.path + "/fusionkit-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

/// The bytes of a file.
func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

/// The text of a file.
func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

/// Calls a closure for every event.
final class Watcher: ProgressReporter {
  private let body: (ProgressEvent) -> Void
  init(_ body: @escaping (ProgressEvent) -> Void) { self.body = body }
  func report(_ event: ProgressEvent) { body(event) }
}

/// Rows of a CSV file without quotes, by column.
func table(_ path: String) throws -> [[String: String]] {
  let lines = try text(path).split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
  return lines.dropFirst().map { row in
    Dictionary(uniqueKeysWithValues: zip(lines[0].map(String.init), row.map(String.init)))
  }
}
