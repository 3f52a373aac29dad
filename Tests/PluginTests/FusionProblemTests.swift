import AllPlugins
import AttentionBottleneckFusion
import BlockFusion
import CrossAttentionFusion
import IdentityDecoder
import MCBFusion
import MixtureOfExpertsFusion
import TensorFusion
import Testing

/// What a fusion says about what cannot work.
@Suite struct FusionProblemTests {
  private func problems<F: Fusion>(
    _ type: F.Type, _ shapes: [Shape] = [[6, 4], [3, 5]], _ change: (inout F.Configuration) -> Void = { _ in }
  ) -> [Problem] {
    var configuration = F.Configuration()
    change(&configuration)
    var summary = ModelSummary()
    let inputs = zip(["image", "audio"], shapes).map { ModalityShape($0, $1) }
    #expect(ConfiguredFusion(F.self, configuration).infer(inputs, &summary) == nil)
    #expect(summary.layers.isEmpty || !summary.problems.isEmpty)
    return summary.problems
  }

  @Test(arguments: [
    "attention_bottleneck", "cross_attention", "cross_modal_transformer", "fusion_transformer", "perceiver",
  ]) func fusionsOfTokensRefuseVectorsByName(_ name: String) throws {
    let type = try #require(try Registry.allPlugins().find(.fusion, name).type as? any Fusion.Type)
    func check<F: Fusion>(_ type: F.Type) throws {
      let found = problems(type, [[6, 4], [5]])
      try #require(found.count == 1)
      #expect(found[0].path == ["type"])
      #expect(
        found[0].message
          == "the fusion '\(name)' takes tokens [T, D] of every modality; the features of 'audio' have the shape [5]")
      #expect(found[0].hint?.contains("'transformer', 'gru' and 'lstm' with 'pool: none'") == true)
      // Every modality is named at once, and what to do is said once.
      let both = problems(type, [[4], [5]])
      try #require(both.count == 1)
      #expect(both[0].message.hasSuffix("the features of 'image' have the shape [4], those of 'audio' [5]"))
    }
    try check(type)
  }

  @Test func theRightKeyIsBlamed() {
    #expect(problems(CrossAttentionFusion.self) { $0.heads = 5 }.map(\.path) == [["heads"]])
    #expect(problems(AttentionBottleneckFusion.self) { $0.fusionLayer = 2 }.map(\.path) == [["fusion_layer"]])
    #expect(problems(BlockFusion.self) { $0.chunks = 3 }.map(\.path) == [["chunks"]])
    #expect(problems(MixtureOfExpertsFusion.self) { $0.top = 5 }.map(\.path) == [["top"]])
    #expect(problems(TensorFusion.self, [[2000], [2000]]).map(\.path) == [[]])
    #expect(problems(TensorFusion.self, [[Int.max / 2], [8]]).count == 1)
    #expect(problems(TensorFusion.self, [[1], [1]]) { $0.width = 65_536 }.map(\.path) == [["width"]])
  }

  @Test func aDecisionOfAnotherWidthThanTheTaskIsRefused() throws {
    var summary = ModelSummary()
    _ = ConfiguredDecoder(IdentityDecoder.self, NoConfiguration()).infer([10], [2], &summary)
    let problem = try #require(summary.problems.first)
    #expect(problem.message == "the fusion gives 10 values and the task asks for 2")
    #expect(problem.hint?.contains("'width: 2'") == true)
  }

  /// The hashes are drawn from the seed, saved, and never trained.
  @Test func countSketchesAreBuffers() throws {
    func hashes(_ seed: UInt64) throws -> (hash: [Float], sign: [Float]) {
      let store = ParameterStore()
      _ = MCBFusion(
        MCBFusion.Configuration(), inputs: [ModalityShape("image", [300]), ModalityShape("audio", [4])],
        context: BuildContext(store: store, device: Device(), seed: seed))
      #expect(store.trainable.isEmpty)
      #expect(store.parameters.count == 4)
      return (
        try #require(store["sketches.image.hash"]).value.scalars,
        try #require(store["sketches.image.sign"]).value.scalars
      )
    }
    let first = try hashes(1)
    #expect(first.hash.allSatisfy { (0..<512).contains($0) && $0 == $0.rounded() })
    #expect(Set(first.hash).count > 150)
    #expect(Set(first.sign) == [-1, 1])
    let (again, other) = (try hashes(1), try hashes(2))
    #expect(again.hash == first.hash && again.sign == first.sign)
    #expect(other.hash != first.hash && other.sign != first.sign)
  }
}

/// Values that break careless formulas: zeros, constants and large numbers give finite values and gradients, and a sample's
/// result is its own. With the configurations, parameters and shapes of the fixtures.
@Test(arguments: FusionFixture.all, [0, 1, 1e4] as [Float])
func aFusionIsFiniteAndKeepsSamplesApart(_ fixture: FusionFixture, _ constant: Float) throws {
  // Products of three modalities square and cube their gradients; 1e4 stays within floats for all fixtures.
  let entry = try Registry.allPlugins().find(.fusion, fixture.fusion)
  let type = try #require(entry.type as? any Fusion.Type)
  func check<F: Fusion>(_ type: F.Type) throws {
    let (fusion, store, device) = try fixture.made(type)
    func run(_ inputs: [Tensor]) -> (output: [Float], gradients: [Float]) {
      let pass = ForwardPass.training(device: device, seed: 1, step: 0)
      var gradients: [Float] = []
      store.clearGradients()
      let features = Features(
        zip(fixture.inputs, inputs).map { input, tensor in
          (input.modality, pass.tape!.watch(tensor) { gradients += $0.scalars })
        })
      let output = fusion(features, pass)
      pass.tape!.backward(from: output, seed: Tensor(repeating: 1, shape: output.shape, device: device))
      return (output.scalars, gradients + store.parameters.flatMap { $0.gradient?.scalars ?? [] })
    }
    let same = run(fixture.inputs.map { Tensor(repeating: constant, shape: $0.value.shape, device: device) })
    #expect(same.output.allSatisfy { $0.isFinite })
    #expect(same.gradients.allSatisfy { $0.isFinite })
    let all = fixture.inputs.map { $0.value.tensor(device) }
    let together = run(all).output
    let width = together.count / all[0].shape[0]
    for row in 0..<all[0].shape[0] {
      let alone = run(all.map { $0.sliced(row..<row + 1, axis: 0) }).output
      expectClose(alone, Array(together[row * width..<(row + 1) * width]), 1e-6, "sample \(row) alone")
    }
  }
  try check(type)
}
