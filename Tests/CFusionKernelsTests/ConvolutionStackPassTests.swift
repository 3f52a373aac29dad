import NeuralLayers
import TensorEngine
import Testing

/// How passes of one stack live side by side.
@Suite struct ConvolutionStackPassTests {
  let device = Device(threads: 2)
  let store = ParameterStore()

  func stack(_ blocks: [ConvolutionBlock], _ input: Shape) -> ConvolutionStack {
    ConvolutionStack(blocks, input: input, context: BuildContext(store: store, device: device, seed: 3))
  }
  func tensor(_ shape: Shape, seed: Int) -> Tensor {
    Tensor(numbers(seed: seed, count: shape.elementCount, scale: 1), shape: shape, device: device)
  }

  @Test func twoPassesOnOneTapeKeepTheirOwnMemory() {
    let stack = stack(
      [ConvolutionBlock(channels: 6, kernel: 3, bias: false, normalise: true, pool: .max(2, stride: 2))], [1, 6, 6])
    func gradients(_ seeds: [Int]) -> [[Float]] {
      store.clearGradients()
      let pass = ForwardPass.training(device: device, seed: 1, step: 0)
      let outputs = seeds.map { stack(tensor([3 + $0, 1, 6, 6], seed: $0), pass).flattened(from: 0) }
      let sums = outputs.map { output in
        Tensor.recorded("sum", inputs: [output], output: Tensor([0], shape: [], device: device)) { _ in
          [tensor(output.shape, seed: 9)]
        }
      }
      pass.tape!.backward(from: sums.dropFirst().reduce(sums[0]) { $0 + $1 })
      return store.trainable.map { $0.gradient!.scalars }
    }
    let first = gradients([1])
    let second = gradients([2])
    for (both, parts) in zip(gradients([1, 2]), zip(first, second)) {
      expectClose(both, zip(parts.0, parts.1).map { $0 + $1 }, "sum of both passes", within: 1e-6)
    }
  }

  @Test func aSampleDoesNotDependOnItsBatch() {
    let stack = stack(ConvolutionStackPlanTests.lenet(blocks: 3), [1, 15, 17])
    let x = tensor([11, 1, 15, 17], seed: 5)
    let all = stack(x, .evaluation(device: device)).scalars
    let width = all.count / 11
    for samples in [1, 5, 8, 10] {
      let part = Tensor(Array(x.scalars.prefix(samples * 15 * 17)), shape: [samples, 1, 15, 17], device: device)
      let scalars = stack(part, .evaluation(device: device)).scalars
      expectClose(scalars, Array(all.prefix(samples * width)), "the first \(samples) of 11", within: 1e-6)
      // To the bit in blocks of eight; a few samples go through kernels that may add in another order.
      if samples > 4 { #expect(scalars.prefix(8 * width) == all.prefix(Swift.min(8, samples) * width)) }
    }
  }

  @Test func dropoutSetsItsShareToZeroAndScalesTheRest() {
    let stack = stack(
      [ConvolutionBlock(channels: 1, kernel: 1, bias: false, activation: .none, dropout: 0.25)], [1, 40, 50])
    store.parameters[0].value.storage.base[0] = 1
    func factors(step: Int) -> (output: [Float], gradient: [Float]) {
      let pass = ForwardPass.training(device: device, seed: 1, step: step)
      var gradient: Tensor?
      let x = pass.tape!.watch(Tensor(repeating: 1, shape: [5, 1, 40, 50], device: device)) { gradient = $0 }
      let output = stack(x, pass)
      pass.tape!.backward(from: output)
      return (output.scalars, gradient!.scalars)
    }
    let (output, gradient) = factors(step: 1)
    #expect(output == gradient)
    #expect(Set(output) == [0, 1 / 0.75])
    let dropped = Double(output.count { $0 == 0 })
    #expect(abs(dropped - 2500) < 5 * (10_000 * 0.25 * 0.75).squareRoot())  // five deviations of a binomial
    #expect(factors(step: 1).output == output)
    #expect(factors(step: 2).output != output)
    #expect(
      stack(tensor([1, 1, 40, 50], seed: 1), .evaluation(device: device)).scalars == tensor([2000], seed: 1).scalars)
  }

  @Test func aSingleValueIsNormalisedToTheBias() {
    let stack = stack(
      [ConvolutionBlock(channels: 2, kernel: 3, padding: 0, bias: false, normalise: true, activation: .none)],
      [1, 3, 3])
    let output = stack(tensor([1, 1, 3, 3], seed: 1), .training(device: device, seed: 1, step: 0)).scalars
    // Values of about one, rounded to float, times the inverse deviation √(1 / 1e-5) = 316.
    for value in output { #expect(abs(value) < 316 * Float.ulpOfOne) }
    #expect(store["norms.0.running_var"]!.value.scalars == [0.9, 0.9])
  }

  @Test func notANumberIsNotHidden() {
    let stack = stack(ConvolutionStackPlanTests.lenet(blocks: 2), [1, 8, 8])
    let x = tensor([3, 1, 8, 8], seed: 1)
    x.storage.base[20] = .nan
    let output = stack(x, .training(device: device, seed: 1, step: 0)).scalars
    #expect(output.filter(\.isNaN).count == output.count)
  }

  @Test func frozenWeightsGetNoGradient() {
    let stack = stack(ConvolutionStackPlanTests.lenet(blocks: 2), [1, 20, 20])
    store["convs.0.weight"]!.isTrainable = false
    let pass = ForwardPass.training(device: device, seed: 1, step: 0)
    let output = stack(tensor([2, 1, 20, 20], seed: 1), pass)
    pass.tape!.backward(from: output)
    #expect(store["convs.0.weight"]!.gradient == nil)
    let trained = store["convs.1.weight"]!.gradient?.scalars ?? []
    #expect(Set(trained).count > 1)
  }
}
