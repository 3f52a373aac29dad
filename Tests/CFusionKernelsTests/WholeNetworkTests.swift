import Foundation
import NeuralLayers
import TensorEngine
import Testing

/// The loss and the gradients of a whole pipeline as PyTorch computes them in double precision; see
/// `Tests/Fixtures/whole_network/make_whole_network.py`.
struct WholeNetwork: Decodable {
  struct Row: Decodable {
    let name: String
    let shape: Shape
    let scale: Double
    /// The largest absolute value of the gradient.
    let largest: Float
    /// Some elements, then sums with signs.
    let numbers: [Float]
    /// What each number may change by where a near-tie of pooling or ReLU goes the other way.
    let allowances: [Float]
  }
  let image_seed, audio_seed, batch, near_ties, signed: Int
  let loss: Float
  let parameters: [Row]

  static func load() throws -> WholeNetwork {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/whole_network")
    return try JSONDecoder().decode(Self.self, from: Data(contentsOf: folder.appending(path: "whole_network.json")))
  }
}

@Suite struct WholeNetworkTests {
  private func lenet(_ blocks: Int) -> [ConvolutionBlock] {
    (0..<blocks).map {
      ConvolutionBlock(
        channels: 6 << $0, kernel: $0 == 0 ? 5 : 3, bias: false, normalise: true, activation: .relu,
        pool: .max(2, stride: 2))
    }
  }

  @Test(arguments: InstructionSet.available)
  func theGradientsOfAPipelineAreThoseOfDoublePrecision(_ instructions: InstructionSet) throws {
    let network = try WholeNetwork.load()
    #expect(network.near_ties < 20)
    let device = Device(threads: 2)
    let store = ParameterStore()
    let context = BuildContext(store: store, device: device, seed: 1)
    let image = ConvolutionStack(
      lenet(4), input: [1, 28, 28], context: context.scope("image"), instructions: instructions)
    let audio = ConvolutionStack(
      lenet(6), input: [1, 112, 112], context: context.scope("audio"), instructions: instructions)
    let head = MultilayerPerceptron(inputs: 240, hidden: [100], outputs: 10, context: context.scope("head"))
    for (index, row) in network.parameters.enumerated() {
      let parameter = try #require(store[row.name], "no parameter \(row.name)")
      #expect(parameter.value.shape == row.shape)
      let values = numbers(seed: index + 10, count: row.shape.elementCount, scale: Float(row.scale))
      _ = parameter.value.storage.values.update(fromContentsOf: values)
    }
    #expect(store.trainable.count == network.parameters.count)

    let pass = ForwardPass.training(device: device, seed: 1, step: 0)
    func features(_ stack: ConvolutionStack, _ size: Int, seed: Int) -> Tensor {
      let values = numbers(seed: seed, count: network.batch * size * size, scale: 2)
      return stack(Tensor(values, shape: [network.batch, 1, size, size], device: device), pass).flattened(from: 1)
    }
    let joined = Tensor.concatenated(
      [features(image, 28, seed: network.image_seed), features(audio, 112, seed: network.audio_seed)], axis: 1)
    let loss = head(joined, pass).crossEntropy((0..<network.batch).map { $0 % 10 })
    #expect(abs(loss.scalars[0] - network.loss) < 1e-5 * network.loss)
    try #require(pass.tape).backward(from: loss)

    for (index, row) in network.parameters.enumerated() {
      let gradient = try #require(store[row.name]?.gradient?.scalars, "no gradient of \(row.name)")
      let sampled = stride(from: 0, to: gradient.count, by: max(1, gradient.count / 24)).map { gradient[$0] }
      let signedSums = (0..<network.signed).map { sum in
        let signs = numbers(seed: 5000 + 100 * index + sum, count: gradient.count, scale: 1)
        return Float(zip(signs, gradient).reduce(0.0) { $0 + ($1.0 > 0 ? 1 : $1.0 < 0 ? -1 : 0) * Double($1.1) })
      }
      let got = sampled + signedSums
      #expect(got.count == row.numbers.count)
      for (place, (got, expected)) in zip(got, row.numbers).enumerated() {
        let scale = max(row.largest, abs(expected))
        #expect(
          abs(got - expected) <= 1e-4 * scale + row.allowances[place],
          "\(instructions), \(row.name), number \(place): \(got), expected \(expected)")
      }
    }
  }
}
