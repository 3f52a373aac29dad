import TensorEngine

/// One pass of a batch through a model: its mode, its tape, its random numbers.
///
/// Layers read their parameters through the pass, so that in training they are watched by its tape, and in evaluation
/// nothing is recorded:
///
/// ```swift
/// func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor { x.linear(pass[weight], bias: pass[bias]) }
/// ```
public final class ForwardPass {
  /// Whether layers behave as in training (batch statistics, dropout) or as in evaluation.
  public enum Mode: Sendable { case training, evaluation }

  /// Training or evaluation.
  public let mode: Mode
  /// Records the operations; nil where no gradients are wanted.
  public let tape: Tape?
  /// Where constants made during the pass should live.
  public let device: Device
  /// Measures the pass, where one is wanted.
  public var stopwatch: Stopwatch?
  /// The parts of the model that are frozen, by name: they run as in evaluation, and get no gradients.
  public var frozenParts: Set<String> = []
  private let random: RandomStream
  /// Shared with the passes of frozen parts.
  private var named = NamedTensors()
  private var watched: [ObjectIdentifier: Tensor] = [:]

  /// A pass that trains: batch statistics, dropout, gradients.
  ///
  /// - Parameters:
  ///   - step: numbers the passes of a run, so that each has random numbers of its own.
  public static func training(device: Device, seed: UInt64, step: Int) -> ForwardPass {
    ForwardPass(mode: .training, tape: Tape(), device: device, seed: seed, step: step)
  }

  /// A pass that evaluates: running statistics, no dropout, nothing recorded.
  public static func evaluation(device: Device) -> ForwardPass {
    ForwardPass(mode: .evaluation, tape: nil, device: device, seed: 0, step: 0)
  }

  /// A pass with any combination of mode and tape.
  public init(mode: Mode, tape: Tape?, device: Device, seed: UInt64, step: Int) {
    self.mode = mode
    self.tape = tape
    self.device = device
    random = RandomStream(seed: seed).derived("pass").derived(step)
  }

  /// The value of a parameter, watched by the tape if there is one and the parameter is trained.
  public subscript(parameter: Parameter) -> Tensor {
    guard let tape, parameter.isTrainable else { return parameter.value }
    if let known = watched[ObjectIdentifier(parameter)] { return known }
    let tensor = tape.watch(parameter.value) { parameter.receive($0) }
    watched[ObjectIdentifier(parameter)] = tensor
    return tensor
  }

  /// The value of an optional parameter, such as a bias. Disfavoured, so that a parameter that is always there can be
  /// given where a tensor may be missing.
  @_disfavoredOverload
  public subscript(parameter: Parameter?) -> Tensor? { parameter.map { self[$0] } }

  /// The pass that the part of the model called `name` is to take: this one, or, where the part is frozen, one that
  /// evaluates. Gradients still flow through a frozen part to what is trained before it.
  public func part(_ name: String) -> ForwardPass {
    guard mode == .training, frozenParts.contains(name) else { return self }
    let pass = ForwardPass.evaluation(device: device)
    pass.stopwatch = stopwatch
    pass.named = named
    return pass
  }

  /// Names a tensor beside a component's result, for objectives to read: `logits.<modality>`, `weights`, `evidence`. A later
  /// one of the same name takes its place.
  public func sideOutput(_ name: String, _ tensor: Tensor) { named.tensors[name] = tensor }

  /// What the components of the pass named beside their results.
  public var sideOutputs: [String: Tensor] { named.tensors }

  /// Runs a component, measured under `name` where the pass has a stopwatch.
  public func measured(_ name: @autoclosure () -> String, _ component: () -> Tensor) -> Tensor {
    stopwatch.map { $0.measure(name(), component) } ?? component()
  }

  /// Runs a layer; where the pass is written down, it is told of as one, under `name`.
  ///
  /// - Parameters:
  ///   - name: dotted, as the names of its parameters begin.
  ///   - kind: in a few words, for example `linear 240 → 100`.
  ///   - path: what runs it, where that is worth telling.
  public func layer<Result>(
    _ name: @autoclosure () -> String, _ kind: @autoclosure () -> String, path: @autoclosure () -> String? = nil,
    _ body: () -> Result
  ) -> Result {
    guard let log = device.log else { return body() }
    return log.inLayer(OperationLog.Layer(name: name(), kind: kind(), path: path()), body)
  }

  /// The random numbers that the component called `name` may use in this pass.
  public func random(for name: String) -> RandomStream { random.derived(name) }
}

/// Tensors by name, shared by reference.
private final class NamedTensors {
  var tensors: [String: Tensor] = [:]
}
