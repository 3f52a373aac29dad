import TensorEngine
import Testing

private let operations: [String: Operation] = [
  "product": {
    let mask =
      $0.optional("additive").map { AttentionMask.additive($0) }
      ?? $0.optional("allowed").map { AttentionMask.allowed($0) }
    return [
      "output": Tensor.scaledDotProductAttention(
        query: $0["query"], key: $0["key"], value: $0["value"], mask: mask, isCausal: $0.flag("causal"),
        scale: $0.options["scale"].map { Float($0) })
    ]
  },
  "heads": {
    let key = $0.optional("key") ?? $0["x"]
    return [
      "output": Tensor.multiHeadAttention(
        query: $0["x"], key: key, value: $0.optional("value") ?? key, heads: $0.int("heads"),
        weights: AttentionWeights(
          inWeight: $0["inWeight"], inBias: $0.optional("inBias"), outWeight: $0["outWeight"],
          outBias: $0.optional("outBias")), keyPadding: $0.optional("keyPadding"), isCausal: $0.flag("causal"))
    ]
  },
]

@Test(arguments: FixtureCase.load("attention"))
func attentionEqualsPyTorch(_ fixture: FixtureCase) { check(fixture, operations[fixture.operation]!) }

@Test func attentionDropoutDropsWeightsAndItsGradientFollows() {
  // Uniform weights over four keys whose values are unit vectors: the output shows the weights themselves.
  let random = RandomStream(seed: 9)
  func attend(_ value: Tensor) -> Tensor {
    let zeros = Tensor(repeating: 0, shape: [500, 2, 3], device: value.device)
    return .scaledDotProductAttention(
      query: zeros, key: Tensor(repeating: 0, shape: [500, 4, 3], device: value.device), value: value,
      dropout: AttentionDropout(0.25, random: random))
  }
  let unit = (0..<8000).map { Float($0 / 4 % 4 == $0 % 4 ? 1 : 0) }
  let tape = Tape()
  var gradient: [Float] = []
  let value = tape.watch(Tensor(unit, shape: [500, 4, 4], device: Device(threads: 2))) { gradient = $0.scalars }
  let weights = attend(value)
  let possible: Set<Float> = [0, 0.25 * (1 / 0.75)]
  #expect(Set(weights.scalars) == possible)
  let dropped = weights.scalars.count { $0 == 0 }
  #expect(abs(dropped - 1000) < 140)  // five standard deviations of a binomial
  tape.backward(from: weights)
  // The gradient of value row k is what all queries together give to key k.
  let kept = weights.scalars
  let given = (0..<2000).map { (row: Int) -> Float in
    let first = row / 4 * 8 + row % 4
    return kept[first] + kept[first + 4]
  }
  let received = (0..<2000).map { gradient[$0 * 4] }
  #expect(received == given)
}

@Test func longRowsOfScoresStayNormalised() {
  // Scores from -100 to 100: exponentials on both ends of what a float holds.
  let device = Device()
  let keys = 513
  let key = Tensor((0..<keys).map { Float($0 - 256) / 2.56 }, shape: [keys, 1], device: device)
  let ones = Tensor(repeating: 1, shape: [keys, 1], device: device)
  let query = Tensor([0, 1, -1, 1e30], shape: [4, 1], device: device)
  let sums = Tensor.scaledDotProductAttention(query: query, key: key, value: ones).scalars
  for sum in sums { #expect(abs(sum - 1) < 1e-5) }
}

@Test func attentionStopsAtKeysOfAnotherWidth() async {
  let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
    let x = Tensor(repeating: 1, shape: [2, 3, 4], device: Device())
    let key = Tensor(repeating: 1, shape: [2, 3, 5], device: x.device)
    _ = Tensor.scaledDotProductAttention(query: x, key: key, value: x)
  }
  let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  #expect(message.contains("query [2, 3, 4], key [2, 3, 5], value [2, 3, 4]; expected […, T, D]"), "\(message)")
}
