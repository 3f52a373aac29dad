import NeuralLayers
import TensorEngine
import Testing

@Suite struct ConvolutionStackTests {
  static let modes: [ForwardPass.Mode] = [.training, .evaluation]

  @Test(arguments: StackFixture.all, InstructionSet.available)
  func valuesGradientsAndStatisticsAreThoseOfPyTorch(_ fixture: StackFixture, _ instructions: InstructionSet) {
    for mode in Self.modes {
      let expected = mode == .training ? fixture.training : fixture.evaluation
      let result = run(fixture, mode: mode, instructions: instructions)
      let what = "\(fixture.name), \(mode), \(instructions)"
      #expect(Array(result.output.shape.dropFirst()) == expected.output_shape)
      expectClose(result.output.scalars, expected.output, "\(what): output")
      expectClose(result.inputGradient, expected.input_gradient, "\(what): input gradient")
      for (index, pair) in zip(result.gradients, expected.gradients).enumerated() {
        expectClose(pair.0, pair.1, "\(what): gradient of weight \(index)")
      }
      for (index, pair) in zip(result.buffers, expected.buffers).enumerated() {
        expectClose(pair.0, pair.1, "\(what): running statistic \(index)", within: 2e-6)
      }
      // Without a gradient of the input, first layers go by the winners of their pool.
      let without = run(fixture, mode: mode, instructions: instructions, inputGradient: false)
      #expect(without.output.scalars == result.output.scalars)
      for (index, pair) in zip(without.gradients, expected.gradients).enumerated() {
        expectClose(pair.0, pair.1, "\(what), no input gradient: gradient of weight \(index)")
      }
    }
  }

  @Test(arguments: StackFixture.all)
  func theFoldedEvaluationGivesTheSameValues(_ fixture: StackFixture) {
    for instructions in InstructionSet.available {
      let result = run(fixture, mode: .evaluation, instructions: instructions, tape: nil)
      expectClose(result.output.scalars, fixture.evaluation.output, "\(fixture.name), \(instructions)")
    }
  }

  @Test(arguments: StackFixture.all)
  func theNumberOfThreadsChangesNoBit(_ fixture: StackFixture) {
    for mode in Self.modes {
      let one = run(fixture, mode: mode, threads: 1)
      for threads in 2...3 { #expect(run(fixture, mode: mode, threads: threads) == one) }
      let evaluated = run(fixture, mode: .evaluation, threads: 1, tape: nil)
      #expect(run(fixture, mode: .evaluation, threads: 3, tape: nil) == evaluated)
    }
  }
}
