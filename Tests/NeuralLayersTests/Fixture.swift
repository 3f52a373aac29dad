import Foundation
import NeuralLayers
import TensorEngine

/// Reads `Tests/Fixtures/layers/NAME.json`, made by `make_layers.py` with PyTorch.
func fixture<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Fixtures/layers/\(name).json")
  return try JSONDecoder().decode(type, from: Data(contentsOf: file))
}

/// The largest difference, relative to the larger of the expected value and `scale`.
func error(_ values: [Float], _ expected: [Double], scale: Double) -> Double {
  guard values.count == expected.count else { return .infinity }
  return zip(values, expected).map { value, expected in
    Double(value) == expected ? 0 : abs(Double(value) - expected) / max(abs(expected), scale)
  }.reduce(0) { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }
}

/// A parameter with values and a gradient.
func parameter(_ name: String, _ values: [Float], gradient: [Float]? = nil, device: Device = Device()) -> Parameter {
  let parameter = Parameter(
    name: name, role: .weight, value: Tensor(values, shape: [values.count], device: device))
  parameter.gradient = gradient.map { Tensor($0, shape: [$0.count], device: device) }
  return parameter
}

/// Many values between -1 and 1.
func noise(_ count: Int, seed: UInt64) -> [Float] {
  Initializer.uniform(lower: -1, upper: 1)
    .tensor(shape: [count], random: RandomStream(seed: seed), device: Device()).scalars
}
