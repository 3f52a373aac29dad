import FusionCore

/// Which values a key takes, found from the Swift type of a property and its default.
indirect enum ValueKind: Sendable {
  /// Whole numbers from the first to the second.
  case integer(Int, UInt64)
  case number
  case boolean
  case string
  /// One of these words: the cases of an enumeration.
  case choice([String])
  case optional(ValueKind)
  case list(ValueKind)
  /// A map with keys that the user chooses.
  case dictionary(ValueKind)
  case structure([Field])
  case either([ValueKind])
  /// A type that tells nothing ahead of decoding.
  case anything

  /// In words, for error messages and tables: `a whole number`.
  var inWords: String {
    switch self {
    case .integer: "a whole number"
    case .number: "a number"
    case .boolean: "true or false"
    case .string: "a text"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    case .optional(let wrapped): wrapped.inWords
    case .list(let element): "a list of \(element.inPlural)"
    case .dictionary, .structure: "a map"
    case .either(let kinds): kinds.map(\.inWords).joined(separator: ", or ")
    case .anything: "a value"
    }
  }

  private var inPlural: String {
    switch self {
    case .integer: "whole numbers"
    case .number: "numbers"
    case .boolean: "true and false"
    case .string: "texts"
    case .choice(let words): "words, each one of \(words.joined(separator: ", "))"
    case .optional(let wrapped): wrapped.inPlural
    case .list(let element): "lists of \(element.inPlural)"
    case .dictionary, .structure: "maps"
    case .either(let kinds): kinds.map(\.inPlural).joined(separator: ", or ")
    case .anything: "values"
    }
  }
}

/// A key of a map: what it is called, takes, means, and is by default.
struct Field: Sendable {
  let key: String
  let kind: ValueKind
  let defaultValue: ConfigValue
  let option: Option?

  var rule: Option.Rule { option?.rule ?? .any }
}

extension ComponentConfiguration {
  /// The keys, in the order of the properties.
  static var fields: [Field] { Recorder.fields(of: Self()) }

  /// This configuration as a value with all its keys, nil ones too.
  public var configValue: ConfigValue { Recorder.describe(Self.self, self).value }
}

/// A row of `fusionkit describe NAME`.
public struct OptionDescription: Sendable, Equatable {
  /// The key, as in the file.
  public let key: String
  /// Which type, and which values, in words.
  public let values: String
  /// The default, as YAML.
  public let defaultText: String
  /// One sentence.
  public let summary: String
}

extension ComponentConfiguration {
  /// What a user may write, with defaults: the rows of `fusionkit describe NAME`.
  public static var optionDescriptions: [OptionDescription] {
    fields.map { field in
      let rule = field.rule.inWords.map { " " + $0 } ?? ""
      return OptionDescription(
        key: field.key, values: field.kind.inWords + rule, defaultText: field.defaultValue.flowText,
        summary: field.option?.summary ?? "")
    }
  }
}

extension Option.Rule {
  /// What the rule adds to a type, for instance `of at least 1`; nil: nothing.
  var inWords: String? {
    switch self {
    case .any: nil
    case .oneOf(let words): "(\(words.joined(separator: ", ")))"
    case .range(let lower, let upper, let includesLower, let includesUpper):
      (includesLower ? "from " : "above ") + short(lower)
        + (includesUpper ? (includesLower ? " to " : ", at most ") : (includesLower ? " to below " : " and below "))
        + short(upper)
    case .atLeast(let lower): "of at least \(short(lower))"
    case .above(let lower): "above \(short(lower))"
    }
  }

  /// Whether a number keeps the rule; NaN keeps none.
  func allows(_ value: Double) -> Bool {
    switch self {
    case .any, .oneOf: true
    case .range(let lower, let upper, let includesLower, let includesUpper):
      (includesLower ? value >= lower : value > lower) && (includesUpper ? value <= upper : value < upper)
    case .atLeast(let lower): value >= lower
    case .above(let lower): value > lower
    }
  }

  private func short(_ bound: Double) -> String { Int(exactly: bound).map { String($0) } ?? bound.description }
}
