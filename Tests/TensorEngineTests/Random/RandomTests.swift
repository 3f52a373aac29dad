import TensorEngine
import Testing

@Suite struct RandomTests {
  let device = Device(threads: 2)

  /// The known answers that Random123 publishes for philox4x32-10.
  @Test func philoxGivesThePublishedNumbers() {
    #expect(
      RandomStream.philox(.zero, key: .zero) == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    #expect(
      RandomStream.philox(SIMD4(repeating: .max), key: SIMD2(repeating: .max))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      RandomStream.philox(
        SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0))
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    #expect(RandomStream(seed: 0).block(0)[0] == 0x6627_e8d5)
  }

  @Test func drawsHaveTheirMoments() {
    let stream = RandomStream(seed: 7)
    let uniform = stream.derived("u").uniform([100_000], lower: -1, upper: 3, device: device)
    #expect(abs(uniform.mean().item - 1) < 0.02)
    #expect(abs(uniform.variance().item - 16 / 12) < 0.02)
    #expect(uniform.min().item >= -1 && uniform.max().item <= 3)
    let normal = stream.derived("n").normal([100_001], mean: 2, deviation: 3, device: device)
    #expect(abs(normal.mean().item - 2) < 0.05)
    #expect(abs(normal.standardDeviation().item - 3) < 0.05)
    // A normal number lies within one deviation with probability 0.6827.
    #expect(abs(((normal - 2).abs() .< 3).mean().item - 0.6827) < 0.01)
    let coins = stream.derived("b").bernoulli([100_000], probability: 0.3, device: device)
    #expect(abs(coins.mean().item - 0.3) < 0.01)
    #expect(coins.scalars.allSatisfy { $0 == 0 || $0 == 1 })
  }

  @Test func categoriesFollowTheirWeights() {
    let weights = Tensor([1, 0, 3], shape: [1, 3], device: device).broadcast(to: [20_000, 3])
    let drawn = RandomStream(seed: 3).categorical(weights)
    #expect(!drawn.contains(1))
    #expect(abs(Double(drawn.count { $0 == 2 }) / 20_000 - 0.75) < 0.02)
  }

  @Test func aPermutationHoldsEveryNumberOnce() {
    let order = RandomStream(seed: 3).permutation(1000)
    #expect(order.sorted() == Array(0..<1000))
    #expect(order != Array(0..<1000))
    #expect(RandomStream(seed: 4).permutation(1000) != order)
    #expect(RandomStream(seed: 3).permutation(0).isEmpty)
  }

  @Test func streamsOfDifferentNamesDiffer() {
    let stream = RandomStream(seed: 1)
    let keys = [stream, stream.derived("a"), stream.derived("b"), stream.derived(0), stream.derived(1)].map(\.key)
    #expect(Set(keys).count == keys.count)
    #expect(stream.derived("a").key == RandomStream(seed: 1).derived("a").key)
  }

  @Test func aDrawDoesNotDependOnItsLength() {
    let stream = RandomStream(seed: 5)
    let long = stream.normal([9999], device: device).scalars
    #expect(stream.normal([10], device: device).scalars == Array(long[..<10]))
  }
}
