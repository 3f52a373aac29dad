import FusionCore

/// Encodes a default configuration and writes down keys, static types and values; nil options included.
enum Recorder {
  static func fields(of configuration: some ComponentConfiguration) -> [Field] {
    guard case .structure(let fields) = describe(type(of: configuration), configuration).kind else { return [] }
    return fields
  }

  /// What values of a type look like, and one of them as a value; `.null` where there is none.
  static func describe<T: Encodable>(_ type: T.Type, _ value: T?) -> (kind: ValueKind, value: ConfigValue) {
    if let leaf = leaf(type, value) { return leaf }
    if let composite = type as? any CompositeValue.Type { return composite.describe(value) }
    if let choice = choice(type, value) { return choice }
    let told = (type as? any SelfDescribing.Type)?.kind
    guard let instance = value ?? (type as? any ComponentConfiguration.Type)?.init() as? T else {
      return (told ?? .anything, .null)
    }
    let recording = Recording()
    // A configuration that cannot encode its own defaults has no keys to offer.
    guard (try? instance.encode(to: RecordingEncoder(recording: recording))) != nil else { return (.anything, .null) }
    let (kind, encoded) = recording.result(options: (type as? any ComponentConfiguration.Type)?.options ?? [])
    return (told ?? kind, value == nil ? .null : encoded)
  }

  private static func leaf<T>(_ type: T.Type, _ value: T?) -> (ValueKind, ConfigValue)? {
    if type == Bool.self { return (.boolean, (value as? Bool).map { .boolean($0) } ?? .null) }
    if type == String.self { return (.string, (value as? String).map { .string($0) } ?? .null) }
    if type == Double.self { return (.number, (value as? Double).map { .number($0) } ?? .null) }
    // Through its text: 0.1 as a Float is not to show as 0.10000000149.
    if type == Float.self {
      return (.number, (value as? Float).flatMap { Double($0.description) }.map { .number($0) } ?? .null)
    }
    guard let integer = type as? any FixedWidthInteger.Type else { return nil }
    return describe(integer: integer, value)
  }

  private static func describe<I: FixedWidthInteger>(integer: I.Type, _ value: Any?) -> (ValueKind, ConfigValue) {
    let kind = ValueKind.integer(Int(clamping: I.min), UInt64(clamping: I.max))
    guard let value = value as? I else { return (kind, .null) }
    return (kind, Int(exactly: value).map { .integer($0) } ?? .unsigned(UInt64(clamping: value)))
  }

  private static func choice<T>(_ type: T.Type, _ value: T?) -> (ValueKind, ConfigValue)? {
    guard let raw = type as? any RawRepresentable.Type, isStringBacked(raw) else { return nil }
    let text = (value as? any RawRepresentable).flatMap { $0.rawValue as? String }
    let words = (type as? any CaseIterable.Type).map { caseNames($0) } ?? []
    return (words.isEmpty ? .string : .choice(words), text.map { .string($0) } ?? .null)
  }

  private static func isStringBacked<R: RawRepresentable>(_: R.Type) -> Bool { R.RawValue.self == String.self }

  private static func caseNames<C: CaseIterable>(_: C.Type) -> [String] {
    C.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
  }
}

/// A type that decodes itself from more than one form and says which.
protocol SelfDescribing: Codable {
  static var kind: ValueKind { get }
}

/// Optionals, arrays and dictionaries: what they hold is known from their type alone.
private protocol CompositeValue {
  static func describe(_ value: Any?) -> (kind: ValueKind, value: ConfigValue)
}

extension Optional: CompositeValue where Wrapped: Encodable {
  static func describe(_ value: Any?) -> (kind: ValueKind, value: ConfigValue) {
    let wrapped = Recorder.describe(Wrapped.self, (value as? Self).flatMap { $0 })
    return (.optional(wrapped.kind), wrapped.value)
  }
}

extension Array: CompositeValue where Element: Encodable {
  static func describe(_ value: Any?) -> (kind: ValueKind, value: ConfigValue) {
    let elements = value as? Self
    let kind = ValueKind.list(Recorder.describe(Element.self, elements?.first).kind)
    return (kind, elements.map { .list($0.map { Recorder.describe(Element.self, $0).value }) } ?? .null)
  }
}

extension Dictionary: CompositeValue where Key == String, Value: Encodable {
  static func describe(_ value: Any?) -> (kind: ValueKind, value: ConfigValue) {
    let pairs = (value as? Self)?.sorted { $0.key < $1.key }
    let kind = ValueKind.dictionary(Recorder.describe(Value.self, pairs?.first?.value).kind)
    let entries = pairs?.map { ConfigValue.Entry($0.key, Recorder.describe(Value.self, $0.value).value) }
    return (kind, entries.map { .map($0) } ?? .null)
  }
}
