import FusionCore
import Synchronization

/// Writes down what it is told; throws in one hook if asked to.
struct ToyCallback: Callback {
  struct Configuration: ComponentConfiguration {
    enum Hook: String, Codable, CaseIterable, Sendable {
      case none, onRunStart, onStepEnd, onEpochEnd, onCheckpointSaved, onRunEnd
    }
    var fails = Hook.none
    static let options = [Option("fails", "the hook that throws", Hook.self)]
  }
  static let name = "recorder"
  static let summary = "writes down what it is told"

  struct Mistake: Error, CustomStringConvertible { let description = "no ink" }

  /// What was told, by the folder of the run.
  static let told = Mutex<[String: [String]]>([:])
  static func told(_ folder: String) -> [String] { told.withLock { $0[folder] ?? [] } }

  private let folder: String
  private let fails: Configuration.Hook

  init(_ configuration: Configuration, folder: String) { (self.folder, fails) = (folder, configuration.fails) }

  private func note(_ hook: Configuration.Hook, _ text: String) throws {
    Self.told.withLock { $0[folder, default: []].append("\(hook.rawValue) \(text)") }
    if hook == fails { throw Mistake() }
  }

  func onRunStart(_ run: CallbackRun) throws {
    let after = run.resumedAfter.map { "\($0.epoch)/\($0.step)" } ?? "nothing"
    let samples = run.samples.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: " ")
    try note(
      .onRunStart,
      "after \(after), \(run.history.count) behind of \(run.epochs); \(samples); \(run.configuration.prefix(9))")
  }
  func onStepEnd(_ step: CallbackStep) throws {
    try note(
      .onStepEnd,
      "\(step.place.epoch)/\(step.place.step) \(step.loss?.isFinite ?? false) \(step.learningRates)")
  }
  func onEpochEnd(_ epoch: CallbackEpoch) throws {
    try note(
      .onEpochEnd,
      "\(epoch.place.stage ?? "")\(epoch.place.epoch)/\(epoch.place.step) \(epoch.validation["loss"] != nil)")
  }
  func onCheckpointSaved(_ checkpoint: CallbackCheckpoint) throws {
    try note(.onCheckpointSaved, "\(checkpoint.place.epoch)/\(checkpoint.place.step)")
  }
  func onRunEnd(_ end: CallbackRunEnd) throws {
    try note(.onRunEnd, "\(end.status) \(end.metrics["test"]?["accuracy"] != nil)")
  }
}
