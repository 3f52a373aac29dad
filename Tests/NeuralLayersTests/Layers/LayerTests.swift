import NeuralLayers
import TensorEngine
import Testing

private struct Case: Decodable {
  let name: String
  let input: [Float]
  let seed: [Float]
  let output: [Double]
  let inputGradient: [Double]
  let parameters: [[Float]]
  let gradients: [[Double]]
}

@Test func layersEqualPyTorchs() throws {
  for c in try fixture("layers", as: [Case].self) {
    let device = Device()
    let store = ParameterStore()
    let context = BuildContext(store: store, device: device, seed: 1).scope("head")
    let layer: (Tensor, ForwardPass) -> Tensor
    switch c.name {
    case "linear": layer = Linear(inputs: 5, outputs: 3, context: context).callAsFunction
    case "linearWithoutBias": layer = Linear(inputs: 5, outputs: 3, bias: false, context: context).callAsFunction
    default: layer = MultilayerPerceptron(inputs: 5, hidden: [7, 4], outputs: 3, context: context).callAsFunction
    }
    #expect(store.parameters.count == c.parameters.count)
    for (parameter, values) in zip(store.parameters, c.parameters) {
      #expect(parameter.value.count == values.count)
      _ = parameter.value.storage.values.update(fromContentsOf: values)
    }
    let pass = ForwardPass.training(device: device, seed: 0, step: 0)
    var inputGradient: [Float] = []
    let x = pass.tape!.watch(Tensor(c.input, shape: [4, 5], device: device)) { inputGradient = $0.scalars }
    let output = layer(x, pass)
    pass.tape!.backward(from: output, seed: Tensor(c.seed, shape: [4, 3], device: device))
    #expect(error(output.scalars, c.output, scale: 0.1) < 2e-6, "\(c.name)")
    #expect(error(inputGradient, c.inputGradient, scale: 0.1) < 2e-6, "\(c.name)")
    for (parameter, gradient) in zip(store.parameters, c.gradients) {
      #expect(error(parameter.gradient!.scalars, gradient, scale: 0.1) < 2e-6, "\(c.name) \(parameter.name)")
    }
  }
}

@Test func layersMakeWhatTheirNamesSay() {
  for (hidden, names) in [([], ["layers.0"]), ([7, 4], ["layers.0", "layers.1", "layers.2"])] as [([Int], [String])] {
    let store = ParameterStore()
    let context = BuildContext(store: store, device: Device(), seed: 1)
    _ = MultilayerPerceptron(inputs: 5, hidden: hidden, outputs: 3, context: context)
    #expect(store.parameters.map { $0.name } == names.flatMap { ["\($0).weight", "\($0).bias"] })
    #expect(store.weightCount == (hidden.isEmpty ? 6 * 3 : 6 * 7 + 8 * 4 + 5 * 3))
  }
}

@Test func dropoutActsInTrainingAloneAndDiffersByStep() {
  let device = Device()
  let context = BuildContext(store: ParameterStore(), device: device, seed: 1)
  let model = MultilayerPerceptron(inputs: 5, hidden: [50], outputs: 3, dropout: 0.5, context: context)
  let x = Tensor(repeating: 1, shape: [4, 5], device: device)
  func output(_ pass: ForwardPass) -> [Float] { model(x, pass).scalars }
  let evaluated = output(.evaluation(device: device))
  #expect(evaluated == output(.evaluation(device: device)))
  #expect(Array(evaluated[..<3]) == Array(evaluated[3..<6]))
  let trained = output(.training(device: device, seed: 1, step: 0))
  #expect(trained == output(.training(device: device, seed: 1, step: 0)))
  #expect(trained != output(.training(device: device, seed: 1, step: 1)))
  #expect(trained != evaluated)
}

@Test func everyActivationIsPyTorchsOfThatName() throws {
  struct Fixture: Decodable {
    let input: [Float]
    let outputs: [String: [Double]]
  }
  let f = try fixture("activations", as: Fixture.self)
  #expect(Set(Activation.allCases.map { $0.rawValue }) == Set(f.outputs.keys))
  for activation in Activation.allCases {
    let output = activation(Tensor(f.input, shape: [f.input.count], device: Device()))
    #expect(error(output.scalars, f.outputs[activation.rawValue] ?? [], scale: 1e-3) < 2e-6, "\(activation)")
  }
}
