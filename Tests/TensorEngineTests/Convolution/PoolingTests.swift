import TensorEngine
import Testing

private let operations: [String: Operation] = [
  "maxPool2d": {
    ["output": $0["x"].maxPool2d($0.pair("kernel", 1), stride: $0.stride, padding: $0.pair("padding", 0))]
  },
  "maxPool1d": {
    ["output": $0["x"].maxPool1d($0.int("kernel"), stride: $0.stride?.width, padding: $0.int("padding"))]
  },
  "averagePool2d": {
    ["output": $0["x"].averagePool2d($0.pair("kernel", 1), stride: $0.stride, padding: $0.pair("padding", 0))]
  },
  "averagePool1d": {
    ["output": $0["x"].averagePool1d($0.int("kernel"), stride: $0.stride?.width, padding: $0.int("padding"))]
  },
  "adaptiveAveragePool2d": { ["output": $0["x"].adaptiveAveragePool2d($0.pair("size", 1))] },
  "adaptiveAveragePool1d": { ["output": $0["x"].adaptiveAveragePool1d($0.int("size"))] },
  "upsampleNearest2d": { ["output": $0["x"].upsampleNearest2d($0.pair("factor", 1))] },
]

extension Arguments {
  fileprivate var stride: Pair? { options["stride"].map { Pair(Int($0)) } }
}

@Test(arguments: FixtureCase.load("pooling"))
func poolingEqualsPyTorch(_ fixture: FixtureCase) { check(fixture, operations[fixture.operation]!) }

@Test func theFirstOfEqualMaximaGetsTheGradient() {
  let tape = Tape()
  var gradient: [Float] = []
  let values: [Float] = [1, 1, 0, 5, 1, 1, 5, 5]
  let x = tape.watch(Tensor(values, shape: [1, 1, 2, 4], device: Device())) { gradient = $0.scalars }
  tape.backward(from: x.maxPool2d(2))
  #expect(gradient == [1, 0, 0, 1, 0, 0, 0, 0])
}

@Test func aNotANumberIsNeverPooledAway() {
  let x = Tensor([1, .nan, 3, 4, -.infinity, -.infinity], shape: [1, 1, 1, 6], device: Device())
  let y = x.maxPool2d(Pair(1, 2)).scalars
  #expect(y[0].isNaN && y[1] == 4 && y[2] == -.infinity)
}

@Test func poolingStopsAtTooMuchPadding() async {
  let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
    _ = Tensor(repeating: 1, shape: [1, 1, 4, 4], device: Device()).maxPool2d(2, padding: 2)
  }
  let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  #expect(message.contains("maxPool2d: the padding 2x2 is more than half the kernel 2x2"), "\(message)")
}
