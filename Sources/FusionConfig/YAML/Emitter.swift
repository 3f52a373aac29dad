import CLibYAML

extension ConfigValue {
  /// YAML text that reads back to an equal value, in YAML 1.1 readers too: maps as blocks, lists of scalars on one line.
  ///
  /// Numbers are printed with the fewest digits that give the same bits again.
  public var yaml: String {
    let emitter = Emitter()
    emitter.emit { yaml_stream_start_event_initialize($0, YAML_UTF8_ENCODING) }
    emitter.emit { yaml_document_start_event_initialize($0, nil, nil, nil, 1) }
    emitter.emit(self)
    emitter.emit { yaml_document_end_event_initialize($0, 1) }
    emitter.emit { yaml_stream_end_event_initialize($0) }
    return emitter.text
  }

  fileprivate var isScalar: Bool {
    switch self {
    case .list, .map: false
    default: true
    }
  }
}

/// libyaml's emitter, wrapped once. It can fail only for want of memory or by a wrong order of events.
private final class Emitter {
  private final class Output { var bytes: [UInt8] = [] }

  private let emitter: UnsafeMutablePointer<yaml_emitter_t>
  private let output = Output()

  var text: String { String(decoding: output.bytes, as: UTF8.self) }

  init() {
    emitter = .allocate(capacity: 1)
    precondition(yaml_emitter_initialize(emitter) == 1, "libyaml: out of memory")
    yaml_emitter_set_unicode(emitter, 1)
    yaml_emitter_set_width(emitter, 120)
    let collect: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt8>?, Int) -> Int32 = {
      output, buffer, size in
      let output = Unmanaged<Output>.fromOpaque(output!).takeUnretainedValue()
      output.bytes += UnsafeBufferPointer(start: buffer, count: size)
      return 1
    }
    yaml_emitter_set_output(emitter, collect, Unmanaged.passUnretained(output).toOpaque())
  }

  deinit {
    yaml_emitter_delete(emitter)
    emitter.deallocate()
  }

  func emit(_ initialize: (UnsafeMutablePointer<yaml_event_t>) -> Int32) {
    var event = yaml_event_t()
    precondition(initialize(&event) == 1 && yaml_emitter_emit(emitter, &event) == 1, "libyaml cannot emit")
  }

  func emit(_ value: ConfigValue) {
    switch value {
    case .null: scalar("null")
    case .boolean(let value): scalar(value ? "true" : "false")
    case .integer(let value): scalar(String(value))
    case .unsigned(let value): scalar(String(value))
    case .number(let value): scalar(numberText(value))
    case .string(let text): scalar(text, mustBeQuoted: isReadOtherwise(text))
    case .list(let elements):
      let style = elements.allSatisfy(\.isScalar) ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE
      emit { yaml_sequence_start_event_initialize($0, nil, nil, 1, style) }
      for element in elements { emit(element) }
      emit { yaml_sequence_end_event_initialize($0) }
    case .map(let entries):
      let style = entries.isEmpty ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE
      emit { yaml_mapping_start_event_initialize($0, nil, nil, 1, style) }
      for entry in entries {
        scalar(entry.key, mustBeQuoted: isReadOtherwise(entry.key))
        emit(entry.value)
      }
      emit { yaml_mapping_end_event_initialize($0) }
    }
  }

  private func scalar(_ text: String, mustBeQuoted: Bool = false) {
    let style = mustBeQuoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE
    var bytes = Array(text.utf8)
    let count = Int32(bytes.count)
    bytes.append(0)
    emit { yaml_scalar_event_initialize($0, nil, nil, bytes, count, 1, 1, style) }
  }
}

/// Whether a reader would take the plain text for something other than a string; YAML 1.1's words are counted in.
private func isReadOtherwise(_ text: String) -> Bool {
  if case .string = resolvePlainScalar(text) {
    return ["yes", "no", "on", "off", "y", "n", "<<", "="].contains(text.lowercased())
      || text.unicodeScalars.contains {
        $0.properties.generalCategory == .control || $0 == "\u{2028}" || $0 == "\u{2029}"
      }
      || text.first?.isNumber == true
  }
  return true
}

private func numberText(_ value: Double) -> String {
  if value.isNaN { return ".nan" }
  if value.isInfinite { return value < 0 ? "-.inf" : ".inf" }
  let text = value.description
  // YAML 1.1 takes a number for one only with a point in it: 1.0e-05.
  guard let exponent = text.firstIndex(of: "e"), !text.contains(".") else { return text }
  return text[..<exponent] + ".0" + text[exponent...]
}
