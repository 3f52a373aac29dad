import FusionCore

/// What one `encode(to:)` wrote: keyed fields, a list, or a single value.
final class Recording {
  fileprivate var fields: [(key: String, kind: ValueKind, value: ConfigValue)] = []
  fileprivate var elements: [(kind: ValueKind, value: ConfigValue)] = []
  fileprivate var single: (kind: ValueKind, value: ConfigValue)?
  fileprivate var isList = false
  /// Containers asked for inside of this one; their content counts once the outer one is asked for its result.
  fileprivate var children: [(key: String?, recording: Recording)] = []

  func result(options: [Option]) -> (kind: ValueKind, value: ConfigValue) {
    for child in children {
      let (kind, value) = child.recording.result(options: [])
      if let key = child.key { fields.append((key, kind, value)) } else { elements.append((kind, value)) }
    }
    children = []
    if let single { return single }
    if isList { return (.list(elements.first?.kind ?? .anything), .list(elements.map(\.value))) }
    let known = fields.map { field in
      Field(
        key: field.key, kind: field.kind, defaultValue: field.value, option: options.first { $0.key == field.key })
    }
    return (.structure(known), .map(fields.map { ConfigValue.Entry($0.key, $0.value) }))
  }
}

struct RecordingEncoder: Swift.Encoder {
  let recording: Recording
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(Keyed(recording: recording))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    recording.isList = true
    return Unkeyed(recording: recording)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { Single(recording: recording) }
}

private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let recording: Recording
  var codingPath: [any CodingKey] { [] }

  func encode<T: Encodable>(_ value: T, forKey key: Key) { add(T.self, value, key) }
  func encodeNil(forKey key: Key) { recording.fields.append((key.stringValue, .optional(.anything), .null)) }

  // Synthesised coding calls these for options that are nil; their static types tell what a file may say.
  func encodeIfPresent(_ value: Bool?, forKey key: Key) { add(Bool?.self, value, key) }
  func encodeIfPresent(_ value: String?, forKey key: Key) { add(String?.self, value, key) }
  func encodeIfPresent(_ value: Double?, forKey key: Key) { add(Double?.self, value, key) }
  func encodeIfPresent(_ value: Float?, forKey key: Key) { add(Float?.self, value, key) }
  func encodeIfPresent(_ value: Int?, forKey key: Key) { add(Int?.self, value, key) }
  func encodeIfPresent(_ value: Int8?, forKey key: Key) { add(Int8?.self, value, key) }
  func encodeIfPresent(_ value: Int16?, forKey key: Key) { add(Int16?.self, value, key) }
  func encodeIfPresent(_ value: Int32?, forKey key: Key) { add(Int32?.self, value, key) }
  func encodeIfPresent(_ value: Int64?, forKey key: Key) { add(Int64?.self, value, key) }
  func encodeIfPresent(_ value: UInt?, forKey key: Key) { add(UInt?.self, value, key) }
  func encodeIfPresent(_ value: UInt8?, forKey key: Key) { add(UInt8?.self, value, key) }
  func encodeIfPresent(_ value: UInt16?, forKey key: Key) { add(UInt16?.self, value, key) }
  func encodeIfPresent(_ value: UInt32?, forKey key: Key) { add(UInt32?.self, value, key) }
  func encodeIfPresent(_ value: UInt64?, forKey key: Key) { add(UInt64?.self, value, key) }
  func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) { add(T?.self, value, key) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy keyType: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    KeyedEncodingContainer(Keyed<Nested>(recording: child(key)))
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    RecordingEncoder(recording: child(key)).unkeyedContainer()
  }

  func superEncoder() -> any Swift.Encoder { RecordingEncoder(recording: recording) }
  func superEncoder(forKey key: Key) -> any Swift.Encoder { RecordingEncoder(recording: child(key)) }

  private func add<T: Encodable>(_ type: T.Type, _ value: T, _ key: Key) {
    let (kind, value) = Recorder.describe(type, value)
    recording.fields.append((key.stringValue, kind, value))
  }

  private func child(_ key: Key) -> Recording {
    let child = Recording()
    recording.children.append((key.stringValue, child))
    return child
  }
}

private struct Unkeyed: UnkeyedEncodingContainer {
  let recording: Recording
  var codingPath: [any CodingKey] { [] }
  var count: Int { recording.elements.count }

  func encode<T: Encodable>(_ value: T) { recording.elements.append(Recorder.describe(T.self, value)) }
  func encodeNil() { recording.elements.append((.optional(.anything), .null)) }

  func nestedContainer<Nested: CodingKey>(keyedBy keyType: Nested.Type) -> KeyedEncodingContainer<Nested> {
    KeyedEncodingContainer(Keyed<Nested>(recording: child()))
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    RecordingEncoder(recording: child()).unkeyedContainer()
  }

  func superEncoder() -> any Swift.Encoder { RecordingEncoder(recording: child()) }

  private func child() -> Recording {
    let child = Recording()
    recording.children.append((nil, child))
    return child
  }
}

private struct Single: SingleValueEncodingContainer {
  let recording: Recording
  var codingPath: [any CodingKey] { [] }

  func encode<T: Encodable>(_ value: T) { recording.single = Recorder.describe(T.self, value) }
  func encodeNil() { recording.single = (.optional(.anything), .null) }
}
