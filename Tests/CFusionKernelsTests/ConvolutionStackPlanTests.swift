import CFusionKernels
import NeuralLayers
import TensorEngine
import Testing

@Suite struct ConvolutionStackPlanTests {
  /// The audio encoder of PyKale's example.
  static func lenet(blocks: Int) -> [ConvolutionBlock] {
    (0..<blocks).map {
      ConvolutionBlock(
        channels: 6 << $0, kernel: $0 == 0 ? 5 : 3, bias: false, normalise: true, pool: .max(2, stride: 2))
    }
  }

  @Test func aPlanHasShapesAndCosts() {
    let plan = ConvolutionStack.plan(Self.lenet(blocks: 6), input: [1, 112, 112])
    #expect(plan.issues.isEmpty)
    #expect(plan.output == [192, 1, 1])
    #expect(plan.layers.map(\.output.last) == [56, 28, 14, 7, 3, 1])
    // sum(p.numel() for p in torch_pipeline.LeNet(6, 6).parameters())
    #expect(plan.layers.map(\.parameters).reduce(0, +) == 221_874)
    #expect(plan.layers[1].flops == 2 * 6 * 12 * 9 * 56 * 56)
    #expect(Set(plan.layers.map(\.path)) == ["lanes, fused"])
    #expect(plan.layers[0].kind == "conv 5x5, batch norm, relu, max pool 2")
    let general = ConvolutionBlock(
      channels: 6, kernel: 5, padding: 0, activation: .sigmoid, pool: .average(2, stride: 2))
    #expect(ConvolutionStack.plan([general], input: [1, 28, 28]).layers.map(\.path) == ["lanes, general"])
    // Same size, whatever follows; not where it has a bias and batch norm, nor where the image is narrower than a pair.
    let dropped = ConvolutionBlock(channels: 6, kernel: 3, bias: false, normalise: true, dropout: 0.2)
    let biased = ConvolutionBlock(channels: 6, kernel: 5, bias: true, activation: .sigmoid)
    let both = ConvolutionBlock(channels: 6, kernel: 3, bias: true, normalise: true)
    #expect(
      ConvolutionStack.plan([dropped, biased, both], input: [1, 4, 4]).layers.map(\.path)
        == ["lanes, same size", "lanes, same size", "lanes, general"])
    #expect(ConvolutionStack.plan([biased], input: [1, 9, 3]).layers.map(\.path) == ["lanes, general"])
  }

  @Test func anImageThatBecomesTooSmallIsNamed() {
    let plan = ConvolutionStack.plan(Self.lenet(blocks: 6), input: [1, 28, 28])
    #expect(plan.output == nil)
    #expect(plan.issues.map(\.block) == [4])
    #expect(plan.issues[0].message.contains("shrunk to 1x1, too small to pool 2x2"))
    let kernel = ConvolutionStack.plan([ConvolutionBlock(channels: 1, kernel: 7, padding: 1)], input: [1, 4, 9])
    #expect(kernel.issues.map(\.message) == ["a kernel of 7x7 does not fit into an image of 4x9 with padding 1"])
  }

  @Test func allMistakesAreReportedTogether() {
    var bad = ConvolutionBlock(channels: 0, kernel: 99, stride: 0, padding: -1, dropout: .nan, pool: .max(0, stride: 0))
    #expect(ConvolutionStack.plan([bad], input: [3, 3]).issues.count == 8)
    bad = ConvolutionBlock(channels: .max, kernel: 3)
    #expect(ConvolutionStack.plan([bad], input: [1, 8, 8]).issues.map(\.block) == [0])
    #expect(
      ConvolutionStack.plan([ConvolutionBlock(channels: 65_536, kernel: 3)], input: [1, 60_000, 60_000]).output == nil)
    #expect(ConvolutionStack.plan([], input: [1, 8, 8]).issues.count == 1)
  }

  @Test func anUnknownInstructionSetIsAnErrorDescription() {
    #expect(fk_instructions("sse9", nil) == FK_UNKNOWN_INSTRUCTIONS)
    #expect(fk_instructions("plain", nil) == FK_OK)
    #expect(InstructionSet.available.last == .plain)
    let words = InstructionSetError(requested: "sse9").description
    #expect(words.hasPrefix("FUSIONKIT_ISA=sse9: no instruction set has this name; available here: "))
    #expect(words.hasSuffix("plain"))
  }
}
