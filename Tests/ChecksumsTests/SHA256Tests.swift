import Checksums
import Foundation
import Testing

/// Digests that others published or computed.
@Suite struct SHA256Tests {
  /// The examples of FIPS 180-4.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func publishedDigests(_ text: String, _ digest: String) { #expect(SHA256.of(text) == digest) }

  /// The letter a so many times, around the ends of blocks; by Python's hashlib.
  @Test(arguments: [
    (55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"),
    (56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"),
    (57, "f13b2d724659eb3bf47f2dd6af1accc87b81f09f59f2b75e5c0bed6589dfe8c6"),
    (63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"),
    (64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
    (65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"),
    (119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"),
    (120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"),
    (1000, "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"),
  ])
  func lengthsAroundTheEndOfABlock(_ count: Int, _ digest: String) {
    let bytes = [UInt8](repeating: 97, count: count)
    #expect(SHA256.of(bytes) == digest)
    // In pieces of every size.
    for size in [1, 3, 16, 63, 64, 65] {
      let hash = SHA256()
      for start in stride(from: 0, to: count, by: size) {
        bytes[start..<min(count, start + size)].withUnsafeBytes { hash.update($0) }
      }
      #expect(hash.finish() == digest, "in pieces of \(size)")
    }
  }

  @Test func oneBitMakesAnother() {
    let bytes = [UInt8](0..<100)
    var digests = Set([SHA256.of(bytes)])
    for bit in 0..<800 {
      var other = bytes
      other[bit / 8] ^= 1 << (bit % 8)
      digests.insert(SHA256.of(other))
    }
    #expect(digests.count == 801)
  }
}
