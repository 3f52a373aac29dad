import Foundation
import FusionConformance
import FusionCore

/// What a process that runs the checks tells the one that waits for it: a file with an event a line, so that what a
/// plugin prints is in nobody's way, and a line that was begun when the process stopped is known.
enum ConformanceEvents {
  /// Runs the checks and writes each event when it happens.
  static func write(of conformance: Conformance, on type: any Component.Type, to path: String) throws {
    endWithParent()
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    let encoder = JSONEncoder()
    _ = conformance.report(on: type) { event in
      guard let line = try? encoder.encode(event) else { return }
      try? file.write(contentsOf: line + Data("\n".utf8))
    }
  }

  /// The events of a file; the last line may be cut short.
  static func read(_ path: String) -> [Conformance.Event] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return data.split(separator: UInt8(ascii: "\n")).compactMap {
      try? JSONDecoder().decode(Conformance.Event.self, from: $0)
    }
  }

  /// A process whose parent was killed would run on unseen.
  private static func endWithParent() {
    let parent = getppid()
    Thread.detachNewThread {
      while getppid() == parent { Thread.sleep(forTimeInterval: 0.5) }
      _exit(1)
    }
  }
}
