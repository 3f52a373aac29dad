import FusionCore
import Foundation

enum CBK1: Flaw { static let id = "CBK-1" }
enum CBK2: Flaw { static let id = "CBK-2" }
enum CBK2Idle: Flaw {
  static let id = "CBK-2"
  static let variant = "idle"
}
enum CBK3: Flaw { static let id = "CBK-3" }
enum CBK3Lost: Flaw {
  static let id = "CBK-3"
  static let variant = "lost"
}
enum CBK4: Flaw { static let id = "CBK-4" }
enum CBK5: Flaw { static let id = "CBK-5" }

/// A valid callback, a line per epoch; each flaw breaks one rule of the kit.
struct ToyCallback<F: Flaw>: Callback {
  static var name: String { "toy" }
  static var summary: String { "a line per epoch" }
  typealias Configuration = NoConfiguration
  static func files(_: NoConfiguration) -> [String] { F.id == "CBK-2" && F.variant == "idle" ? ["a", "b"] : ["a"] }

  struct Mistake: Error {}

  private let file: LineFile
  private let folder: String

  init(_: NoConfiguration, folder: String) {
    (self.folder, file) = (folder, LineFile("a", in: folder))
    if F.id == "CBK-4" { try? file.begin() }
  }

  func onRunStart(_ run: CallbackRun) throws {
    if F.id == "CBK-3", run.resumedAfter != nil {
      if F.variant == "lost" { try file.begin() }
      return
    }
    if F.id == "CBK-5" {
      try? file.begin(run.history.map { "\($0.place)" })
    } else {
      try file.begin(run.history.map { "\($0.place)" })
    }
    if F.id == "CBK-2", F.variant.isEmpty { try LineFile("c", in: folder).begin() }
  }

  func onEpochEnd(_ epoch: CallbackEpoch) throws {
    if F.id == "CBK-1", epoch.train["loss"]?.isFinite != true { throw Mistake() }
    if F.id == "CBK-5" { try? file.append(["\(epoch.place)"]) } else { try file.append(["\(epoch.place)"]) }
  }
}
