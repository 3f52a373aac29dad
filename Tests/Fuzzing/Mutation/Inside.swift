/// Changes of binary formats that keep their frame.
enum Inside {
  private static let headerWords = [
    "'descr'", "'fortran_order'", "'shape'", "'<f4'", "'>f8'", "'|u1'", "'|b1'", "'<i8'", "'<f2'", "'|O'", "'<U4'",
    "True", "False", "()", "(0,)", "(1, 1)", "(3,)", "(2, 3)", "(-1,)", "(0, 9223372036854775807)",
    "(4294967296, 4294967296)", "(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)", "(1L,)", "[('a', '<f4')]", "{", "}", "''",
  ]

  /// The header's text changes, its length fits, and often the values do too.
  static func npy(_ bytes: inout [UInt8], _ random: inout FuzzRandom) {
    let wide = bytes.count > 6 && bytes[6] > 1
    let start = wide ? 12 : 10
    let length = Containers.number(bytes, 8, wide ? 4 : 2)
    guard bytes.count >= start, length <= bytes.count - start else {
      return ByteMutation.apply(to: &bytes, other: bytes, &random)
    }
    var header = Array(bytes[start..<start + length])
    var values = Array(bytes[(start + length)...])
    TextMutation.apply(to: &header, other: header, dictionary: headerWords, &random)
    if random.oneIn(3) {
      let size = [0, 1, 4, 6, 8, 12, 24, 48, values.count * 2, values.count / 2][random.below(10)]
      values = (0..<size).map { values.isEmpty ? random.byte() : values[$0 % values.count] }
    }
    bytes = bytes[..<8] + Containers.little(header.count, wide ? 4 : 2) + header + values
  }

  /// A small npy file, valid or nearly so.
  private static func smallNpy(_ random: inout FuzzRandom) -> [UInt8] {
    let type = random.choose([("<f4", 4), ("<i8", 8), ("|u1", 1), (">f8", 8), ("|b1", 1), ("<f2", 2)])
    let shape = random.choose(["(3,)", "(2, 3)", "()", "(0,)", "(3, 1, 2)"])
    let count = ["(3,)": 3, "(2, 3)": 6, "()": 1, "(0,)": 0, "(3, 1, 2)": 6][shape]!
    let header = Array("{'descr': '\(type.0)', 'fortran_order': False, 'shape': \(shape), }\n".utf8)
    var bytes = [0x93] + Array("NUMPY".utf8) + [1, 0] + Containers.little(header.count, 2) + header
    bytes += (0..<count * type.1).map { _ in random.byte() }
    if random.oneIn(3) { npy(&bytes, &random) }
    return bytes
  }

  /// An archive of some arrays, under names of all sorts.
  static func npz(_ random: inout FuzzRandom) -> [UInt8] {
    let names = ["x", "labels", "", "a/b", "../x", "é", "x.npy", "\u{0}", "\\", "\u{1B}[2J", "a:b", "nan"]
    let members = (0..<1 + random.below(4)).map { _ in
      (Array((random.choose(names) + (random.oneIn(8) ? "" : ".npy")).utf8), smallNpy(&random))
    }
    return Containers.zip(members, deflated: random.oneIn(2))
  }

  /// Header and length fit again.
  static func safetensors(_ bytes: inout [UInt8], _ random: inout FuzzRandom) {
    let length = Containers.number(bytes, 0, 8)
    guard bytes.count >= 8, length >= 0, length <= bytes.count - 8 else {
      return ByteMutation.apply(to: &bytes, other: bytes, &random)
    }
    var header = Array(bytes[8..<8 + length])
    var values = Array(bytes[(8 + length)...])
    switch random.below(5) {
    case 0:
      TextMutation.apply(
        to: &header, other: header,
        dictionary: [
          "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"F32\"", "\"F64\"", "\"BF16\"", "\"F8_E4M3\"",
          "\"I64\"", "\"U8\"", "\"BOOL\"", "[0,0]", "[0,4]", "[]", "__metadata__",
        ], &random)
    case 1: ByteMutation.apply(to: &values, other: values, &random)
    default: JSONMutation.apply(to: &header, &random)
    }
    bytes = Containers.little(header.count, 8) + header + values
    if !random.oneIn(4) { Seal.renew(&bytes) }
  }

  /// Chunks change, come and go; the size of the whole fits.
  static func wav(_ bytes: inout [UInt8], _ random: inout FuzzRandom) {
    guard bytes.count > 12 else { return ByteMutation.apply(to: &bytes, other: bytes, &random) }
    var chunks: [(tag: [UInt8], body: [UInt8])] = []
    var at = 12
    while at + 8 <= bytes.count {
      let size = min(Containers.number(bytes, at + 4, 4), bytes.count - at - 8)
      chunks.append((Array(bytes[at..<at + 4]), Array(bytes[at + 8..<at + 8 + size])))
      at += 8 + size + size % 2
    }
    guard !chunks.isEmpty else { return ByteMutation.apply(to: &bytes, other: bytes, &random) }
    let place = random.below(chunks.count)
    switch random.below(5) {
    case 0: ByteMutation.apply(to: &chunks[place].body, other: chunks[place].body, &random)
    case 1:
      chunks.insert(
        (Array(random.choose(["LIST", "fact", "data", "fmt ", "cue ", "ID3 "]).utf8), chunks[place].body), at: place)
    case 2: chunks.remove(at: place)
    case 3: chunks.swapAt(place, random.below(chunks.count))
    default:
      // The format: its tag, channels, rates, block, bits.
      if let format = chunks.firstIndex(where: { $0.tag == Array("fmt ".utf8) }), chunks[format].body.count >= 16 {
        let (offset, width) = random.choose([(0, 2), (2, 2), (4, 4), (8, 4), (12, 2), (14, 2)])
        let value = random.choose([0, 1, 2, 3, 6, 7, 8, 16, 17, 24, 32, 64, 85, 255, 256, 8000, 65_534, 65_535, -1])
        chunks[format].body.replaceSubrange(offset..<offset + width, with: Containers.little(value, width))
      }
    }
    let body = chunks.flatMap { chunk -> [UInt8] in
      chunk.tag + Containers.little(chunk.body.count, 4) + chunk.body
        + [UInt8](repeating: 0, count: chunk.body.count % 2)
    }
    bytes = Array("RIFF".utf8) + Containers.little(body.count + 4, 4) + Array("WAVE".utf8) + body
  }
}
