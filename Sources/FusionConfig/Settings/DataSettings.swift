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
  public var classes: [Int]?
  /// Only the first samples of the training part.
  public var limit: Int?

  /// All of the data, a tenth held back.
  public init() {}

  /// See the properties.
  public static let options = [
    Option("root", "folder of the data, relative to the current directory"),
    Option(
      "validation", "share of the training part held back for validation, stratified and seeded",
      .range(0, 1, includesUpper: false)),
    Option("classes", "keep only these classes", .atLeast(0)),
    Option("limit", "keep only the first N training samples", .atLeast(1)),
  ]
}
