/// SplitMix64 (Steele, Lea and Flood 2014): the same seed, the same inputs.
struct FuzzRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// A stream of its own for a word and a number.
  init(seed: UInt64, _ word: String, _ number: UInt64) {
    // FNV-1a, which is the same in every process; Swift's own hashes are not.
    let hash = word.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    state = seed &* 0x9E37_79B9_7F4A_7C15 ^ hash &+ number &* 0xD1B5_4A32_D192_ED03
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// From 0 up to `bound`, which is left out; 0 for a bound of 0.
  mutating func below(_ bound: Int) -> Int { bound > 0 ? Int(next() % UInt64(bound)) : 0 }

  /// One chance in `count`.
  mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }

  mutating func choose<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

  mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }
}
