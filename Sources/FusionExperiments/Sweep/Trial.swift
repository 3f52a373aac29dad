import FusionConfig
import FusionCore
import FusionData
import Foundation

/// One combination of values, and its result.
///
/// Trials are the same whatever runs beside them; only ``seconds`` tells of the machine.
public struct Trial: Sendable, Equatable {
  /// How a trial stands.
  public enum State: String, Sendable {
    /// Not all of its runs are done.
    case unfinished
    /// All of its runs are done.
    case finished
    /// One of its runs failed; it is not judged.
    case failed
  }

  /// Which one, from 1.
  public let number: Int
  /// A value for each parameter, in their order.
  public let values: [ConfigValue]
  /// How it stands.
  public internal(set) var state = State.unfinished
  /// The metric on each fold; of a failed trial only up to the first fold that failed.
  public internal(set) var scores: [Double?]
  /// Seconds of all of its runs together.
  public internal(set) var seconds = 0.0
  /// Why it failed.
  public internal(set) var reason: String?
  /// Its value, where another machine has tried it: no more is known of it here.
  public internal(set) var valueElsewhere: Double?

  init(number: Int, values: [ConfigValue], runs: Int) {
    self.number = number
    self.values = values
    scores = Array(repeating: nil, count: runs)
  }

  /// Mean and deviation over the folds; nil for a trial that is not finished.
  public var result: SeedsSummary.Statistics? {
    guard state == .finished else { return nil }
    return SeedsSummary.Statistics(valueElsewhere.map { [$0] } ?? scores.compactMap { $0 })
  }
}

// MARK: Records

extension Trial {
  /// For programs, and for going on.
  func record(_ names: [String]) -> ConfigValue {
    .map([
      .init("trial", .integer(number)), .init("state", .string(state.rawValue)),
      .init("parameters", .map(zip(names, values).map { ConfigValue.Entry($0, $1) })),
      .init("scores", .list(scores.map { $0.map { .number($0) } ?? .null })),
      .init("mean", result.map { .number($0.mean) } ?? .null),
      .init("deviation", result?.deviation.map { .number($0) } ?? .null), .init("seconds", .number(seconds)),
      .init("reason", reason.map { .string($0) } ?? .null),
    ])
  }

  /// Reads a record; nil where it is none of a trial with these parameters and so many runs.
  init?(record: ConfigValue, names: [String], runs: Int) {
    guard case .integer(let number)? = record["trial"], case .string(let word)? = record["state"],
      let state = State(rawValue: word), let parameters = record["parameters"]?.entries,
      parameters.map(\.key) == names, case .list(let scores)? = record["scores"], scores.count == runs
    else { return nil }
    self.init(number: number, values: parameters.map(\.value), runs: runs)
    self.state = state
    self.scores = scores.map(\.asDouble)
    seconds = record["seconds"]?.asDouble ?? 0
    if case .string(let text)? = record["reason"] { reason = text }
    guard state != .finished || !self.scores.contains(nil) else { return nil }
  }
}

extension ConfigValue {
  /// A number of whatever form.
  var asDouble: Double? {
    switch self {
    case .number(let number): number
    case .integer(let number): Double(number)
    case .unsigned(let number): Double(number)
    default: nil
    }
  }
}

/// The records of one search: a folder for each trial, with its record and its runs.
struct TrialRecords {
  let folder: String
  /// Of the parameters.
  let names: [String]
  /// Of a trial.
  let runs: Int

  /// Where a trial lies.
  func path(_ number: Int) -> String {
    let digits = String(number)
    return "\(folder)/\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)"
  }

  /// The folder of a trial's run on a fold, from 1.
  func run(_ number: Int, fold: Int?) -> RunFolder { RunFolder(path(number) + (fold.map { "/fold-\($0)" } ?? "/run")) }

  /// All that were written, by number; a damaged one counts as not written.
  func read() -> [Int: Trial] {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let trials = folders.compactMap { name -> Trial? in
      guard let bytes = try? RegularFile.bytes(of: "\(folder)/\(name)/trial.json"),
        let value = try? ConfigValue(yaml: String(decoding: bytes, as: UTF8.self), name: "trial.json"),
        let trial = Trial(record: value, names: names, runs: runs), path(trial.number) == "\(folder)/\(name)"
      else { return nil }
      return trial
    }
    return Dictionary(uniqueKeysWithValues: trials.map { ($0.number, $0) })
  }

  func write(_ trial: Trial) throws(DataError) {
    try AtomicFile.makeFolder(path(trial.number))
    try AtomicFile.write(trial.record(names).json + "\n", to: path(trial.number) + "/trial.json")
  }
}
