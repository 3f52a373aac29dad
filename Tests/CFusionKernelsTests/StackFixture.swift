import Foundation
import NeuralLayers
import TensorEngine
import Testing

/// A stack of convolution blocks with what PyTorch computed for it; see
/// `Tests/Fixtures/convolution_stack/make_convolution_stack.py`, which draws the same numbers.
struct StackFixture: Decodable, CustomTestStringConvertible {
  struct Block: Decodable {
    let channels, kernel, stride, padding, size, pool_stride: Int
    let bias, normalise: Bool
    let activation, pool: String
  }
  struct Result: Decodable {
    let output_shape: Shape
    let output, input_gradient: [Float]
    let gradients, buffers: [[Float]]
  }
  let name: String
  let shape: Shape
  let blocks: [Block]
  let ties: Bool
  let training, evaluation: Result

  var testDescription: String { name }

  static let all: [StackFixture] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/convolution_stack")
    let data = try! Data(contentsOf: folder.appending(path: "convolution_stack.json"))
    return try! JSONDecoder().decode([StackFixture].self, from: data)
  }()

  var stackBlocks: [ConvolutionBlock] {
    blocks.map {
      ConvolutionBlock(
        channels: $0.channels, kernel: $0.kernel, stride: $0.stride, padding: $0.padding, bias: $0.bias,
        normalise: $0.normalise, activation: .init(rawValue: $0.activation)!,
        pool: $0.pool == "max"
          ? .max($0.size, stride: $0.pool_stride)
          : $0.pool == "average" ? .average($0.size, stride: $0.pool_stride) : .none)
    }
  }
}

/// Pseudo-random numbers, the same as in the fixtures' script.
func numbers(seed: Int, count: Int, scale: Float) -> [Float] {
  var x = seed
  return (0..<count).map { _ in
    x = (1_103_515_245 * x + 12345) % (1 << 31)
    return Float(Double((x >> 16) % 2001 - 1000) / 1000) * scale
  }
}

/// Everything that one pass gives.
struct PassResult: Equatable {
  var output: Tensor
  var inputGradient: [Float] = []
  var gradients: [[Float]] = []
  var buffers: [[Float]] = []

  static func == (a: PassResult, b: PassResult) -> Bool {
    a.output.scalars.map(\.bitPattern) == b.output.scalars.map(\.bitPattern) && a.inputGradient == b.inputGradient
      && a.gradients == b.gradients && a.buffers == b.buffers
  }
}

/// Runs a fixture's stack with the numbers of its script.
func run(
  _ fixture: StackFixture, mode: ForwardPass.Mode, instructions: InstructionSet? = nil, threads: Int = 2,
  inputGradient: Bool = true, tape: Tape? = Tape()
) -> PassResult {
  let device = Device(threads: threads)
  let store = ParameterStore()
  let stack = ConvolutionStack(
    fixture.stackBlocks, input: Array(fixture.shape.dropFirst()),
    context: BuildContext(store: store, device: device, seed: 1), instructions: instructions)
  var seed = 1
  func draw(_ shape: Shape, _ scale: Double) -> Tensor {
    seed += 1
    return Tensor(numbers(seed: seed, count: shape.elementCount, scale: Float(scale)), shape: shape, device: device)
  }
  var x = draw(fixture.shape, 2)
  if fixture.ties {
    let (rows, columns) = (fixture.shape[2], fixture.shape[3])
    for i in 0..<x.count where (3..<11).contains(i / columns % rows) { x.storage.base[i] = 0.5 }
  }
  for parameter in store.parameters {
    let shape = parameter.value.shape
    let isNorm = parameter.name.hasPrefix("norms")
    let value: Tensor
    if parameter.name.hasSuffix("running_mean") {
      value = draw(shape, 0.3)
    } else if parameter.name.hasSuffix("running_var") {
      value = draw(shape, 0.3)
      for i in 0..<value.count { value.storage.base[i] += 1 }
    } else if parameter.name.hasSuffix("weight") {
      value = draw(shape, isNorm ? 1.5 : 2 / Double(shape.dropFirst().reduce(1, *)).squareRoot())
    } else {
      value = draw(shape, 0.5)
    }
    _ = parameter.value.storage.values.update(fromContentsOf: value.scalars)
  }

  let pass = ForwardPass(mode: mode, tape: tape, device: device, seed: 1, step: 0)
  var result = PassResult(output: x)
  var received: Tensor?
  if inputGradient, let tape { x = tape.watch(x) { received = $0 } }
  let output = stack(x, pass)
  result.output = output.detached
  tape?.backward(from: output, seed: draw(output.shape, 1))
  result.inputGradient = received?.scalars ?? []
  result.gradients = store.trainable.map { $0.gradient?.scalars ?? [] }
  result.buffers = store.parameters.filter { $0.role == .buffer }.map { $0.value.scalars }
  return result
}

/// Checks values against expected ones, within a part of the largest.
func expectClose(
  _ values: [Float], _ expected: [Float], _ what: String, within bound: Float = 2e-5,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard values.count == expected.count else {
    Issue.record("\(what): \(values.count) values, expected \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  let scale = max(expected.map(abs).max() ?? 0, 1e-3)
  let errors = zip(values, expected).map { abs($0 - $1) / scale }
  let worst = errors.indices.max { errors[$0] < errors[$1] } ?? 0
  let error = errors.isEmpty ? 0 : errors[worst]
  if !(error <= bound) || values.contains(where: { !$0.isFinite }) {
    Issue.record(
      "\(what) [\(worst)]: \(values[worst]), expected \(expected[worst]), relative error \(error)",
      sourceLocation: sourceLocation)
  }
}
