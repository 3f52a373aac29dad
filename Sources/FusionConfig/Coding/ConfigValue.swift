/// A configuration without its text: what defaults are recorded as, what is decoded, and what is written out.
public enum ConfigValue: Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  /// Whole numbers above `Int.max`; seeds may be that large.
  case unsigned(UInt64)
  case number(Double)
  case string(String)
  case list([ConfigValue])
  /// Keys keep their order.
  case map([Entry])

  /// A key with its value.
  public struct Entry: Sendable, Equatable {
    /// The key.
    public let key: String
    /// What stands behind it.
    public var value: ConfigValue

    /// An entry.
    public init(_ key: String, _ value: ConfigValue) {
      self.key = key
      self.value = value
    }
  }

  /// The value of a key of a map.
  public subscript(key: String) -> ConfigValue? {
    if case .map(let entries) = self { return entries.first { $0.key == key }?.value }
    return nil
  }

  /// The entries of a map, else none.
  package var entries: [Entry] {
    if case .map(let entries) = self { return entries }
    return []
  }

  /// The same with another value at the end of a path of keys and indices; unchanged where there is none.
  package func replacing(_ path: ArraySlice<String>, with value: ConfigValue) -> ConfigValue {
    guard let key = path.first else { return value }
    if case .list(var elements) = self, let index = Int(key), elements.indices.contains(index) {
      elements[index] = elements[index].replacing(path.dropFirst(), with: value)
      return .list(elements)
    }
    guard case .map(var entries) = self else { return self }
    for i in entries.indices where entries[i].key == key {
      entries[i].value = entries[i].value.replacing(path.dropFirst(), with: value)
    }
    return .map(entries)
  }

  /// Without the key at a path of maps.
  package func removing(_ path: ArraySlice<String>) -> ConfigValue {
    guard let key = path.first, case .map(var entries) = self else { return self }
    if path.count == 1 { return .map(entries.filter { $0.key != key }) }
    for i in entries.indices where entries[i].key == key {
      entries[i].value = entries[i].value.removing(path.dropFirst())
    }
    return .map(entries)
  }
}

extension ConfigValue: Equatable {
  /// As written: 1 and 1.0 differ, maps of another order differ, a NaN equals itself.
  public static func == (a: ConfigValue, b: ConfigValue) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.boolean(let x), .boolean(let y)): x == y
    case (.integer(let x), .integer(let y)): x == y
    case (.unsigned(let x), .unsigned(let y)): x == y
    case (.number(let x), .number(let y)): x.bitPattern == y.bitPattern
    case (.string(let x), .string(let y)): x == y
    case (.list(let x), .list(let y)): x == y
    case (.map(let x), .map(let y)): x == y
    default: false
    }
  }
}

extension ConfigValue {
  /// One line of YAML, for tables.
  package var flowText: String {
    switch self {
    case .list(let elements): "[" + elements.map(\.flowText).joined(separator: ", ") + "]"
    case .map(let entries): "{" + entries.map { "\($0.key): \($0.value.flowText)" }.joined(separator: ", ") + "}"
    case .null: "none"
    case .string(let text): text.isEmpty ? "''" : text
    default: String(yaml.prefix { $0 != "\n" })
    }
  }
}
