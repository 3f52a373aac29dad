import Foundation
import TensorEngine
import Testing

/// What PyTorch computed for one call of an operation; `Tests/Fixtures/tensors/make_tensors.py` wrote it.
struct Fixture: Decodable {
  struct Array: Decodable {
    let shape: Shape
    let values: [Float]
    func tensor(on device: Device) -> Tensor { Tensor(values, shape: shape, device: device) }
  }
  let inputs: [Array]
  let output: Array
  /// The gradient of the output that was sent back.
  let gradient: Array
  /// The gradients of the inputs; nil where there is none.
  let gradients: [Array?]

  static let all: [String: Fixture] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/tensors/tensors.json")
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try! decoder.decode([String: Fixture].self, from: Data(contentsOf: file))
  }()
}

/// An operation applied to the inputs of a fixture of the same name.
struct OperationCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// Whether it has a derivative that central differences can find: false where the inputs lie on a kink or a tie.
  let isSmooth: Bool
  let apply: @Sendable ([Tensor]) -> Tensor
  var testDescription: String { name }

  init(_ name: String, smooth: Bool = true, _ apply: @escaping @Sendable ([Tensor]) -> Tensor) {
    self.name = name
    isSmooth = smooth
    self.apply = apply
  }
}

/// The output and the gradients of the inputs when `gradient` is sent back.
func gradients(_ inputs: [Tensor], seed: Tensor, of function: ([Tensor]) -> Tensor) -> (Tensor, [Tensor?]) {
  let tape = Tape()
  var received = [Tensor?](repeating: nil, count: inputs.count)
  let output = function(inputs.enumerated().map { index, input in tape.watch(input) { received[index] = $0 } })
  tape.backward(from: output, seed: seed)
  return (output, received)
}

/// Expects values within `tolerance` of the expected ones, relative to the larger of 1 and the expected value.
func expectClose(
  _ actual: [Float], _ expected: [Float], tolerance: Float, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, "\(what)", sourceLocation: sourceLocation)
  for (index, (a, e)) in zip(actual, expected).enumerated() where a != e && !(a.isNaN && e.isNaN) {
    // Written so that a NaN on one side fails.
    let close = abs(a - e) <= tolerance * max(1, abs(e))
    #expect(close, "\(what) [\(index)]: \(a), expected \(e)", sourceLocation: sourceLocation)
  }
}

/// Expects the gradients of Σ seed·function(inputs) to match (f(x + h) - f(x - h)) / 2h for every value of every input.
func expectGradientsMatchCentralDifferences(
  _ inputs: [Tensor], seed: Tensor, step: Float = 1e-2, tolerance: Float = 5e-3, of function: ([Tensor]) -> Tensor,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let (_, analytic) = gradients(inputs, seed: seed, of: function)
  func objective(_ inputs: [Tensor]) -> Double {
    zip(function(inputs).scalars, seed.scalars).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }
  for (index, input) in inputs.enumerated() {
    let numeric = (0..<input.count).map { place in
      var (above, below) = (inputs, inputs)
      var values = input.scalars
      let (high, low) = (values[place] + step, values[place] - step)
      values[place] = high
      above[index] = Tensor(values, shape: input.shape, device: input.device)
      values[place] = low
      below[index] = Tensor(values, shape: input.shape, device: input.device)
      return Float((objective(above) - objective(below)) / Double(high - low))
    }
    expectClose(
      analytic[index]?.scalars ?? [Float](repeating: 0, count: input.count), numeric, tolerance: tolerance,
      "gradient of input \(index)", sourceLocation: sourceLocation)
  }
}
