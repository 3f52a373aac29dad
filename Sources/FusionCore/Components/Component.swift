/// What a component takes from the configuration file.
///
/// Defaults are written once, as property defaults; the known keys, the defaults that `fusionkit describe` shows and the
/// JSON Schema all follow from encoding `init()`. ``options`` adds what a type cannot say: a sentence, allowed values, a
/// range. Ranges are checked when a file is read, before anything is built.
///
/// ```swift
/// public struct Configuration: ComponentConfiguration {
///   public var hidden: [Int] = [100]
///   public var dropout: Double = 0
///   public init() {}
///   public static let options: [Option] = [
///     Option("hidden", "width of each hidden layer", .atLeast(1)),
///     Option("dropout", "share of hidden values set to zero in training", .range(0, 1, includesUpper: false)),
///   ]
/// }
/// ```
public protocol ComponentConfiguration: Codable, Sendable {
  /// The defaults.
  init()
  /// One entry per key.
  static var options: [Option] { get }
}

/// A key of a configuration: what it means and which values it takes.
public struct Option: Sendable {
  /// Which values a key takes, beyond its type. For a list the rule holds for each element.
  public enum Rule: Sendable, Equatable {
    /// Any value of the type.
    case any
    /// One of these words.
    case oneOf([String])
    /// A number from `lower` to `upper`.
    case range(Double, Double, includesLower: Bool = true, includesUpper: Bool = true)
    /// A number not below `lower`.
    case atLeast(Double)
    /// A number above `lower`.
    case above(Double)

    /// A width, a rank or another size of a layer: bounded, so that products of a few of them cannot overflow.
    public static let size = Rule.range(1, 65_536)
  }

  /// The key, as in the file.
  public let key: String
  /// One sentence, lower case, no full stop.
  public let summary: String
  /// Which values are allowed.
  public let rule: Rule
  /// Whether the elements of a list have to differ and be no empty texts, as names have to.
  public let isDistinct: Bool

  /// Describes a key.
  public init(_ key: String, _ summary: String, _ rule: Rule = .any, isDistinct: Bool = false) {
    self.key = key
    self.summary = summary
    self.rule = rule
    self.isDistinct = isDistinct
  }

  /// Describes a key whose values are the cases of an enumeration.
  public init<Values: CaseIterable & RawRepresentable>(_ key: String, _ summary: String, _ values: Values.Type)
  where Values.RawValue == String {
    self.init(key, summary, .oneOf(values.allCases.map(\.rawValue)))
  }
}

/// A configuration without keys.
public struct NoConfiguration: ComponentConfiguration {
  /// Nothing to choose.
  public init() {}
  /// No keys.
  public static let options: [Option] = []
}

/// The kinds of things that a configuration names: what the registry, `list`, `describe` and the conformance kit go by.
///
/// Whatever differs from kind to kind is a `switch` without a default, so that a new kind does not compile until every
/// place has been thought of.
public enum ComponentKind: String, Sendable, CaseIterable, Codable {
  /// The order in which help, `list` and messages name the kinds: the parts of the pipeline, then data, then training.
  case fusion, encoder, decoder, modality, dataset, transform, optimizer, schedule, objective, metric, callback

  /// As in `fusionkit list fusions`.
  public var plural: String {
    switch self {
    case .modality: "modalities"
    case .fusion, .encoder, .decoder, .dataset, .transform, .optimizer, .schedule, .objective, .metric, .callback:
      rawValue + "s"
    }
  }

  /// In a sentence: `data set`.
  public var words: String {
    switch self {
    case .dataset: "data set"
    case .fusion, .encoder, .decoder, .modality, .transform, .optimizer, .schedule, .objective, .metric, .callback:
      rawValue
    }
  }

  /// In a sentence: `an encoder`, `a data set`.
  public var withArticle: String { ("aeiou".contains(rawValue.prefix(1)) ? "an " : "a ") + words }

