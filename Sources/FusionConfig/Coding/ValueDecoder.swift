/// Decodes any `Decodable` from a value; used once the value has been checked against its kind.
struct ValueDecoder: Swift.Decoder {
  let value: ConfigValue
  var codingPath: [any CodingKey] = []
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  /// Decodes `type`.
  ///
  /// - Throws: `DecodingError`, or what the type's own `init(from:)` throws.
  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    if let integer = type as? any FixedWidthInteger.Type { return try decode(integer: integer) as! T }
    switch (type, value) {
    case (is Bool.Type, .boolean(let flag)): return flag as! T
    case (is String.Type, .string(let text)): return text as! T
    case (is Double.Type, _): return try number() as! T
    case (is Float.Type, _): return Float(try number()) as! T
    case (is Bool.Type, _), (is String.Type, _): throw mismatch(type)
    default: return try T(from: self)
    }
  }

  private func number() throws -> Double {
    switch value {
    case .number(let number): number
    case .integer(let number): Double(number)
    case .unsigned(let number): Double(number)
    default: throw mismatch(Double.self)
    }
  }

  private func decode<I: FixedWidthInteger>(integer: I.Type) throws -> I {
    let exact: I? =
      switch value {
      case .integer(let number): I(exactly: number)
      case .unsigned(let number): I(exactly: number)
      default: nil
      }
    guard let exact else { throw mismatch(integer) }
    return exact
  }

  fileprivate func mismatch(_ type: Any.Type) -> DecodingError {
    .typeMismatch(type, DecodingError.Context(codingPath: codingPath, debugDescription: "expected \(type)"))
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .map(let entries) = value else { throw mismatch([String: String].self) }
    return KeyedDecodingContainer(Keyed(entries: entries, codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .list(let elements) = value else { throw mismatch([String].self) }
    return Unkeyed(elements: elements, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { Single(decoder: self) }
}

private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let entries: [ConfigValue.Entry]
  let codingPath: [any CodingKey]
  var allKeys: [Key] { entries.compactMap { Key(stringValue: $0.key) } }

  func contains(_ key: Key) -> Bool { entries.contains { $0.key == key.stringValue } }
  func decodeNil(forKey key: Key) throws -> Bool { try decoder(key).value == .null }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try decoder(key).decode(type) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> { try decoder(key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try decoder(key).unkeyedContainer()
  }

  func superDecoder() -> any Swift.Decoder { ValueDecoder(value: .map(entries), codingPath: codingPath) }
  func superDecoder(forKey key: Key) throws -> any Swift.Decoder { try decoder(key) }

  private func decoder(_ key: Key) throws -> ValueDecoder {
    guard let entry = entries.first(where: { $0.key == key.stringValue }) else {
      let context = DecodingError.Context(codingPath: codingPath, debugDescription: "missing key '\(key.stringValue)'")
      throw DecodingError.keyNotFound(key, context)
    }
    return ValueDecoder(value: entry.value, codingPath: codingPath + [key])
  }
}

private struct Unkeyed: UnkeyedDecodingContainer {
  let elements: [ConfigValue]
  let codingPath: [any CodingKey]
  var currentIndex = 0
  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex >= elements.count }

  init(elements: [ConfigValue], codingPath: [any CodingKey]) {
    self.elements = elements
    self.codingPath = codingPath
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, elements[currentIndex] == .null else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().decode(type) }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
    try next().container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
  mutating func superDecoder() throws -> any Swift.Decoder { try next() }

  private mutating func next() throws -> ValueDecoder {
    guard !isAtEnd else {
      let context = DecodingError.Context(codingPath: codingPath, debugDescription: "the list is too short")
      throw DecodingError.valueNotFound(ConfigValue.self, context)
    }
    defer { currentIndex += 1 }
    return ValueDecoder(value: elements[currentIndex], codingPath: codingPath + [Index(currentIndex)])
  }
}

private struct Index: CodingKey {
  let intValue: Int?
  var stringValue: String { String(intValue ?? 0) }
  init(_ index: Int) { intValue = index }
  init?(intValue: Int) { self.intValue = intValue }
  init?(stringValue: String) {
    guard let index = Int(stringValue) else { return nil }
    intValue = index
  }
}

private struct Single: SingleValueDecodingContainer {
  let decoder: ValueDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { decoder.value == .null }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.decode(type) }
}
