import AllPlugins
import Foundation
import Testing

/// Encoders with their mirrors against PyTorch: what is rebuilt, how far off it is, and every gradient of that
/// (Tests/Fixtures/encoders/make_mirrors.py).
struct MirrorFixture: Decodable, Sendable, CustomTestStringConvertible {
  let name, encoder: String
  let input, rebuilt: FusionFixture.Array
  let loss: Float
  let parameters: [FusionFixture.Weight]

  var testDescription: String { "\(encoder), \(name)" }

  private static let file = FixtureFile("encoders/mirrors.json")
  static let all = file.cases(MirrorFixture.self)

  func configuration<C: ComponentConfiguration>(_ type: C.Type) throws -> C {
    try Self.file.configuration(type, ofCase: ["name": name, "encoder": encoder])
  }
}

@Test(arguments: MirrorFixture.all) func aMirrorComputesWhatPyTorchDoes(_ fixture: MirrorFixture) throws {
  let entry = try Registry.allPlugins().find(.encoder, fixture.encoder)
  let type = try #require(entry.type as? any AutoencodableEncoder.Type)
  try check(type, fixture)
}

private func check<E: AutoencodableEncoder>(_ type: E.Type, _ fixture: MirrorFixture) throws {
  let configuration = try fixture.configuration(E.Configuration.self)
  let input = Shape(fixture.input.shape.dropFirst())
  let device = Device()
  let store = ParameterStore()
  let context = BuildContext(store: store, device: device, seed: 1)
  let encoder = E(configuration, input: input, context: context.scope("encoder"))
  let mirror = E.mirror(configuration, input: input, context: context.scope("mirror"))
  #expect(store.trainable.map(\.name).sorted() == fixture.parameters.map(\.name).sorted())
  for weight in fixture.parameters {
    let parameter = try #require(store[weight.name])
    try #require(parameter.value.shape == weight.value.shape, "\(weight.name)")
    _ = parameter.value.storage.values.update(fromContentsOf: weight.value.values)
  }
  let pass = ForwardPass.training(device: device, seed: 1, step: 0)
  let x = fixture.input.tensor(device)
  let rebuilt = mirror(encoder(x, pass), pass)
  try #require(rebuilt.shape == fixture.input.shape)
  expectClose(rebuilt.scalars, fixture.rebuilt.values, 1e-5, "rebuilt")
  let loss = rebuilt.meanSquaredError(x)
  #expect(abs(loss.item - fixture.loss) <= 1e-5 * abs(fixture.loss))
  try #require(pass.tape).backward(from: loss)
  for weight in fixture.parameters {
    expectClose(store[weight.name]?.gradient?.scalars, weight.gradient?.values ?? [], 1e-4, weight.name)
  }
}

/// Every shape that an encoder takes comes back from its mirror, in training and in evaluation.
@Suite struct MirrorShapeTests {
  @Test(arguments: 1...4, [(1, 28, 28), (1, 39, 13), (3, 17, 23), (2, 8, 9)])
  func everySizeComesBack(_ pick: Int, _ sizes: (Int, Int, Int)) throws {
    let input = [sizes.0, sizes.1, sizes.2]
    let entry = try Registry.allPlugins().find(.encoder, "conv")
    func check<E: AutoencodableEncoder>(_ type: E.Type) throws {
      for yaml in [["kernel": pick], ["stride": pick], ["pool_size": pick], ["kernel": 3, "padding": pick]] {
        let defaults = try JSONSerialization.jsonObject(with: JSONEncoder().encode(E.Configuration())) as? [String: Any]
        let configuration = try JSONDecoder().decode(
          E.Configuration.self,
          from: JSONSerialization.data(
            withJSONObject: try #require(defaults).merging(yaml) { $1 }.merging(["channels": [3, 2]]) { $1 }))
        var summary = ModelSummary()
        guard ConfiguredEncoder(E.self, configuration).infer(input, &summary) != nil else { continue }
        let device = Device()
        let context = BuildContext(store: ParameterStore(), device: device, seed: 1)
        let encoder = E(configuration, input: input, context: context.scope("encoder"))
        let mirror = E.mirror(configuration, input: input, context: context.scope("mirror"))
        let x = Tensor(repeating: 0.5, shape: [2] + input, device: device)
        for pass in [ForwardPass.training(device: device, seed: 1, step: 0), .evaluation(device: device)] {
          #expect(mirror(encoder(x, pass), pass).shape == x.shape, "\(yaml)")
        }
      }
    }
    let type = try #require(entry.type as? any AutoencodableEncoder.Type)
    try check(type)
  }

  @Test(arguments: ["conv", "lenet"]) func tokensComeBackAsTheFlatImageDoes(_ name: String) throws {
    func rebuilt<E: AutoencodableEncoder>(_ type: E.Type, tokens: Bool) throws -> [Float] {
      var options = try JSONSerialization.jsonObject(with: JSONEncoder().encode(E.Configuration())) as? [String: Any]
      options?["tokens"] = tokens
      options?["blocks"] = 2
      options?["channels"] = name == "conv" ? [3] : 3
      let configuration = try JSONDecoder().decode(
        E.Configuration.self, from: JSONSerialization.data(withJSONObject: try #require(options)))
      let device = Device()
      let context = BuildContext(store: ParameterStore(), device: device, seed: 4)
      let encoder = E(configuration, input: [1, 9, 13], context: context.scope("encoder"))
      let mirror = E.mirror(configuration, input: [1, 9, 13], context: context.scope("mirror"))
      let x = RandomStream(seed: 2).normal([3, 1, 9, 13], device: device)
      let pass = ForwardPass.evaluation(device: device)
      let features = encoder(x, pass)
      #expect(features.shape == (tokens ? [3, 6, 6] : [3, 36]))
      return mirror(features, pass).scalars
    }
    let entry = try Registry.allPlugins().find(.encoder, name)
    let type = try #require(entry.type as? any AutoencodableEncoder.Type)
    #expect(try rebuilt(type, tokens: true) == rebuilt(type, tokens: false))
  }
}
