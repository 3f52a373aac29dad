import TensorEngine
import Testing

private let operations: [String: Operation] = [
  "batchNorm": {
    var running = RunningStatistics(mean: $0["mean"], variance: $0["variance"])
    let (weight, bias) = ($0.optional("weight"), $0.optional("bias"))
    let epsilon = $0.float("epsilon")
    let output =
      $0.flag("training")
      ? $0["x"].batchNorm(
        weight: weight, bias: bias, updating: &running, momentum: $0.float("momentum"), epsilon: epsilon)
      : $0["x"].batchNorm(weight: weight, bias: bias, using: running, epsilon: epsilon)
    return ["output": output, "mean": running.mean, "variance": running.variance]
  },
  "layerNorm": {
    [
      "output": $0["x"].layerNorm(
        weight: $0.optional("weight"), bias: $0.optional("bias"), dimensions: $0.int("dimensions"),
        epsilon: $0.float("epsilon"))
    ]
  },
  "groupNorm": {
    [
      "output": $0["x"].groupNorm(
        groups: $0.int("groups"), weight: $0.optional("weight"), bias: $0.optional("bias"),
        epsilon: $0.float("epsilon"))
    ]
  },
  "rmsNorm": { ["output": $0["x"].rmsNorm(weight: $0.optional("weight"), epsilon: $0.float("epsilon"))] },
]

@Test(arguments: FixtureCase.load("normalization"))
func normalizationEqualsPyTorch(_ fixture: FixtureCase) { check(fixture, operations[fixture.operation]!) }

@Test func batchNormKeepsSmallDifferencesOnALargeMean() {
  // 1000 ± 0.1: a variance from sums of squares would lose all of it in single precision.
  let device = Device()
  let x = Tensor((0..<4000).map { 1000 + ($0 % 2 == 0 ? 0.125 : -0.125) }, shape: [4, 1, 1000], device: device)
  var running = RunningStatistics(
    mean: Tensor(repeating: 0, shape: [1], device: device), variance: Tensor(repeating: 1, shape: [1], device: device))
  let y = x.batchNorm(updating: &running, momentum: 1, epsilon: 0)
  let worst = y.scalars.map { abs(abs($0) - 1) }.max()!
  #expect(worst < 1e-6)
  #expect(running.mean.item == 1000)
  #expect(abs(running.variance.item - 0.015625 * 4000 / 3999) < 1e-7)
}

@Test func batchNormOfASingleValueIsTheBias() {
  let device = Device()
  var running = RunningStatistics(
    mean: Tensor(repeating: 0, shape: [2], device: device), variance: Tensor(repeating: 1, shape: [2], device: device))
  let y = Tensor([5, -3], shape: [1, 2], device: device)
    .batchNorm(bias: Tensor([7, 8], shape: [2], device: device), updating: &running)
  #expect(y.scalars == [7, 8])
  #expect(running.variance.scalars == [0.9, 0.9])
}

@Test func manyRowsGiveTheSameBitsForAnyNumberOfThreads() {
  func run(threads: Int) -> [Float] {
    let device = Device(threads: threads)
    let random = RandomStream(seed: 3)
    let tape = Tape()
    var all: [Float] = []
    func leaf(_ shape: Shape, _ name: String) -> Tensor {
      let stream = random.derived(name)
      let values = (0..<shape.elementCount).map { Float(stream.block(UInt64($0))[0] >> 8) * 0x1p-23 - 1 }
      return tape.watch(Tensor(values, shape: shape, device: device)) { all += $0.scalars }
    }
    let x = leaf([67, 129, 3], "x")
    var running = RunningStatistics(
      mean: Tensor(repeating: 0, shape: [129], device: device),
      variance: Tensor(repeating: 1, shape: [129], device: device))
    let y = x.batchNorm(weight: leaf([129], "w"), bias: leaf([129], "b"), updating: &running)
      .layerNorm(weight: leaf([129, 3], "v"), bias: leaf([129, 3], "c"), dimensions: 2)
      .dropout(0.3, random: random)
    tape.backward(from: y)
    return all + y.scalars + running.mean.scalars
  }
  let one = run(threads: 1)
  let isFinite = one.allSatisfy(\.isFinite)
  #expect(isFinite)
  #expect(run(threads: 2) == one && run(threads: 3) == one)
}

@Test func layerNormStopsAtAWeightOfAnotherWidth() async {
  let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
    let device = Device()
    _ = Tensor(repeating: 1, shape: [2, 5], device: device)
      .layerNorm(weight: Tensor(repeating: 1, shape: [4], device: device))
  }
  let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  #expect(
    message.contains("layerNorm: x has shape [2, 5], the weight [4]; expected the weight to be [5]"), "\(message)")
}