  /// Whether the kind is a part of the pipeline, with parameters and a forward pass.
  public var isPartOfPipeline: Bool {
    switch self {
    case .fusion, .encoder, .decoder, .modality: true
    case .dataset, .transform, .optimizer, .schedule, .objective, .metric, .callback: false
    }
  }

  /// Whether a type conforms to the protocol of this kind: a library may claim a kind without being of it.
  public func isProtocol(of type: any Component.Type) -> Bool {
    switch self {
    case .fusion: type is any Fusion.Type
    case .encoder: type is any Encoder.Type
    case .decoder: type is any Decoder.Type
    case .modality: type is any Modality.Type
    case .metric: type is any Metric.Type
    case .optimizer: type is any Optimizer.Type
    case .schedule: type is any Schedule.Type
    case .objective: type is any Objective.Type
    case .dataset: type is any DatasetComponent.Type
    case .transform: type is any Transform.Type
    case .callback: type is any Callback.Type
    }
  }

  /// The key that names a component of the kind in its section.
  public var nameKey: String { self == .dataset ? "dataset" : "type" }
}

/// What every plugin is: something with a name, a summary and a configuration.
public protocol Component: SendableMetatype {
  /// What the configuration file says under the component's key, besides `type`.
  associatedtype Configuration: ComponentConfiguration
  /// Given by the protocol that a component conforms to: ``Fusion`` says `.fusion`.
  static var kind: ComponentKind { get }
  /// The name used in configuration files: `[a-z][a-z0-9_]*`.
  static var name: String { get }
  /// Other names that mean the same.
  static var aliases: [String] { get }
  /// One line on what it does.
  static var summary: String { get }
  /// Whether two evaluations of the same batch may differ; a fusion says it in its traits.
  static func isStochastic(_ configuration: Configuration) -> Bool
  /// What is wrong with a configuration beyond the type and the range of each key, each problem at the key that is to
  /// blame: two keys that exclude each other. Parts of the pipeline report such things in init as well.
  static func problems(_ configuration: Configuration) -> [Problem]
  /// What the conformance kit tries the component on, besides its defaults; see ``Example``.
  static var examples: [Example<Configuration>] { get }
  /// Conformance checks that the component is known to fail, each with its reason: `["FWD-5": "divides by x"]`. One that
  /// passes although it is listed is a failure too.
  static var knownFailures: [String: String] { get }
}

extension Component {
  /// None, unless a plugin says otherwise.
  public static var aliases: [String] { [] }
  /// No.
  public static func isStochastic(_ configuration: Configuration) -> Bool { false }
  /// None.
  public static func problems(_ configuration: Configuration) -> [Problem] { [] }
  /// None: the defaults and the variants that follow from the options are enough for most.
  public static var examples: [Example<Configuration>] { [] }
  /// None.
  public static var knownFailures: [String: String] { [:] }
}

/// A small configuration, and inputs that fit it, for the conformance kit.
///
/// The kit tries every component with its defaults, with every word and switch that its options offer, and on shapes of
/// its own: vectors, tokens and images of a few values. Examples are for what it cannot guess: a configuration that
/// needs other inputs, or one that is worth a look of its own.
///
/// ```swift
/// public static var examples: [Example<Configuration>] {
///   [Example(inputs: [[1, 8, 8]]) { $0.patch = 4 }]
/// }
/// ```
public struct Example<Configuration: ComponentConfiguration>: Sendable {
  /// The configuration.
  public let configuration: Configuration
  /// The shape of one sample of each input; empty: whatever of the kit's own shapes fits.
  public let inputs: [Shape]

  /// The defaults with some changes.
  ///
  /// - Parameter inputs: the shape of one sample of each input, one for encoders, decoders and modalities.
  public init(inputs: [Shape] = [], _ change: (inout Configuration) -> Void = { _ in }) {
    var configuration = Configuration()
    change(&configuration)
    self.configuration = configuration
    self.inputs = inputs
  }
}
