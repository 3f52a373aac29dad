/// A stream of random numbers that is a pure function of its key and a counter (Philox 4x32-10, Salmon et al. 2011).
///
/// Nothing is consumed: asking twice for the same positions gives the same numbers, whoever asks first and on however
/// many threads. Streams are derived by name, so that adding one changes no other.
public struct RandomStream: Sendable {
  /// The 64-bit key of the stream.
  public let key: UInt64

  /// The stream of a run's seed.
  public init(seed: UInt64) { key = seed }

  private init(key: UInt64) { self.key = key }

  /// The stream called `name` within this one.
  public func derived(_ name: String) -> RandomStream {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return RandomStream(key: Self.mixed(key ^ Self.mixed(hash)))
  }

  /// The stream numbered `index` within this one, for example of one training step.
  public func derived(_ index: Int) -> RandomStream {
    RandomStream(key: Self.mixed(key &+ Self.mixed(UInt64(bitPattern: Int64(index)) &+ 0x9e37_79b9_7f4a_7c15)))
  }

  /// The finaliser of SplitMix64.
  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// Block `counter` of the stream: four independent 32-bit numbers.
  @inlinable
  public func block(_ counter: UInt64) -> SIMD4<UInt32> {
    Self.philox(
      SIMD4(UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32), 0, 0),
      key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)))
  }

  /// Philox4x32-10 itself: a bijection of counters for each key.
  @inlinable
  public static func philox(_ counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var c = counter
    var (k0, k1) = (key[0], key[1])
    for _ in 0..<10 {
      let p0 = UInt64(0xD251_1F53) &* UInt64(c[0])
      let p1 = UInt64(0xCD9E_8D57) &* UInt64(c[2])
      c = SIMD4(
        UInt32(truncatingIfNeeded: p1 >> 32) ^ c[1] ^ k0, UInt32(truncatingIfNeeded: p1),
        UInt32(truncatingIfNeeded: p0 >> 32) ^ c[3] ^ k1, UInt32(truncatingIfNeeded: p0))
      k0 = k0 &+ 0x9E37_79B9
      k1 = k1 &+ 0xBB67_AE85
    }
    return c
  }
}
