/// A tensor's place on a tape.
struct Trace {
  let tape: Tape
  let slot: Int
}

/// Records operations in the order in which they happen, and plays them back for the gradients.
///
/// A tape serves one forward pass, and one backward pass or several over the same operations. Leaves are watched first; every operation with a tracked input
/// appends one entry that holds its *pullback*: given the gradient of the output, the gradients of the inputs. Playing
/// the entries backwards is reverse-mode differentiation (Wengert 1964; Linnainmaa 1970). Entries are visited in one
/// fixed order, so that sums of gradients always round alike.
public final class Tape {
  /// From the gradient of an operation's output to those of its inputs; nil where none is wanted.
  public typealias Pullback = (_ gradient: Tensor) -> [Tensor?]

  /// A pullback that is told whether it is the last call, so that it can let go of memory, or use it up.
  package typealias ReleasingPullback = (_ gradient: Tensor, _ isLast: Bool) -> [Tensor?]

  private struct Entry {
    let name: StaticString
    let inputs: [Int?]
    let shape: Shape
    let pullback: ReleasingPullback?
    let receive: ((Tensor) -> Void)?
  }
  private var entries: [Entry] = []

  /// An empty tape.
  public init() {}

  /// A tracked tensor with the values of `tensor`; `receive` gets its gradient during the backward pass.
  public func watch(_ tensor: Tensor, receive: @escaping (_ gradient: Tensor) -> Void) -> Tensor {
    append(Entry(name: "leaf", inputs: [], shape: tensor.shape, pullback: nil, receive: receive), for: tensor)
  }

  private func append(_ entry: Entry, for tensor: Tensor) -> Tensor {
    entries.append(entry)
    var tracked = tensor.detached
    tracked.trace = Trace(tape: self, slot: entries.count - 1)
    return tracked
  }

  /// Sends the gradient of `output` to every watched leaf that it depends on, and empties the tape, unless it is retained.
  ///
  /// - Parameters:
  ///   - output: a tensor recorded on this tape, usually the loss, a scalar.
  ///   - seed: the gradient of the output; ones if not given, as for a scalar loss.
  ///   - retainGraph: whether another backward pass over the same operations follows, as in PyTorch: that of another loss.
  ///     Each gives the bits that it would give alone.
  public func backward(from output: Tensor, seed: Tensor? = nil, retainGraph: Bool = false) {
    guard let trace = output.trace else { return }
    require(trace.tape === self, "backward: the tensor was recorded on another tape")
    require(trace.slot < entries.count, "backward: this tape has been played back already")
    var gradients = [Tensor?](repeating: nil, count: trace.slot + 1)
    require(
      seed == nil || seed!.shape == output.shape,
      "backward: a seed of shape \(seed?.shape ?? []) for an output of shape \(output.shape), expected equal shapes")
    gradients[trace.slot] = seed ?? Tensor(repeating: 1, shape: output.shape, device: output.device)
    for slot in stride(from: trace.slot, through: 0, by: -1) {
      guard let gradient = gradients[slot] else { continue }
      gradients[slot] = nil
      let entry = entries[slot]
      entry.receive?(gradient)
      guard let pullback = entry.pullback else { continue }
      let parts = pullback(gradient, !retainGraph)
      require(
        parts.count == entry.inputs.count,
        "\(entry.name): its pullback gave \(parts.count) gradients for \(entry.inputs.count) inputs")
      for (input, part) in zip(entry.inputs, parts) {
        guard let input, let part else { continue }
        require(
          part.shape == entries[input].shape,
          "\(entry.name): its gradient has shape \(part.shape), its input \(entries[input].shape)")
        gradients[input] = gradients[input].map { $0 + part } ?? part
      }
    }
    if !retainGraph { entries = [] }
  }

