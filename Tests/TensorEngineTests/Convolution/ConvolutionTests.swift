import TensorEngine
import Testing

extension Arguments {
  /// An option that is one number, or one for the height and one for the width.
  func pair(_ name: String, _ standard: Int) -> Pair {
    if let both = options[name] { return Pair(Int(both)) }
    return Pair(int(name + "H", standard), int(name + "W", standard))
  }
}

private let operations: [String: Operation] = [
  "conv2d": {
    [
      "output": $0["x"].conv2d(
        $0["weight"], bias: $0.optional("bias"), stride: $0.pair("stride", 1), padding: $0.pair("padding", 0),
        dilation: $0.pair("dilation", 1), groups: $0.int("groups", 1))
    ]
  },
  "conv1d": {
    [
      "output": $0["x"].conv1d(
        $0["weight"], bias: $0.optional("bias"), stride: $0.int("stride", 1), padding: $0.int("padding"),
        dilation: $0.int("dilation", 1), groups: $0.int("groups", 1))
    ]
  },
  "convTranspose2d": {
    [
      "output": $0["x"].convTranspose2d(
        $0["weight"], bias: $0.optional("bias"), stride: $0.pair("stride", 1), padding: $0.pair("padding", 0),
        outputPadding: $0.pair("outputPadding", 0), groups: $0.int("groups", 1), dilation: $0.pair("dilation", 1))
    ]
  },
  "convTranspose1d": {
    [
      "output": $0["x"].convTranspose1d(
        $0["weight"], bias: $0.optional("bias"), stride: $0.int("stride", 1), padding: $0.int("padding"),
        outputPadding: $0.int("outputPadding"), groups: $0.int("groups", 1), dilation: $0.int("dilation", 1))
    ]
  },
]

@Test(arguments: FixtureCase.load("convolution"))
func convolutionEqualsPyTorch(_ fixture: FixtureCase) { check(fixture, operations[fixture.operation]!) }

@Test func manySamplesAddUpToTheSumOfSingleGradients() {
  // 37 samples make 16 uneven runs; all values are small whole numbers, so that every order of adding is exact.
  func values(_ count: Int, _ salt: Int) -> [Float] { (0..<count).map { Float(($0 &* 7919 &+ salt) % 7 - 3) } }
  let (samples, shape) = (37, [2, 4, 5])
  let x = values(samples * 40, 1)
  func weightGradient(_ x: [Float], threads: Int) -> [Float] {
    let device = Device(threads: threads)
    let tape = Tape()
    var gradient: [Float] = []
    let weight = tape.watch(Tensor(values(54, 2), shape: [3, 2, 3, 3], device: device)) { gradient = $0.scalars }
    tape.backward(from: Tensor(x, shape: [x.count / 40] + shape, device: device).conv2d(weight, padding: 1))
    return gradient
  }
  let expected = (0..<samples).map { weightGradient(Array(x[$0 * 40..<($0 + 1) * 40]), threads: 1) }
    .reduce([Float](repeating: 0, count: 54)) { zip($0, $1).map(+) }
  for threads in 1...3 { #expect(weightGradient(x, threads: threads) == expected) }
}

@Test func convolutionsStopAtChannelsThatDoNotMeet() async {
  let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
    let device = Device()
    _ = Tensor(repeating: 1, shape: [2, 5, 8, 8], device: device)
      .conv2d(Tensor(repeating: 1, shape: [3, 4, 3, 3], device: device))
  }
  let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  #expect(message.contains("conv2d: x has shape [2, 5, 8, 8], the weight [3, 4, 3, 3]; with 1 groups"), "\(message)")
}

@Test func aKernelLargerThanTheImageStopsWithBothSizes() async {
  let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
    let device = Device()
    _ = Tensor(repeating: 1, shape: [1, 1, 2, 8], device: device)
      .conv2d(Tensor(repeating: 1, shape: [1, 1, 5, 3], device: device), padding: 1)
  }
  let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  #expect(message.contains("a kernel of 5x3 with dilation 1x1 does not fit into an image of 2x8"), "\(message)")
}
