import FusionCore

/// A search for the best hyper-parameters of an experiment: `sweep:`.
@dynamicMemberLookup
public struct SweepSettings: Sendable {
  /// More trials than anybody waits for.
  public static let mostTrials = 10_000

  /// What trials are judged by, and on which parts of the data; its members are reachable through this type.
  public let judging: SweepJudging
  /// Which combinations are tried.
  public let sampler: SamplerSettings
  /// What is varied, in the order of the file.
  public internal(set) var parameters: [SweepParameter]
  /// The text, for pointing at places.
  let node: Node

  /// A member of ``judging``.
  public subscript<Value>(dynamicMember path: KeyPath<SweepJudging, Value>) -> Value { judging[keyPath: path] }
}

/// The keys of `sweep:` beside `sampler` and `parameters`.
public struct SweepJudging: ComponentConfiguration, Equatable {
  /// The metric by which trials are compared: `validation.METRIC`.
  public var metric = "validation.loss"
  /// `auto`: as the metric says.
  public var mode = EarlyStopping.Mode.auto
  /// Folds of the cross-validation; 0: one run a trial, judged on the validation part.
  public var folds = 0
  /// Outer folds of a nested cross-validation; 0: not nested.
  public var outerFolds = 0

  /// The loss on the validation part.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case metric, mode, folds
    case outerFolds = "outer_folds"
  }

  /// See the properties.
  public static let options = [
    Option("metric", "what trials are judged by: validation.METRIC"),
    Option(
      "mode", "which direction is better; auto: as the metric says", EarlyStopping.Mode.self),
    Option(
      "folds", "folds of a stratified cross-validation of the training part; 0: the validation part judges",
      .range(0, Double(FoldSettings.most))),
    Option(
      "outer_folds", "outer folds, on which the winner of a search over the others is scored; 0: none",
      .range(0, Double(FoldSettings.most))),
  ]
}

/// Keys that a search varies together, and the values that it tries.
public struct SweepParameter: Sendable {
  /// As in the file: a dotted key, or several with commas between them.
  public let name: String
  /// Each a path from the top of the configuration.
  let keys: [Key]
  /// What they may be.
  public internal(set) var values: Values
  /// Where the parameter stands.
  let mark: Mark
  /// The values as they stand in the file; of a range, its bounds.
  let probes: [Node]

  /// A key of the configuration, and where the parameter names it.
  struct Key: Sendable {
    let steps: [String]
    let mark: Mark
  }

  /// What a parameter may be.
  public enum Values: Sendable {
    /// One of these, all different.
    case choices([ConfigValue])
    /// A number.
    case range(SweepRange)
  }

  /// All values, in order; nil: as many as there are numbers in the range.
  public var list: [ConfigValue]? {
    switch values {
    case .choices(let choices): choices
    case .range(let range): range.list
    }
  }
}

extension SweepSettings {
  /// As in a file, with all keys.
  var configValue: ConfigValue {
    .map(
      [.init("sampler", sampler.configValue)] + judging.configValue.entries + [
        .init(
          "parameters",
          .map(
            parameters.map { parameter in
              switch parameter.values {
              case .choices(let choices): .init(parameter.name, .list(choices))
              case .range(let range): .init(parameter.name, range.configValue)
              }
            }))
      ])
  }
}

extension Experiment {
  /// The whole search as YAML: the resolved configuration with its `sweep:`, every default filled in; nil where there
  /// is none.
  public var sweepYAML: String? { resolvedSweep?.yaml }

  /// Whether a search written by ``sweepYAML`` is this one, but for the number of trials.
  public func isSameSweep(as yaml: String) -> Bool {
    guard let own = resolvedSweep, let other = try? ConfigValue(yaml: yaml) else { return false }
    func plan(_ value: ConfigValue) -> String { value.replacing(["sweep", "sampler", "trials"], with: .null).yaml }
    return plan(own) == plan(other)
  }

  private var resolvedSweep: ConfigValue? {
    sweep.map { .map(resolved.entries + [.init("sweep", $0.configValue)]) }
  }
}

extension SweepSettings {
  /// The parameters as column heads: as many of the last keys of each name as tell it from the others.
  public var shortNames: [String] {
    let names = parameters.map { commonEnd(of: $0.keys.map(\.steps)) }
    return names.enumerated().map { index, steps in
      let others = names.enumerated().filter { $0.offset != index }.map(\.element)
      let short = (1...max(1, steps.count)).map { steps.suffix($0) }.first { short in
        !others.contains { $0.suffix(short.count) == short }
      }
      return (short ?? steps[...]).joined(separator: ".")
    }
  }
}

/// The last keys that all paths share; all of the first, where they share none.
private func commonEnd(of paths: [[String]]) -> [String] {
  let first = paths.first ?? []
  let shared = (0...first.count).last { count in paths.allSatisfy { $0.suffix(count) == first.suffix(count) } } ?? 0
  return shared == 0 ? first : Array(first.suffix(shared))
}
