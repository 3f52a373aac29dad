import Foundation
import FusionCore

/// What a JSON decoder lets pass in the header of a safetensors file, though it makes it ambiguous: keys that occur twice
/// in an object, and numbers that are not written as whole ones.
///
/// Reads JSON that has been decoded before, and so is well-formed.
struct SafeTensorsHeaderCheck {
  private let text: UnsafeRawBufferPointer
  private var position = 0
  private var problem: String?

  /// What is wrong with a header, in words; nil: nothing.
  static func problem(in text: UnsafeRawBufferPointer) -> String? {
    var check = SafeTensorsHeaderCheck(text: text)
    check.walk()
    return check.problem
  }

  private init(text: UnsafeRawBufferPointer) { self.text = text }

  private mutating func walk() {
    // One set of keys for each object around the place; an array has none.
    var levels: [Set<String>?] = []
    while position < text.count, problem == nil {
      switch text[position] {
      case UInt8(ascii: "{"):
        levels.append([])
        position += 1
      case UInt8(ascii: "["):
        levels.append(nil)
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if !levels.isEmpty { levels.removeLast() }
        position += 1
      case UInt8(ascii: "\""):
        let raw = string()
        guard isKey, !levels.isEmpty, levels[levels.count - 1] != nil else { continue }
        let key = (try? JSONDecoder().decode(String.self, from: Data(raw))) ?? String(decoding: raw, as: UTF8.self)
        if !levels[levels.count - 1]!.insert(key).inserted { problem = "holds the key '\(key.excerpt())' twice" }
      case UInt8(ascii: "-"), 0x30...0x39: number()
      default: position += 1
      }
    }
  }

  /// The string here, with its quotes.
  private mutating func string() -> UnsafeRawBufferPointer.SubSequence {
    let start = position
    position += 1
    while position < text.count, text[position] != UInt8(ascii: "\"") {
      position += text[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    position = min(position + 1, text.count)
    return text[start..<position]
  }

  /// Whether a colon follows.
  private var isKey: Bool {
    text[position...].first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) } == UInt8(ascii: ":")
  }

  private mutating func number() {
    let start = position
    while position < text.count, "+-.eE0123456789".utf8.contains(text[position]) { position += 1 }
    let word = text[start..<position]
    guard !word.contains(where: { ".eE".utf8.contains($0) }) else {
      problem = "holds the number \(String(decoding: word, as: UTF8.self).excerpt())"
      return
    }
  }
}
