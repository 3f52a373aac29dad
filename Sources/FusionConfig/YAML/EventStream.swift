import CLibYAML

/// A libyaml event as a Swift value.
struct Event {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd
    case alias(String)
    case scalar(text: String, style: Scalar.Style)
    case sequenceStart, sequenceEnd
    case mappingStart, mappingEnd
  }

  let kind: Kind
  let mark: Mark
  var anchor: String?
  var tag: String?
}

/// libyaml's parser, wrapped once: events out, errors as diagnostics with hints for people.
final class EventStream {
  private let source: Source
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeMutableBufferPointer<UInt8>

  init(_ source: Source) {
    self.source = source
    // libyaml keeps the pointer, not a copy.
    let utf8 = source.text.utf8
    input = .allocate(capacity: max(1, utf8.count))
    _ = input.initialize(from: utf8)
    parser = .allocate(capacity: 1)
    guard yaml_parser_initialize(parser) == 1 else { fatalError("libyaml: out of memory") }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, utf8.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    input.deallocate()
  }

  func next() throws(ConfigError) -> Event {
    var raw = yaml_event_t()
    guard yaml_parser_parse(parser, &raw) == 1 else { throw ConfigError(syntaxError()) }
    defer { yaml_event_delete(&raw) }
    let mark = self.mark(raw.start_mark)
    switch raw.type {
    case YAML_STREAM_START_EVENT: return Event(kind: .streamStart, mark: mark)
    case YAML_DOCUMENT_START_EVENT: return Event(kind: .documentStart, mark: mark)
    case YAML_DOCUMENT_END_EVENT: return Event(kind: .documentEnd, mark: mark)
    case YAML_ALIAS_EVENT: return Event(kind: .alias(string(raw.data.alias.anchor) ?? ""), mark: mark)
    case YAML_SCALAR_EVENT:
      let scalar = raw.data.scalar
      let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      let kind = Event.Kind.scalar(text: String(decoding: bytes, as: UTF8.self), style: style(scalar.style))
      return Event(kind: kind, mark: mark, anchor: string(scalar.anchor), tag: string(scalar.tag))
    case YAML_SEQUENCE_START_EVENT:
      let start = raw.data.sequence_start
      return Event(kind: .sequenceStart, mark: mark, anchor: string(start.anchor), tag: string(start.tag))
    case YAML_SEQUENCE_END_EVENT: return Event(kind: .sequenceEnd, mark: mark)
    case YAML_MAPPING_START_EVENT:
      let start = raw.data.mapping_start
      return Event(kind: .mappingStart, mark: mark, anchor: string(start.anchor), tag: string(start.tag))
    case YAML_MAPPING_END_EVENT: return Event(kind: .mappingEnd, mark: mark)
    default: return Event(kind: .streamEnd, mark: mark)
    }
  }

  private func mark(_ mark: yaml_mark_t) -> Mark { Mark(source, line: mark.line + 1, column: mark.column + 1) }

  private func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    text.map { String(cString: $0) }
  }

  private func style(_ style: yaml_scalar_style_t) -> Scalar.Style {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
    case YAML_LITERAL_SCALAR_STYLE: .literal
    case YAML_FOLDED_SCALAR_STYLE: .folded
    default: .plain
    }
  }

  private func syntaxError() -> Diagnostic {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "out of memory"
    let context = parser.pointee.context.map { String(cString: $0) }
    let here = mark(parser.pointee.problem_mark)
    let start = context == nil ? nil : mark(parser.pointee.context_mark)
    return explainSyntaxError(problem, at: here, context: context, from: start)
  }
}

/// libyaml's words, with what a person should do about the usual slips.
private func explainSyntaxError(_ problem: String, at here: Mark, context: String?, from start: Mark?) -> Diagnostic {
  if problem == "found unexpected end of stream", context == "while scanning a quoted scalar", let start {
    return Diagnostic(start, "this quote is never closed")
  }
  if problem.hasPrefix("did not find expected ',' or"), let start {
    let bracket = problem.hasSuffix("']'") ? "[" : "{"
    return Diagnostic(
      here, problem, notes: ["in what '\(bracket)' at line \(start.line), column \(start.column) opened"])
  }
  let line = here.source.lines.indices.contains(here.line - 1) ? here.source.lines[here.line - 1] : ""
  let character = line.unicodeScalars.dropFirst(here.column - 1).first
  let hint: String? =
    if character == "\t" || line.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
      "YAML is indented with spaces, not tabs"
    } else if problem == "mapping values are not allowed in this context" {
      "a text that holds ': ' wants quotes; keys of one map stand in one column"
    } else if problem == "found character that cannot start any token" {
      "a text that begins with this character wants quotes"
    } else if problem == "could not find expected ':'" || problem == "did not find expected key" {
      "keys of one map stand in one column, each followed by ': '"
    } else {
      nil
    }
  return Diagnostic(here, problem + (context.map { " " + $0 } ?? ""), notes: hint.map { [$0] } ?? [])
}
