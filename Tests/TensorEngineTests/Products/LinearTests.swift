import TensorEngine
import Testing

@Test(arguments: FixtureCase.load("linear"))
func linearEqualsPyTorch(_ fixture: FixtureCase) {
  check(fixture) { ["output": $0["x"].linear($0["weight"], bias: $0.optional("bias"))] }
}

@Test(arguments: [(1, 700, 300), (300, 64, 90), (37, 200, 513), (0, 5, 3), (4, 0, 3)])
func linearIsTheSumOfProductsAtAnySizeAndForAnyNumberOfThreads(rows: Int, inputs: Int, outputs: Int) {
  func value(_ i: Int, _ salt: Int) -> Float { Float((i &* 7919 &+ salt &* 104_729) % 201 - 100) / 64 }
  let x = (0..<rows * inputs).map { value($0, 1) }
  let weight = (0..<outputs * inputs).map { value($0, 2) }
  let bias = (0..<outputs).map { value($0, 3) }
  var bits: [[Float]] = []
  for threads in 1...3 {
    let device = Device(threads: threads)
    let tape = Tape()
    var gradients: [[Float]] = [[], [], []]
    let leaves = zip([x, weight, bias], [[rows, inputs], [outputs, inputs], [outputs]]).enumerated().map { i, leaf in
      tape.watch(Tensor(leaf.0, shape: leaf.1, device: device)) { gradients[i] = $0.scalars }
    }
    let y = leaves[0].linear(leaves[1], bias: leaves[2])
    tape.backward(from: y)
    bits.append(y.scalars + gradients.joined())
    // Multiples of 1/64 add up exactly: any cut must give these very values.
    for (row, column) in [(0, 0), (rows - 1, outputs - 1), (rows / 2, outputs / 3)] where rows > 0 {
      let exact = (0..<inputs).reduce(bias[column]) { $0 + x[row * inputs + $1] * weight[column * inputs + $1] }
      #expect(y.scalars[row * outputs + column] == exact)
    }
    #expect(gradients[2] == [Float](repeating: Float(rows), count: outputs))
  }
  #expect(bits[0] == bits[1] && bits[0] == bits[2])
}

@Test func linearStopsAtWidthsThatDoNotMeet() async {
  let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
    let device = Device()
    _ = Tensor(repeating: 1, shape: [2, 5], device: device)
      .linear(Tensor(repeating: 1, shape: [3, 4], device: device))
  }
  let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  #expect(message.contains("linear: x has shape [2, 5], the weight [3, 4]; expected x to end in 4"), "\(message)")
}
