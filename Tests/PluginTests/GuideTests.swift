import AllPlugins
import Foundation
import Testing

/// The fusion that docs/writing-a-fusion.md shows is compiled here, and computes what its comment says.
@Suite struct GuideTests {
  @Test func theGuideShowsTheTypeThatIsTestedHere() throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent()
    let guide = try String(contentsOf: tests.appending(path: "../../docs/writing-a-fusion.md"), encoding: .utf8)
    // The one that is compiled here, and that of the package whose library fusionkitTests builds.
    let example = "../../Examples/OutOfTreePlugin/Sources/GatedSumFusion/"
    for file in ["GatedSumFusion.swift", example + "GatedSumFusion.swift"] {
      let source = try String(contentsOf: tests.appending(path: file), encoding: .utf8)
      let start = try #require(source.firstRange(of: "import ")?.lowerBound)
      #expect(guide.contains("```swift\n\(source[start...])```\n"), "\(file)")
    }
  }

  @Test func itComputesItsFormula() throws {
    var registry = try Registry.allPlugins()
    try registry.register(GatedSumFusion.self, origin: "GatedSumFusion")
    var configuration = GatedSumFusion.Configuration()
    configuration.width = 2
    let inputs = [ModalityShape("image", [2]), ModalityShape("audio", [1])]
    var summary = ModelSummary()
    #expect(ConfiguredFusion(GatedSumFusion.self, configuration).infer(inputs, &summary) == [2])
    #expect(summary.problems.isEmpty)

    let device = Device()
    let store = ParameterStore()
    let fusion = GatedSumFusion(
      configuration, inputs: inputs, context: BuildContext(store: store, device: device, seed: 1))
    #expect(summary.parameterCount == store.weightCount)
    // σ(ln 3) = 3/4, σ(0) = 1/2 and σ(-ln 3) = 1/4: the values can be followed by hand.
    let values: [String: [Float]] = [
      "gates.image.weight": [log(3), 0, 0, 0], "gates.image.bias": [0, 0],
      "projections.image.weight": [1, 1, 2, -1], "projections.image.bias": [0, 1],
      "gates.audio.weight": [0, -log(3) / 3], "gates.audio.bias": [0, 0],
      "projections.audio.weight": [2, 4], "projections.audio.bias": [0, 0],
    ]
    #expect(store.parameters.map(\.name).sorted() == values.keys.sorted())
    for (name, value) in values {
      _ = try #require(store[name]).value.storage.values.update(fromContentsOf: value)
    }
    let features = Features([
      ("image", Tensor([1, 2, 0, 0], shape: [2, 2], device: device)),
      ("audio", Tensor([3, 0], shape: [2, 1], device: device)),
    ])
    let output = fusion(features, .evaluation(device: device))
    #expect(output.shape == [2, 2])
    // First sample: (3/4·3 + 1/2·6, 1/2·1 + 1/4·12); second: only the bias of the image's projection, half open.
    for (got, expected) in zip(output.scalars, [5.25, 3.5, 0, 0.5] as [Float]) { #expect(abs(got - expected) < 1e-5) }
  }
}
