import FusionCore

/// A specimen with its parameters made, and ways to run it.
final class BuiltComponent {
  let specimen: Specimen
  let store = ParameterStore()
  let device: Device
  /// How many parameters were made while it was built, in its store or elsewhere.
  let parametersMade: Int
  private let forward: Specimen.Forward
  private let seed: UInt64

  init(_ specimen: Specimen, seed: UInt64, device: Device = Device()) {
    self.specimen = specimen
    self.device = device
    self.seed = seed
    let before = Parameter.madeOnThisThread
    forward = specimen.make(BuildContext(store: store, device: device, seed: seed))
    parametersMade = Parameter.madeOnThisThread - before
  }

  /// Where another instance makes the same parameters again, in a store of its own.
  var context: BuildContext { BuildContext(store: ParameterStore(), device: device, seed: seed) }

  /// Normal inputs, `[batch, …]` each; another `draw` gives others.
  func inputs(batch: Int, draw: Int = 0) -> [Tensor] {
    let random = RandomStream(seed: seed).derived("conformance.inputs").derived(draw)
    return specimen.inputs.enumerated().map { index, input in
      random.derived(index).normal([batch] + input.shape, device: device)
    }
  }

  /// The output in evaluation.
  func evaluate(_ inputs: [Tensor]) -> Tensor { forward(inputs, .evaluation(device: device)) }

  /// The output of one pass in training mode; the same `step` gives the same random numbers.
  func train(_ inputs: [Tensor], step: Int = 0) -> Tensor {
    forward(inputs, ForwardPass(mode: .training, tape: nil, device: device, seed: seed, step: step))
  }

  /// Gradients of the inputs; nil where none was received.
  struct Gradients {
    let output: Tensor
    let inputs: [Tensor?]
  }

  /// Forward and backward in training mode, from the gradient `weights` of the output; the parameters receive theirs.
  ///
  /// - Parameter first: the gradient of the output in a backward pass before that one, of which nothing is kept; nil: there
  ///   is none.
  @discardableResult
  func backward(_ inputs: [Tensor], weights: Tensor? = nil, step: Int = 0, after first: Tensor? = nil) -> Gradients {
    let tape = Tape()
    let pass = ForwardPass(mode: .training, tape: tape, device: device, seed: seed, step: step)
    var received = [Tensor?](repeating: nil, count: inputs.count)
    let watched = inputs.enumerated().map { index, input in
      tape.watch(input) { part in received[index] = received[index].map { $0 + part } ?? part }
    }
    let output = forward(watched, pass)
    // A seed of the wrong shape would stop the program; SHP-1 tells of the shape.
    let fits = weights.map { $0.shape == output.shape } ?? true
    if let first, first.shape == output.shape {
      tape.backward(from: output, seed: first, retainGraph: true)
      store.clearGradients()
      for index in received.indices { received[index] = nil }
    }
    tape.backward(from: output, seed: fits ? weights : nil)
    return Gradients(output: output.detached, inputs: received)
  }

  /// Runs the component inside of a larger pass.
  func callAsFunction(_ inputs: [Tensor], _ pass: ForwardPass) -> Tensor { forward(inputs, pass) }

  /// Normal numbers to weigh an output with.
  func outputWeights(_ shape: Shape) -> Tensor {
    RandomStream(seed: seed).derived("conformance.weights").normal(shape, device: device)
  }

  /// All parameters and buffers by name.
  var values: [String: [Float]] {
    Dictionary(store.parameters.map { ($0.name, $0.value.scalars) }, uniquingKeysWith: { first, _ in first })
  }
}

extension Tensor {
  /// The rows of these indices, in this order.
  func rows(_ indices: [Int]) -> Tensor {
    let width = count / Swift.max(1, shape[0])
    let values = scalars
    return Tensor(
      indices.flatMap { values[$0 * width..<($0 + 1) * width] }, shape: [indices.count] + shape[1...], device: device)
  }
}
