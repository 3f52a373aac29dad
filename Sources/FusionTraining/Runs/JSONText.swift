import FusionCore
import Foundation

/// JSON with sorted keys, for people and programs, with a line feed at its end.
///
/// JSON has no infinite numbers and no NaN: where a value holds one, `null` stands.
public func prettyJSON(_ value: some Encodable) -> String { jsonText(value, pretty: true) + "\n" }

/// JSON with sorted keys, on many lines for people, or on one.
///
/// Numbers that JSON does not have become `null`. Characters that would act on a terminal are written as `\u202e`, which
/// reads back as the same text.
public func jsonText(_ value: some Encodable, pretty: Bool) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
  // A character for private use: no text that means anything to others holds it.
  let mark = "\u{F8F0}not finite\u{F8F0}"
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: mark, negativeInfinity: mark, nan: mark)
  guard let data = try? encoder.encode(value) else {
    preconditionFailure("\(type(of: value)) cannot be written as JSON")
  }
  let text = String(decoding: data, as: UTF8.self)
  return text.replacingOccurrences(of: "\"\(mark)\"", with: "null").jsonPrintable
}
