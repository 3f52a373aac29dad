import Foundation
import NeuralLayers
import TensorEngine
import Testing

private struct StoredArray: Decodable {
  let shape: Shape
  let values: [Float]
}

/// A layer of PyTorch with its `state_dict`; see `Tests/Fixtures/neural/make_neural.py`.
private struct Module: Decodable {
  let name: String
  let x: StoredArray
  let outputs: [String: StoredArray]
  let parameters: [String: StoredArray]
}

private typealias Layer = (Tensor, ForwardPass) -> [String: Tensor]

private func layer(_ name: String, _ context: BuildContext) -> Layer {
  switch name {
  case "gru":
    let gru = GRU(inputs: 6, hidden: 5, layers: 2, isBidirectional: true, context: context)
    return { x, pass in
      let result = gru(x, pass)
      return ["output": result.output, "state": result.state]
    }
  case "lstm":
    let lstm = LSTM(inputs: 6, hidden: 3, layers: 2, isBidirectional: true, context: context)
    return { x, pass in
      let result = lstm(x, pass)
      return ["output": result.output, "state": result.state]
    }
  case "attention":
    let attention = MultiHeadAttention(width: 6, heads: 3, context: context)
    return { ["output": attention($0, $1)] }
  case "conv1d":
    let convolution = Conv1D(inputs: 4, outputs: 3, kernel: 3, stride: 2, padding: 1, context: context)
    return { ["output": convolution($0, $1)] }
  case "conv2d":
    let convolution = Conv2D(inputs: 2, outputs: 3, kernel: 3, padding: 1, context: context)
    return { ["output": convolution($0, $1)] }
  case "layer norm":
    let norm = LayerNorm(width: 6, context: context)
    return { ["output": norm($0, $1)] }
  default:
    let norm = BatchNorm(channels: 4, context: context)
    return { ["output": norm($0, $1)] }
  }
}

@Test func layersWithPyTorchsParametersGivePyTorchsOutputs() throws {
  let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/neural/layers.json")
  for module in try JSONDecoder().decode([Module].self, from: Data(contentsOf: file)) {
    let device = Device()
    let x = Tensor(module.x.values, shape: module.x.shape, device: device)
    let store = ParameterStore()
    let layer = layer(module.name, BuildContext(store: store, device: device, seed: 1))
    let shapes = Dictionary(uniqueKeysWithValues: store.parameters.map { ($0.name, $0.value.shape) })
    #expect(shapes == module.parameters.mapValues { $0.shape }, "\(module.name)")
    for parameter in store.parameters {
      _ = parameter.value.storage.values.update(fromContentsOf: module.parameters[parameter.name]?.values ?? [])
    }
    let outputs = layer(x, .evaluation(device: device))
    for (name, expected) in module.outputs {
      #expect(outputs[name]?.shape == expected.shape, "\(module.name)")
      #expect(error(outputs[name]?.scalars ?? [], expected.values.map(Double.init), scale: 1) < 1e-5, "\(module.name)")
    }
  }
}

@Test func batchNormMovesItsRunningStatisticsInTrainingOnly() {
  let device = Device()
  let store = ParameterStore()
  let norm = BatchNorm(channels: 1, context: BuildContext(store: store, device: device, seed: 1))
  let x = Tensor([1, 3], shape: [2, 1], device: device)
  _ = norm(x, .evaluation(device: device))
  #expect(store["running_mean"]?.value.item == 0 && store["running_var"]?.value.item == 1)
  _ = norm(x, .training(device: device, seed: 1, step: 0))
  #expect(store["running_mean"]?.value.item == 0.2)  // 0.9 · 0 + 0.1 · 2
  #expect(abs(store["running_var"]!.value.item - 1.1) < 1e-6)  // 0.9 · 1 + 0.1 · 2, the unbiased variance
}

@Test func sequenceLayersStartAsPyTorchsDo() {
  let store = ParameterStore()
  let context = BuildContext(store: store, device: Device(), seed: 4)
  _ = GRU(inputs: 100, hidden: 25, context: context)
  _ = MultiHeadAttention(width: 30, heads: 2, context: context)
  _ = Embedding(entries: 50, width: 40, padding: 3, context: context.scope("table"))
  func largest(_ name: String) -> Float { store[name]!.value.scalars.map { abs($0) }.max()! }
  for name in ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"] {
    #expect(largest(name) <= 0.2 && largest(name) > 0.17, "\(name)")  // 1 / √25
  }
  let bound = (6.0 / Float(30 + 90)).squareRoot()
  #expect(largest("in_proj_weight") <= bound && largest("in_proj_weight") > 0.95 * bound)
  #expect(largest("in_proj_bias") == 0 && largest("out_proj.bias") == 0)
  let table = store["table.weight"]!.value.scalars
  #expect(Set(table[120..<160]) == [0] && !table[..<120].contains(0) && table.max()! > 2)
}

@Test func dropoutLayersDropInTrainingOnlyAndDifferByName() {
  let device = Device()
  let context = BuildContext(store: ParameterStore(), device: device, seed: 1)
  let (a, b) = (Dropout(0.5, context: context.scope("a")), Dropout(0.5, context: context.scope("b")))
  let x = Tensor(repeating: 1, shape: [64], device: device)
  let pass = ForwardPass.training(device: device, seed: 1, step: 0)
  #expect(a(x, .evaluation(device: device)).scalars == x.scalars)
  #expect(Set(a(x, pass).scalars) == [0, 2])
  #expect(a(x, pass).scalars != b(x, pass).scalars)
  #expect(a(x, pass).scalars != a(x, .training(device: device, seed: 1, step: 1)).scalars)
}
