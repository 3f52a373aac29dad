import NeuralLayers
import TensorEngine
import Testing

/// What a stopwatch counts can be followed by hand, and measuring changes no result.
@Suite struct StopwatchTests {
  private let blocks = [
    ConvolutionBlock(
      channels: 6, kernel: 3, bias: false, normalise: true, activation: .relu, pool: .max(2, stride: 2)),
    ConvolutionBlock(channels: 2, kernel: 3, stride: 2, padding: 0),
  ]

  private func step(_ stopwatch: Stopwatch?, threads: Int) -> [[Float]] {
    let device = Device(threads: threads)
    let store = ParameterStore()
    let stack = ConvolutionStack(
      blocks, input: [1, 6, 8], context: BuildContext(store: store, device: device, seed: 3).scope("encoder"))
    let x = Initializer.normal().tensor(shape: [9, 1, 6, 8], random: RandomStream(seed: 1), device: device)
    let pass = ForwardPass.training(device: device, seed: 1, step: 0)
    pass.stopwatch = stopwatch
    let output = pass.measured("encoder") { stack(x, pass) }
    let goBack = { pass.tape!.backward(from: output.sum()) }
    if let stopwatch { stopwatch.backward(goBack) } else { goBack() }
    return [output.scalars] + store.trainable.map { $0.gradient!.scalars }
  }

  @Test(arguments: [1, 2]) func itCountsTapsInsideTheImage(threads: Int) throws {
    let stopwatch = Stopwatch()
    let measured = step(stopwatch, threads: threads)
    #expect(measured == step(nil, threads: threads))

    #expect(stopwatch.names == ["encoder"])
    #expect(stopwatch["encoder"].forward > 0 && stopwatch["encoder"].backward > 0)
    let times = try #require(stopwatch.blocks(of: "encoder"))
    // Six rows have 2 + 4·3 + 2 taps inside, eight columns 2 + 6·3 + 2; the second block's 3x4 image has room for one
    // output, all of whose taps are inside.
    let operations: [Double] = [9 * 2 * 6 * 16 * 22, 9 * 2 * 6 * 2 * 9]
    #expect(times.map(\.operations) == operations)
    for (index, time) in times.enumerated() {
      #expect(time.forward > 0 && time.finish > 0 && time.weightGradient > 0 && time.rest > 0)
      #expect((time.inputGradient > 0) == (index > 0), "the input of the stack asks for no gradient")
    }
    _ = step(stopwatch, threads: threads)
    #expect(stopwatch.blocks(of: "encoder")?.map(\.operations) == operations.map { 2 * $0 })
  }
}
