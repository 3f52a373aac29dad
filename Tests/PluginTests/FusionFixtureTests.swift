import AllPlugins
import Foundation
import Testing

/// Every fusion's values and gradients against PyTorch (Tests/Fixtures/fusions/make_*.py), and those that other packages have
/// against these (make_references.py), with the options that the plugin's README names.
struct FusionFixture: Decodable, Sendable, CustomTestStringConvertible {
  struct Array: Decodable, Sendable {
    let shape: Shape
    let values: [Float]
    func tensor(_ device: Device) -> Tensor { Tensor(values, shape: shape, device: device) }
  }
  struct Input: Decodable, Sendable {
    let modality: String
    let value, gradient: Array
  }
  struct Weight: Decodable, Sendable {
    let name: String
    let value: Array
    /// Nil for a buffer, which is not trained.
    let gradient: Array?
  }

  let name, fusion: String
  let inputs: [Input]
  let parameters: [Weight]
  let output, seed: Array
  /// Relative to the largest; 1e-4 where a file does not say.
  let gradientBound: Float?

  var testDescription: String { "\(fusion), \(name)" }

  private static let files = ["fusions", "gates", "decisions", "bilinear", "tokens", "references"].map {
    FixtureFile("fusions/\($0).json")
  }
  private static let perFile = files.map { $0.cases(FusionFixture.self) }
  static let all = perFile.flatMap { $0 }

  func configuration<C: ComponentConfiguration>(_ type: C.Type) throws -> C {
    let file = try #require(
      zip(Self.files, Self.perFile).first { $0.1.contains { $0.fusion == fusion && $0.name == name } }?.0)
    return try file.configuration(type, ofCase: ["name": name, "fusion": fusion])
  }
}

extension FusionFixture {
  /// What it is made for.
  var shapes: [ModalityShape] { inputs.map { ModalityShape($0.modality, Shape($0.value.shape.dropFirst())) } }

  /// The fusion with the case's configuration and parameters.
  func made<F: Fusion>(_ type: F.Type) throws -> (fusion: F, store: ParameterStore, device: Device) {
    let (store, device) = (ParameterStore(), Device())
    let fusion = F(
      try configuration(F.Configuration.self), inputs: shapes,
      context: BuildContext(store: store, device: device, seed: 1))
    for weight in parameters {
      let parameter = try #require(store[weight.name])
      #expect(parameter.value.shape == weight.value.shape)
      _ = parameter.value.storage.values.update(fromContentsOf: weight.value.values)
    }
    return (fusion, store, device)
  }
}

/// A fusion without a case would be unproven.
@Test func everyFusionHasACase() throws {
  let registry = try Registry.allPlugins()
  let proven = try Set(FusionFixture.all.map { try registry.find(.fusion, $0.fusion).type.name })
  #expect(registry.all(.fusion).map { $0.type.name }.filter { !proven.contains($0) } == [])
}

@Test(arguments: FusionFixture.all) func aFusionComputesWhatPyTorchDoes(_ fixture: FusionFixture) throws {
  let entry = try Registry.allPlugins().find(.fusion, fixture.fusion)
  let type = try #require(entry.type as? any Fusion.Type)
  try check(type, fixture)
}

private func check<F: Fusion>(_ type: F.Type, _ fixture: FusionFixture) throws {
  let configuration = try fixture.configuration(F.Configuration.self)
  var summary = ModelSummary()
  let inferred = ConfiguredFusion(F.self, configuration).infer(fixture.shapes, &summary)
  #expect(summary.problems.isEmpty)
  #expect(inferred == Shape(fixture.output.shape.dropFirst()))

  let (fusion, store, device) = try fixture.made(type)
  #expect(store.parameters.map(\.name).sorted() == fixture.parameters.map(\.name).sorted())
  #expect(summary.parameterCount == store.weightCount)
  let trained = fixture.parameters.filter { $0.gradient != nil }
  #expect(store.trainable.map(\.name).sorted() == trained.map(\.name).sorted())

  let pass = ForwardPass.training(device: device, seed: 1, step: 0)
  let tape = try #require(pass.tape)
  var received: [String: [Float]] = [:]
  let features = Features(
    fixture.inputs.map { input in
      (input.modality, tape.watch(input.value.tensor(device)) { received[input.modality] = $0.scalars })
    })
  let output = fusion(features, pass)
  #expect(output.shape == fixture.output.shape)
  expectClose(output.scalars, fixture.output.values, 1e-5, "output")
  tape.backward(from: output, seed: fixture.seed.tensor(device))
  let bound = fixture.gradientBound ?? 1e-4
  for input in fixture.inputs { expectClose(received[input.modality], input.gradient.values, bound, input.modality) }
  for weight in fixture.parameters {
    guard let gradient = weight.gradient else { continue }
    expectClose(store[weight.name]?.gradient?.scalars, gradient.values, bound, weight.name)
  }
}

/// Relative to the largest expected value.
func expectClose(_ got: [Float]?, _ expected: [Float], _ bound: Float, _ what: String) {
  guard let got, got.count == expected.count else {
    Issue.record("\(what): got \(got.map { "\($0.count) values" } ?? "nothing"), expected \(expected.count) values")
    return
  }
  let scale = max(1, expected.map(abs).max() ?? 1)
  let worst = zip(got, expected).map { abs($0 - $1) }.max() ?? 0
  #expect(worst <= bound * scale, "\(what): off by \(worst), allowed \(bound * scale)")
}
