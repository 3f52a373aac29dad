import Foundation
import TensorEngine
import Testing

/// An array of a fixture file.
struct StoredArray: Decodable {
  let shape: Shape
  let values: [Float]
  func tensor(on device: Device) -> Tensor { Tensor(values, shape: shape, device: device) }
}

/// One operation's values and gradients as PyTorch computed them; see `Tests/Fixtures/neural/make_neural.py`.
struct FixtureCase: Decodable, CustomTestStringConvertible {
  let name: String
  let operation: String
  let options: [String: Double]
  let inputs: [String: StoredArray]
  let outputs: [String: StoredArray]
  let weights: [String: StoredArray]
  let gradients: [String: StoredArray]

  var testDescription: String { "\(operation): \(name)" }

  static func load(_ group: String) -> [FixtureCase] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/neural")
    let data = try! Data(contentsOf: folder.appending(path: "\(group).json"))
    return try! JSONDecoder().decode([FixtureCase].self, from: data)
  }
}

/// What an operation is given: tensors by name and the case's options.
struct Arguments {
  let tensors: [String: Tensor]
  let stored: [String: StoredArray]
  let options: [String: Double]
  let device: Device

  subscript(name: String) -> Tensor { tensors[name]! }
  func optional(_ name: String) -> Tensor? { tensors[name] }
  func int(_ name: String, _ standard: Int = 0) -> Int { options[name].map { Int($0) } ?? standard }
  func float(_ name: String, _ standard: Float = 0) -> Float { options[name].map { Float($0) } ?? standard }
  func flag(_ name: String) -> Bool { options[name] == 1 }
  /// The values of an input that stands for whole numbers.
  func ints(_ name: String) -> [Int]? { stored[name].map { $0.values.map { Int($0) } } }
}

typealias Operation = @Sendable (Arguments) -> [String: Tensor]

/// Σ weight · x, recorded: makes one scalar of any output without help from the operations under test.
func weighted(_ x: Tensor, by weight: Tensor) -> Tensor {
  let sum = zip(x.scalars, weight.scalars).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
  return Tensor.recorded(
    "weighted", inputs: [x], output: Tensor([Float(sum)], shape: [], device: x.device)
  ) { gradient in
    [Tensor(weight.scalars.map { $0 * gradient.item }, shape: weight.shape, device: weight.device)]
  }
}

/// Runs an operation on a fixture's inputs, forwards and backwards.
func run(_ operation: Operation, on fixture: FixtureCase, threads: Int) -> (
  outputs: [String: Tensor], gradients: [String: Tensor]
) {
  let device = Device(threads: threads)
  let tape = Tape()
  var gradients: [String: Tensor] = [:]
  let tensors = Dictionary(
    uniqueKeysWithValues: fixture.inputs.map { name, stored in
      let tensor = stored.tensor(on: device)
      guard fixture.gradients[name] != nil else { return (name, tensor) }
      return (name, tape.watch(tensor) { gradients[name] = $0 })
    })
  let outputs = operation(
    Arguments(tensors: tensors, stored: fixture.inputs, options: fixture.options, device: device))
  let losses = fixture.weights.keys.sorted().map { weighted(outputs[$0]!, by: fixture.weights[$0]!.tensor(on: device)) }
  tape.backward(from: losses.dropFirst().reduce(losses[0], +))
  return (outputs, gradients)
}

/// Σ weight · output of a case with one input moved along `direction`, added up in double precision.
func loss(
  _ operation: Operation, of fixture: FixtureCase, moving input: String, along direction: [Float], by step: Float
) -> Double {
  let device = Device()
  var tensors = fixture.inputs.mapValues { $0.tensor(on: device) }
  tensors[input] = Tensor(
    zip(fixture.inputs[input]!.values, direction).map { $0 + step * $1 }, shape: tensors[input]!.shape, device: device)
  let outputs = operation(
    Arguments(tensors: tensors, stored: fixture.inputs, options: fixture.options, device: device))
  return fixture.weights.reduce(0) { sum, weight in
    zip(outputs[weight.key]!.scalars, weight.value.values).reduce(sum) { $0 + Double($1.0) * Double($1.1) }
  }
}

/// Fails where `actual` is further from `expected` than `tolerance`, relative to the largest expected value.
func expectClose(_ actual: Tensor?, _ expected: StoredArray, _ what: String, tolerance: Float = 1e-5) {
  guard let actual else { return #expect(Bool(false), "\(what): nothing there") as Void }
  #expect(actual.shape == expected.shape, "\(what)")
  guard actual.shape == expected.shape else { return }
  let scale = max(1e-3, expected.values.map { abs($0) }.max() ?? 0)
  for (index, (a, e)) in zip(actual.scalars, expected.values).enumerated() {
    guard abs(a - e) <= tolerance * scale else {
      return #expect(Bool(false), "\(what) at \(index): \(a), expected \(e)") as Void
    }
  }
}

/// The shapes of an operation's outputs on a device without values.
func shapes(_ operation: @escaping Operation, of fixture: FixtureCase) -> [String: Shape] {
  let (shapes, pass, bytes) = ShapePass.run {
    let device = Device.abstract(log: OperationLog())
    let tensors = fixture.inputs.mapValues { Tensor.zeros($0.shape, device: device) }
    return operation(
      Arguments(tensors: tensors, stored: fixture.inputs, options: fixture.options, device: device)
    ).mapValues(\.shape)
  }
  #expect(pass.issues.isEmpty, "\(pass.issues)")
  #expect(bytes == 0, "memory was taken for values")
  return shapes ?? [:]
}

/// Everything that holds for every operation: PyTorch's values and gradients, slopes by central differences, the same bits
/// for any number of threads, and the same shapes without values.
func check(_ fixture: FixtureCase, _ operation: @escaping Operation) {
  #expect(shapes(operation, of: fixture) == fixture.outputs.mapValues(\.shape))
  let one = run(operation, on: fixture, threads: 1)
  for (name, expected) in fixture.outputs { expectClose(one.outputs[name], expected, name) }
  for (name, expected) in fixture.gradients { expectClose(one.gradients[name], expected, "gradient of \(name)") }

  for threads in 2...3 {
    let other = run(operation, on: fixture, threads: threads)
    for (name, tensor) in one.outputs { #expect(other.outputs[name]?.scalars == tensor.scalars, "\(name)") }
    for (name, tensor) in one.gradients { #expect(other.gradients[name]?.scalars == tensor.scalars, "\(name)") }
  }

  for (name, gradient) in one.gradients {
    // Along the gradient itself the slope is its length: the direction in which a mistake shows most.
    let length = gradient.scalars.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    guard length > 0 else { continue }
    let direction = gradient.scalars.map { Float(Double($0) / length) }
    let step: Float = 1e-3
    let slope =
      (loss(operation, of: fixture, moving: name, along: direction, by: step)
        - loss(operation, of: fixture, moving: name, along: direction, by: -step)) / (2 * Double(step))
    #expect(abs(slope - length) <= 0.01 * length + 1e-3, "slope along the gradient of \(name): \(slope), \(length)")
  }
}
