import AllPlugins
import ConvEncoder
import Foundation
import GRUEncoder
import LSTMEncoder
import SequenceModality
import Testing
import TransformerEncoder

/// Every encoder's values and gradients against PyTorch (Tests/Fixtures/encoders/make_encoders.py).
struct EncoderFixture: Decodable, Sendable, CustomTestStringConvertible {
  struct Input: Decodable, Sendable {
    let value, gradient: FusionFixture.Array
  }

  let name, encoder: String
  let input: Input
  let parameters: [FusionFixture.Weight]
  let output, seed: FusionFixture.Array

  var testDescription: String { "\(encoder), \(name)" }

  private static let file = FixtureFile("encoders/encoders.json")
  static let all = file.cases(EncoderFixture.self)

  func configuration<C: ComponentConfiguration>(_ type: C.Type) throws -> C {
    try Self.file.configuration(type, ofCase: ["name": name, "encoder": encoder])
  }
}

@Test(arguments: EncoderFixture.all) func anEncoderComputesWhatPyTorchDoes(_ fixture: EncoderFixture) throws {
  let entry = try Registry.allPlugins().find(.encoder, fixture.encoder)
  let type = try #require(entry.type as? any Encoder.Type)
  try check(type, fixture)
}

private func check<E: Encoder>(_ type: E.Type, _ fixture: EncoderFixture) throws {
  let configuration = try fixture.configuration(E.Configuration.self)
  let input = Shape(fixture.input.value.shape.dropFirst())
  var summary = ModelSummary()
  let inferred = ConfiguredEncoder(E.self, configuration).infer(input, &summary)
  #expect(summary.problems.isEmpty)
  #expect(inferred == Shape(fixture.output.shape.dropFirst()))
  #expect(summary.layers.last?.output.elementCount == inferred?.elementCount)

  let device = Device()
  let store = ParameterStore()
  let encoder = E(configuration, input: input, context: BuildContext(store: store, device: device, seed: 1))
  #expect(store.trainable.map(\.name).sorted() == fixture.parameters.map(\.name).sorted())
  #expect(summary.parameterCount == store.weightCount)
  for weight in fixture.parameters {
    let parameter = try #require(store[weight.name])
    #expect(parameter.value.shape == weight.value.shape)
    _ = parameter.value.storage.values.update(fromContentsOf: weight.value.values)
  }

  let pass = ForwardPass.training(device: device, seed: 1, step: 0)
  let tape = try #require(pass.tape)
  var received: [Float]?
  let output = encoder(tape.watch(fixture.input.value.tensor(device)) { received = $0.scalars }, pass)
  #expect(output.shape == fixture.output.shape)
  expectClose(output.scalars, fixture.output.values, 1e-5, "output")
  tape.backward(from: output, seed: fixture.seed.tensor(device))
  expectClose(received, fixture.input.gradient.values, 1e-4, "input")
  for weight in fixture.parameters {
    expectClose(store[weight.name]?.gradient?.scalars, weight.gradient?.values ?? [], 1e-4, weight.name)
  }
}

/// What an encoder, or of a modality, says about an input that does not fit.
@Suite struct EncoderProblemTests {
  private func problems<E: Encoder>(_ type: E.Type, _ input: Shape, _ change: (inout E.Configuration) -> Void)
    -> [Problem]
  {
    var configuration = E.Configuration()
    change(&configuration)
    var summary = ModelSummary()
    #expect(ConfiguredEncoder(E.self, configuration).infer(input, &summary) == nil)
    return summary.problems
  }

  @Test func convolutionsBlameTheRightKey() throws {
    let small = try #require(problems(ConvEncoder.self, [1, 6, 6]) { $0.channels = [2, 2, 2] }.first)
    #expect(small.path == ["channels"] && small.message.hasPrefix("block 3: the image has shrunk to 1x1"))
    let counted = try #require(problems(ConvEncoder.self, [1, 6, 6]) { ($0.channels, $0.blocks) = ([2], 3) }.first)
    #expect(counted.path == ["blocks"])
    #expect(problems(ConvEncoder.self, [1, 6, 6]) { $0.blocks = 2 }.map(\.path) == [["blocks"]])
    #expect(problems(ConvEncoder.self, [1, 6, 6]) { $0.channels = [] }.map(\.path) == [["channels"]])
    #expect(problems(ConvEncoder.self, [6, 6]) { _ in }.count == 1)
  }

  @Test func transformersSayWhichPatchesFit() throws {
    let patch = try #require(problems(TransformerEncoder.self, [1, 28, 20]) { $0.patch = 8 }.first)
    #expect(patch.path == ["patch"] && patch.hint == "sizes that do: 1, 2, 4")
    #expect(problems(TransformerEncoder.self, [1, 28, 20]) { _ in }.first?.message.contains("needs 'patch'") == true)
    #expect(problems(TransformerEncoder.self, [39, 13]) { $0.patch = 8 }.map(\.path) == [["patch"]])
    #expect(problems(TransformerEncoder.self, [39, 13]) { $0.heads = 5 }.map(\.path) == [["heads"]])
    #expect(problems(TransformerEncoder.self, [507]) { _ in }.count == 1)
  }

  @Test func recurrentEncodersWantSequences() {
    #expect(problems(GRUEncoder.self, [507]) { _ in }.count == 1)
    #expect(problems(LSTMEncoder.self, [1, 2, 3, 4]) { _ in }.count == 1)
  }
}

/// Stored arrays to `[T, F]`.
@Suite struct SequenceModalityTests {
  private func sequence(
    _ stored: Shape, _ values: [Float], _ change: (inout SequenceModality.Configuration) -> Void
  ) throws -> Tensor {
    var configuration = SequenceModality.Configuration()
    change(&configuration)
    let array = ArrayDescription(sampleShape: stored, elementType: "float32")
    var summary = ModelSummary()
    let shape = try #require(ConfiguredModality(SequenceModality.self, configuration).infer(array, &summary))
    let device = Device()
    let modality = SequenceModality(
      configuration, input: array, context: BuildContext(store: ParameterStore(), device: device, seed: 0))
    let result = modality(Tensor(values, shape: [1] + stored, device: device), .evaluation(device: device))
    #expect(result.shape == [1] + shape)
    return result
  }

  @Test func everyLayoutIsRead() throws {
    let values: [Float] = [0, 1, 2, 3, 4, 5]
    #expect(try sequence([2, 3], values) { _ in }.scalars == values)
    let turned = try sequence([2, 3], values) { $0.time = .last }
    #expect(turned.shape == [1, 3, 2] && turned.scalars == [0, 3, 1, 4, 2, 5])
    #expect(try sequence([6], values) { $0.frames = 3 }.shape == [1, 3, 2])
    let flat = try sequence([6], values) { ($0.frames, $0.time) = (3, .last) }
    #expect(flat.shape == [1, 3, 2] && flat.scalars == [0, 3, 1, 4, 2, 5])
  }

  @Test(arguments: [([6], nil), ([6], 4), ([2, 3], 3), ([1, 2, 3], nil)] as [(Shape, Int?)])
  func whatIsNoSequenceIsSaid(_ stored: Shape, _ frames: Int?) {
    var configuration = SequenceModality.Configuration()
    configuration.frames = frames
    var summary = ModelSummary()
    let array = ArrayDescription(sampleShape: stored, elementType: "float32")
    #expect(ConfiguredModality(SequenceModality.self, configuration).infer(array, &summary) == nil)
    #expect(summary.problems.count == 1)
  }
}
