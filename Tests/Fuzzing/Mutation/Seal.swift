import CCrypto

/// The checksum that a safetensors file of the program's own has in its metadata: the SHA-256 of the whole file with zeros
/// in the place of its digits. Computed here once more, so that the reader's own code does not judge itself.
enum Seal {
  private static let front = Array("\"fusionkit.sha256\":\"".utf8)

  /// Where the 64 digits stand; nil where there are none.
  private static func digits(in bytes: [UInt8]) -> Range<Int>? {
    let header = 8..<min(bytes.count, 8 + max(0, min(Containers.number(bytes, 0, 8), bytes.count)))
    guard header.count > front.count + 64 else { return nil }
    for at in header.lowerBound...header.upperBound - front.count - 64
    where bytes[at] == front[0] && bytes[at..<at + front.count].elementsEqual(front) {
      return at + front.count..<at + front.count + 64
    }
    return nil
  }

  private static func sum(_ bytes: [UInt8], _ digits: Range<Int>) -> [UInt8] {
    var blank = bytes
    blank.replaceSubrange(digits, with: [UInt8](repeating: 0x30, count: 64))
    var sum = [UInt8](repeating: 0, count: 32)
    EVP_Digest(blank, blank.count, &sum, nil, EVP_sha256(), nil)
    let hexadecimal = Array("0123456789abcdef".utf8)
    return sum.flatMap { [hexadecimal[Int($0 >> 4)], hexadecimal[Int($0 & 15)]] }
  }

  /// Makes the checksum fit, where there is one.
  static func renew(_ bytes: inout [UInt8]) {
    guard let digits = digits(in: bytes) else { return }
    bytes.replaceSubrange(digits, with: sum(bytes, digits))
  }

  /// Whether a file has a checksum that does not fit.
  static func isBroken(_ bytes: [UInt8]) -> Bool {
    guard let digits = digits(in: bytes) else { return false }
    return sum(bytes, digits) != Array(bytes[digits])
  }
}
