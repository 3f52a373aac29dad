import FusionCore

/// Which data: `data:`.
@dynamicMemberLookup
public struct DataSettings: Sendable {
  /// The registered data set, of kind `dataset`.
  public let dataset: any Component.Type
  /// Its own keys, a `dataset.Configuration`.
  public let configuration: any ComponentConfiguration
  /// What every data set understands; its members are reachable through this type.
  public var part = DataPartSettings()

  /// A member of ``part``.
  public subscript<Value>(dynamicMember path: WritableKeyPath<DataPartSettings, Value>) -> Value {
    get { part[keyPath: path] }
    set { part[keyPath: path] = newValue }
  }
}

/// What every data set understands, beside its own keys.
public struct DataPartSettings: ComponentConfiguration, Equatable {
  /// The folder, relative to the current directory.
  public var root: String?
  /// The share of the training part held back for validation.
  public var validation = 0.1
  /// Only samples of these classes, renumbered in this order.
  public var classes: [ClassChoice]?
  /// Only the first samples of the training part.
  public var limit: Int?
  /// The fold of the training part that is held back for validation, in place of a share.
  public var fold: FoldSettings?
  /// The fold of the training part that takes the place of the test part; ``fold`` cuts what is left.
  public var outerFold: FoldSettings?

  /// What draws the validation part and the folds; nil: the run's seed.
  public var cutSeed: UInt64?
  /// What is done with samples that have none of the pipeline's modalities.
  public var lacking = LackingSamples.refuse

  /// What is done with samples that have none of the pipeline's modalities.
  public enum LackingSamples: String, Sendable, CaseIterable, Codable {
    /// They are an error: a pipeline cannot say anything about them.
    case refuse
    /// They are left out of all parts.
    case leave_out
  }

  /// All of the data, a tenth held back.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case root, validation, classes, limit, fold
    case outerFold = "outer_fold"
    case cutSeed = "cut_seed"
    case lacking
  }

  /// See the properties.
  public static let options = [
    Option("root", "folder of the data, relative to the current directory"),
    Option(
      "validation", "share of the training part held back for validation, stratified and seeded",
      .range(0, 1, includesUpper: false)),
    Option("classes", "keep only these classes, by name or number", .atLeast(0), isDistinct: true),
    Option("limit", "keep only the first N training samples", .atLeast(1)),
    Option("fold", "hold back this fold of the training part for validation, in place of a share; none: a share"),
    Option("outer_fold", "test on this fold of the training part, in place of the test part; none: the test part"),
    Option("cut_seed", "draws the validation part and the folds; none: the run's seed", .atLeast(0)),
    Option(
      "lacking", "what is done with samples that have none of the modalities", LackingSamples.self),
  ]
}

/// One of several equal parts of the training samples, of every class alike, as a cross-validation cuts them.
public struct FoldSettings: ComponentConfiguration, Equatable {
  /// More folds than anybody trains on.
  public static let most = 1000

  /// Which one, from 1.
  public var index = 1
  /// How many there are.
  public var of = 5

  /// The first of five.
  public init() {}

  /// One of so many.
  public init(index: Int, of: Int) { (self.index, self.of) = (index, of) }

  /// See the properties.
  public static let options = [
    Option("index", "which fold, from 1", .range(1, Double(most))),
    Option("of", "how many folds there are", .range(2, Double(most))),
  ]
}

extension ClassChoice: SelfDescribing {
  static let kind = ValueKind.either([.integer(0, UInt64(Int.max)), .string])
}
