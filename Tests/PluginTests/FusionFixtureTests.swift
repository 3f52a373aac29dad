import AllPlugins
import Foundation
import Testing

/// Every fusion's values and gradients against PyTorch (Tests/Fixtures/fusions/make_fusions.py).
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
    let value, gradient: Array
  }
  struct File: Decodable { let cases: [FusionFixture] }

  let name, fusion: String
  let inputs: [Input]
  let parameters: [Weight]
  let output, seed: Array

  var testDescription: String { "\(fusion), \(name)" }

  private static let data = try! Data(
    contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/fusions/fusions.json")
  )
  static let all = try! JSONDecoder().decode(File.self, from: data).cases

  /// The case's configuration, decoded as the type wants it.
  func configuration<C: Decodable>(_ type: C.Type) throws -> C {
    let cases = try JSONDecoder().decode(ConfigurationFile<C>.self, from: Self.data).cases
    return try #require(cases.first { $0.name == name && $0.fusion == fusion }?.configuration)
  }
}

/// The same file, with the configurations of one type of fusion; those of others do not decode and are nil.
private struct ConfigurationFile<C: Decodable>: Decodable {
  struct Case: Decodable {
    let name, fusion: String
    let configuration: C?
    enum CodingKeys: CodingKey { case name, fusion, configuration }
    init(from decoder: any Swift.Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      name = try container.decode(String.self, forKey: .name)
      fusion = try container.decode(String.self, forKey: .fusion)
      configuration = try? container.decode(C.self, forKey: .configuration)
    }
  }
  let cases: [Case]
}

@Test(arguments: FusionFixture.all) func aFusionComputesWhatPyTorchDoes(_ fixture: FusionFixture) throws {
  let entry = try Registry.allPlugins().find(.fusion, fixture.fusion)
  let type = try #require(entry.type as? any Fusion.Type)
  try check(type, fixture)
}

private func check<F: Fusion>(_ type: F.Type, _ fixture: FusionFixture) throws {
  let configuration = try fixture.configuration(F.Configuration.self)
  let inputs = fixture.inputs.map { ModalityShape($0.modality, Shape($0.value.shape.dropFirst())) }
  var blueprint = Blueprint()
  let inferred = F.outputShape(configuration, inputs: inputs, blueprint: &blueprint)
  #expect(blueprint.problems.isEmpty)
  #expect(inferred == Shape(fixture.output.shape.dropFirst()))

  let device = Device()
  let store = ParameterStore()
  let fusion = F(configuration, inputs: inputs, context: BuildContext(store: store, device: device, seed: 1))
  #expect(store.parameters.map(\.name).sorted() == fixture.parameters.map(\.name).sorted())
  #expect(blueprint.parameterCount == store.weightCount)
  for weight in fixture.parameters {
    let parameter = try #require(store[weight.name])
    #expect(parameter.value.shape == weight.value.shape)
    _ = parameter.value.storage.values.update(fromContentsOf: weight.value.values)
  }

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
  for input in fixture.inputs { expectClose(received[input.modality], input.gradient.values, 1e-4, input.modality) }
  for weight in fixture.parameters {
    expectClose(store[weight.name]?.gradient?.scalars, weight.gradient.values, 1e-4, weight.name)
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
