import NeuralLayers
import TensorEngine
import Testing

/// Evaluation has two ways, lanes of samples and lanes of channels, and cuts blocks of samples: neither may be seen.
@Suite struct ConvolutionStackEvaluationTests {
  /// A stack of fused blocks: odd sizes, and channels that fill no register.
  struct Case: Sendable, CustomTestStringConvertible {
    let input: Shape
    let channels: [Int]
    let kernels: [Int]
    var testDescription: String { "\(input) to \(channels), kernels \(kernels)" }
    var blocks: [ConvolutionBlock] {
      zip(channels, kernels).map {
        ConvolutionBlock(channels: $0, kernel: $1, bias: false, normalise: true, pool: .max(2, stride: 2))
      }
    }
  }
  static let cases = [
    Case(input: [1, 7, 7], channels: [5, 13], kernels: [5, 3]), Case(input: [3, 5, 9], channels: [13], kernels: [3]),
    Case(input: [2, 3, 3], channels: [70], kernels: [3]),
    Case(input: [1, 30, 54], channels: [5, 24, 49], kernels: [3, 5, 3]),
    Case(input: [9, 17, 14], channels: [56, 13], kernels: [5, 5]),
    Case(input: [1, 112, 112], channels: [6, 12, 24, 48], kernels: [5, 3, 3, 3]),
  ]

  private func evaluated(
    _ blocks: [ConvolutionBlock], _ input: Shape, samples: Range<Int>, threads: Int, _ instructions: InstructionSet
  ) -> [Float] {
    let device = Device(threads: threads)
    let store = ParameterStore()
    let stack = ConvolutionStack(
      blocks, input: input, context: BuildContext(store: store, device: device, seed: 4), instructions: instructions)
    for (index, parameter) in store.parameters.enumerated() where parameter.name.hasPrefix("norms") {
      // Scales of both signs; variances are positive.
      let isVariance = parameter.name.hasSuffix("var")
      let values = numbers(seed: index + 7, count: parameter.value.count, scale: 0.7).map { isVariance ? 1 + $0 : $0 }
      _ = parameter.value.storage.values.update(fromContentsOf: values)
    }
    let x = samples.flatMap { numbers(seed: 100 + $0, count: input.elementCount, scale: 1) }
    let batch = Tensor(x, shape: [samples.count] + input, device: device)
    return stack(batch, .evaluation(device: device)).scalars
  }

  @Test(arguments: cases, InstructionSet.available)
  func aFewSamplesGiveTheValuesOfABlock(_ test: Case, _ instructions: InstructionSet) {
    let blocks = test.blocks
    let block = evaluated(blocks, test.input, samples: 0..<8, threads: 1, instructions)
    let plain = evaluated(blocks, test.input, samples: 0..<8, threads: 1, .plain)
    #expect(block.contains { $0 > 0 })
    expectClose(block, plain, "\(test), \(instructions): a block", within: 2e-6)
    for samples in 1...7 {
      let few = evaluated(blocks, test.input, samples: 0..<samples, threads: 2, instructions)
      expectClose(few, Array(plain.prefix(few.count)), "\(test), \(instructions): \(samples) samples", within: 2e-6)
    }
  }

  @Test(arguments: [1, 4, 8, 9, 23, 32, 41, 44])
  func theNumberOfThreadsChangesNoBit(samples: Int) {
    let general = [
      ConvolutionBlock(channels: 7, kernel: 3, stride: 2, activation: .tanh), ConvolutionBlock(channels: 13, kernel: 2),
    ]
    for blocks in [Self.cases[3].blocks, Self.cases[0].blocks, general] {
      let input = blocks == general ? [2, 9, 11] : Self.cases[blocks.count == 3 ? 3 : 0].input
      let one = evaluated(blocks, input, samples: 0..<samples, threads: 1, InstructionSet.available[0])
      for threads in 2...3 {
        #expect(evaluated(blocks, input, samples: 0..<samples, threads: threads, InstructionSet.available[0]) == one)
      }
    }
  }

  @Test func aLeftOverSampleIsItself() {
    // The last of 9, 25 and 33 goes through the channels' kernels wherever it stands.
    let test = Self.cases[0]
    let instructions = InstructionSet.available[0]
    for samples in [9, 25, 33] {
      let all = evaluated(test.blocks, test.input, samples: 0..<samples, threads: 2, instructions)
      let last = evaluated(test.blocks, test.input, samples: samples - 1..<samples, threads: 2, instructions)
      #expect(Array(all.suffix(last.count)) == last)
      let block = evaluated(test.blocks, test.input, samples: 0..<8, threads: 2, instructions)
      #expect(Array(all.prefix(block.count)) == block)
    }
  }
}
