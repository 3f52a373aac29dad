import FusionCore

/// Which values a key takes, found from the Swift type of a property and its default.
package indirect enum ValueKind: Sendable {
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

  /// In words, for error messages and tables: `a whole number of at least 1`.
  func described(_ rule: Option.Rule = .any) -> String {
    switch self {
    case .integer, .number: noun + (limits(rule).map { " " + $0 } ?? "")
    case .string: words(rule).map { "one of " + $0 } ?? noun
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    case .optional(let wrapped): wrapped.described(rule)
    case .list(let element): "a list of \(element.inPlural)" + (element.each(rule).map { ", each \($0)" } ?? "")
    case .either(let kinds): kinds.map { $0.described(rule) }.joined(separator: ", or ")
    case .boolean, .dictionary, .structure, .anything: noun
    }
  }

  /// Whether values of the kind are single ones.
  var isScalar: Bool {
    switch self {
    case .integer, .number, .boolean, .string, .choice: true
    default: false
    }
  }

  var isInteger: Bool {
    if case .integer = self { true } else { false }
  }

  var isString: Bool {
    if case .string = self { true } else { false }
  }

  /// Whether values of the kind are words from a list.
  var isChoice: Bool {
    if case .choice = self { true } else { false }
  }

  /// Whether a single value is of this kind.
  func suits(_ scalar: ConfigValue?) -> Bool {
    switch (self, scalar) {
    case (.integer, .integer), (.integer, .unsigned), (.number, .number), (.boolean, .boolean), (.string, .string),
      (.choice, .string):
      true
    default: false
    }
  }

  private var noun: String {
    switch self {
    case .integer: "a whole number"
    case .number: "a number"
    case .boolean: "true or false"
    case .string, .choice: "a text"
    case .dictionary, .structure: "a map"
    default: "a value"
    }
  }

  private var inPlural: String {
    switch self {
    case .integer: "whole numbers"
    case .number: "numbers"
    case .boolean: "true and false"
    case .string, .choice: "texts"
    case .optional(let wrapped): wrapped.inPlural
    case .list(let element): "lists of \(element.inPlural)"
    case .dictionary, .structure: "maps"
    case .either(let kinds): kinds.map(\.inPlural).joined(separator: " or ")
    case .anything: "values"
    }
  }

  /// What holds for each element of a list.
  private func each(_ rule: Option.Rule) -> String? {
    switch self {
    case .integer, .number: limits(rule)
    case .string: words(rule).map { "one of " + $0 }
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    case .optional(let wrapped), .list(let wrapped): wrapped.each(rule)
    default: nil
    }
  }

  /// The range of a number: the rule's, or that of a narrow type.
  private func limits(_ rule: Option.Rule) -> String? {
    guard rule == .any, case .integer(let lower, let upper) = self else { return rule.description }
    if lower == .min, upper == UInt64(Int.max) { return nil }
    return upper >= UInt64(Int.max) ? "of at least \(lower)" : "from \(lower) to \(upper)"
  }

  private func words(_ rule: Option.Rule) -> String? {
    if case .oneOf(let words) = rule { return words.joined(separator: ", ") }
    return nil
  }
}

/// A key of a map: what it is called, takes, means, and is by default.
package struct Field: Sendable {
  package let key: String
  package let kind: ValueKind
  package let defaultValue: ConfigValue
  package let option: Option?

  package var rule: Option.Rule { option?.rule ?? .any }
}

extension [Field] {
  /// The same keys with the values of a map as their defaults, where it has them.
  func over(_ value: ConfigValue) -> [Field] {
    map { Field(key: $0.key, kind: $0.kind, defaultValue: value[$0.key] ?? $0.defaultValue, option: $0.option) }
  }
}

extension ComponentConfiguration {
  /// The keys, in the order of the properties.
  package static var fields: [Field] { Recorder.fields(of: Self()) }

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

  init(_ field: Field) {
    key = field.key
    values = field.kind.described(field.rule)
    defaultText = field.defaultValue.flowText
    summary = field.option?.summary ?? ""
  }
}

extension ComponentConfiguration {
  /// What a user may write, with defaults: the rows of `fusionkit describe NAME`.
  public static var optionDescriptions: [OptionDescription] {
    fields.map { OptionDescription($0) }
  }
}

extension Option.Rule {
  /// The range that the rule sets, for instance `of at least 1`.
  var description: String? {
    switch self {
    case .any, .oneOf: nil
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