  fileprivate func record(
    _ name: StaticString, inputs: [Tensor], output: Tensor, pullback: @escaping ReleasingPullback
  ) -> Tensor {
    let slots = inputs.map { input -> Int? in
      guard let trace = input.trace else { return nil }
      require(trace.tape === self, "\(name): its inputs were recorded on different tapes")
      return trace.slot
    }
    return append(Entry(name: name, inputs: slots, shape: output.shape, pullback: pullback, receive: nil), for: output)
  }
}

extension Tensor {
  /// Gives an operation its derivative: the documented way to add one, fused or not.
  ///
  /// Compute the output from the inputs' values, then record it. Where no input is tracked, nothing is recorded and the
  /// pullback is dropped. The pullback sees detached tensors only: what it computes is not recorded again.
  ///
  /// ```swift
  /// func square(_ x: Tensor) -> Tensor {
  ///   let value = x.detached
  ///   return Tensor.recorded("square", inputs: [x], output: value * value) { gradient in [gradient * value * 2] }
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - name: the operation, for messages.
  ///   - inputs: what the output was computed from.
  ///   - output: the result, computed from detached inputs.
  ///   - pullback: given the gradient of the output, one gradient per input, of that input's shape; nil for inputs that
  ///     are not tracked or get none. It must hold on to detached tensors only, and give the same when it is called again:
  ///     several losses may be played back over one forward pass.
  ///   - flops: how many floating-point operations it takes, where its output is computed in a way of its own.
  ///   - expansion: the same written with other operations, for an exported model, where its output is computed in a way of
  ///     its own. An output that is computed from other operations needs neither.
  public static func recorded(
    _ name: StaticString, inputs: [Tensor], output: Tensor, flops: @autoclosure () -> Int = 0,
    expansion: (() -> Tensor)? = nil, pullback: @escaping Tape.Pullback
  ) -> Tensor {
    if let expansion, let log = output.device.log, log.isRecording, !output.device.isAbstract { return expansion() }
    return recorded(name, as: .custom(flops: flops()), inputs: inputs, output: output, pullback: pullback)
  }

  /// The same for an operation of the engine.
  static func recorded(
    _ name: StaticString, as operation: @autoclosure () -> Operation, inputs: [Tensor], output: Tensor,
    pullback: @escaping Tape.Pullback
  ) -> Tensor {
    if let log = output.device.log { note(name, operation(), inputs, output, log) }
    guard let tape = tape(of: inputs) else { return output }
    return tape.record(name, inputs: inputs, output: output.detached, pullback: { gradient, _ in pullback(gradient) })
  }

  /// ``recorded(_:inputs:output:flops:expansion:pullback:)`` for a pullback that lets go of memory in its last call.
  package static func recorded(
    _ name: StaticString, inputs: [Tensor], output: Tensor, releasing pullback: @escaping Tape.ReleasingPullback
  ) -> Tensor {
    guard let tape = tape(of: inputs) else { return output }
    return tape.record(name, inputs: inputs, output: output.detached, pullback: pullback)
  }

  private static func tape(of inputs: [Tensor]) -> Tape? {
    for input in inputs { if let trace = input.trace { return trace.tape } }
    return nil
  }

  /// Writes an operation without a derivative down.
  static func noted(_ name: StaticString, as operation: @autoclosure () -> Operation, inputs: [Tensor], output: Tensor)
    -> Tensor
  {
    if let log = output.device.log { note(name, operation(), inputs, output, log) }
    return output
  }

  private static func note(
    _ name: StaticString, _ operation: Operation, _ inputs: [Tensor], _ output: Tensor, _ log: OperationLog
  ) {
    log.append(name, operation, inputs, output)
    guard output.device.isAbstract, output.storage.isAbstract else { return }
    if inputs.contains(where: { $0.storage.isUnknown }) { output.storage.isUnknown = true }
    if let pass = ShapePass.current, pass.nextIsUnknown {
      output.storage.isUnknown = true
      pass.nextIsUnknown = false
    }
  }
}
