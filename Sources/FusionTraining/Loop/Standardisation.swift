import FusionConfig
import FusionCore
import FusionData

/// What a pipeline has learned of the training part's numbers before its first step.
struct Standardisation {
  /// One array, or the targets.
  struct Part {
    /// In words: `'face'`, or `the targets`.
    let name: String
    let features: Int
    /// The features that do not vary, from 0.
    let constant: [Int]
  }
  /// In the order of the pipeline.
  var modalities: [Part] = []
  /// Of a regression.
  var targets: Part?

  /// What is done, a line each for values and targets.
  var notes: [String] {
    var notes: [String] = []
    if !modalities.isEmpty {
      let parts = modalities.map { "\($0.name) (\(Self.counted($0.features, "feature")))" }
      notes.append(
        "values are standardised by the training part's mean and deviation: \(parts.joined(separator: ", ")); "
          + "'values: raw' takes them as stored")
    }
    if let targets {
      notes.append(
        "the targets (\(targets.features)) are standardised too: metrics and predictions are in their own units; "
          + "'task.standardise: false' takes them as stored")
    }
    return notes
  }

  /// What cannot tell samples apart.
  var warnings: [String] {
    modalities.filter { !$0.constant.isEmpty }.map { part in
      "\(part.name): \(Self.list(part.constant, "feature")) the same in all training samples, and "
        + "\(part.constant.count == 1 ? "becomes" : "become") zero"
    }
      + (targets.map { part in
        part.constant.isEmpty ? [] : ["\(Self.list(part.constant, "target")) the same in all training samples"]
      } ?? [])
  }

  private static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

  /// `the features 3, 7 and 9 are`, counted from 1.
  private static func list(_ places: [Int], _ noun: String) -> String {
    let shown = places.prefix(10).map { "\($0 + 1)" }
    let more = places.count - shown.count
    let words = more > 0 ? shown + ["\(more) more"] : shown
    guard let last = words.last, words.count > 1 else { return "the \(noun) \(words[0]) is" }
    return "the \(noun)s \(words.dropLast().joined(separator: ", ")) and \(last) are"
  }
}

extension Pipeline {
  /// Gives the standardisers means and deviations of the training part.
  ///
  /// A constant feature becomes zero, whatever it is elsewhere: nothing was learned of it. A constant target is told apart
  /// from nothing either, but its misses count; its deviation is taken as 1.
  func fitStandardisers(to train: DataSplit, device: Device) throws(DataError) -> Standardisation {
    var result = Standardisation()
    for (place, name) in modalities.enumerated() {
      guard let standardiser = standardisers[place],
        let index = train.modalities.firstIndex(where: { $0.name == name })
      else { continue }
      let found = try train.statistics(ofModality: index, standardiser.layout, device: device)
      standardiser.fit(means: found.means, deviations: found.deviations)
      result.modalities.append(.init(name: "'\(name)'", features: found.means.count, constant: found.constant))
    }
    if let targets, let found = try train.targetStatistics(device: device) {
      targets.fit(means: found.means, deviations: found.deviations.map { $0 > 0 ? $0 : 1 })
      result.targets = .init(name: "the targets", features: found.means.count, constant: found.constant)
    }
    return result
  }
}

extension TaskSettings {
  /// Whether the model learns the values of a regression in units of their deviation.
  var standardisesTargets: Bool {
    if case .regression(let settings) = self { settings.standardise != .no } else { false }
  }
}
