import FusionCore

/// The Python dictionary at the start of an npy file: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
struct NpyHeader {
  /// What the elements are.
  enum Kind {
    case number(ElementType, isBigEndian: Bool)
    case text(NpyTextType)
  }

  let type: Kind
  let isFortranOrder: Bool
  let shape: Shape

  init(_ bytes: UnsafeRawBufferPointer, source: String) throws(DataError) {
    var parser = PythonLiteral(text: Array(bytes))
    guard let entries = parser.dictionary() else {
      throw DataError(
        source, "has a header that cannot be read near its character \(parser.position + 1)",
        expected: "{'descr': …, 'fortran_order': …, 'shape': …}")
    }
    guard case .text(let descr)? = entries["descr"], case .truth(let fortran)? = entries["fortran_order"],
      case .numbers(let shape)? = entries["shape"], entries.count == 3
    else {
      if case .numbers? = entries["descr"] {
        throw DataError(source, "holds records of several fields", expected: "an array of plain numbers")
      }
      throw DataError(
        source, "has a header with the keys \(entries.keys.sorted().listed())",
        expected: "descr, fortran_order and shape, with a type, a truth value and sizes")
    }
    let order = descr.first ?? " "
    let code = String(descr.dropFirst())
    if let text = NpyTextType(descr) {
      type = .text(text)
    } else if "<>|=".contains(order), let number = ElementType.allCases.first(where: { $0.numpyCode == code }) {
      type = .number(number, isBigEndian: order == ">")
    } else {
      let hint =
        code.first == "O"
        ? "; Python objects are never loaded: they can run code (for text, save array.astype(str))" : ""
      throw DataError(
        source, "holds values of the type '\(descr.excerpt())'\(hint)",
        expected: "bool, integers of 8 to 64 bits, float16, float32, float64, or text as labels")
    }
    isFortranOrder = fortran
    self.shape = shape
  }
}

/// Just enough of Python's literals for npy headers.
private struct PythonLiteral {
  enum Value {
    case text(String), truth(Bool), numbers([Int])
  }

  let text: [UInt8]
  var position = 0

  init(text: [UInt8]) { self.text = text }

  private mutating func next() -> UInt8? {
    while position < text.count, [0x20, 0x0a, 0x09, 0x0d].contains(text[position]) { position += 1 }
    return position < text.count ? text[position] : nil
  }

  private mutating func take(_ character: Character) -> Bool {
    guard next() == character.asciiValue else { return false }
    position += 1
    return true
  }

  mutating func dictionary() -> [String: Value]? {
    guard take("{") else { return nil }
    var entries: [String: Value] = [:]
    while !take("}") {
      guard let key = string(), take(":"), let value = value(), entries.updateValue(value, forKey: key) == nil else {
        return nil
      }
      if !take(",") {
        guard take("}") else { return nil }
        break
      }
    }
    return next() == nil ? entries : nil
  }

  private mutating func value() -> Value? {
    switch next() {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return string().map { .text($0) }
    case UInt8(ascii: "("): return sizes().map { .numbers($0) }
    case UInt8(ascii: "["): return skipList() ? .numbers([]) : nil
    default:
      for (word, truth) in [("True", true), ("False", false)] where text[position...].starts(with: word.utf8) {
        position += word.utf8.count
        return .truth(truth)
      }
      return nil
    }
  }

  private mutating func string() -> String? {
    guard let quote = next(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
    guard let end = text[(position + 1)...].firstIndex(of: quote) else { return nil }
    defer { position = end + 1 }
    return String(decoding: text[(position + 1)..<end], as: UTF8.self)
  }

  private mutating func sizes() -> [Int]? {
    guard take("(") else { return nil }
    var sizes: [Int] = []
    while !take(")") {
      guard next() != nil else { return nil }
      let digits = text[position...].prefix { (0x30...0x39).contains($0) }
      // A size of more than 18 digits cannot be meant; Python 2 wrote `3L`.
      guard !digits.isEmpty, digits.count <= 18, let size = Int(String(decoding: digits, as: UTF8.self)) else {
        return nil
      }
      position = digits.endIndex
      _ = take("L")
      sizes.append(size)
      if !take(",") {
        guard take(")") else { return nil }
        break
      }
    }
    return sizes
  }

  /// Records are lists of fields: recognised, to say so, and not read.
  private mutating func skipList() -> Bool {
    var depth = 0
    while let character = next() {
      position += 1
      if character == UInt8(ascii: "[") { depth += 1 }
      if character == UInt8(ascii: "]") { depth -= 1 }
      if depth == 0 { return true }
    }
    return false
  }
}
