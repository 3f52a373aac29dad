/// The weights of one layer and direction, laid out as PyTorch's: gates from top to bottom, r, z, n for a GRU and
/// i, f, g, o for an LSTM.
public struct RecurrentWeights {
  let input: (weight: Tensor, bias: Tensor?)
  let hidden: (weight: Tensor, bias: Tensor?)

  /// Weights for inputs of width D and states of width H.
  ///
  /// - Parameters:
  ///   - inputWeight: `weight_ih [gates · H, D]`.
  ///   - hiddenWeight: `weight_hh [gates · H, H]`.
  ///   - inputBias: `bias_ih [gates · H]`.
  ///   - hiddenBias: `bias_hh [gates · H]`.
  public init(inputWeight: Tensor, hiddenWeight: Tensor, inputBias: Tensor? = nil, hiddenBias: Tensor? = nil) {
    (input, hidden) = ((inputWeight, inputBias), (hiddenWeight, hiddenBias))
  }
}

extension Tensor {
  /// A gated recurrent unit over a batch of sequences, as one direction of one layer of `torch.nn.GRU`.
  ///
  /// Shapes: `[N, T, D]` to the states after every step, `[N, T, H]`, and after the last one, `[N, H]`. After a sample's
  /// length the output is 0, as for PyTorch's packed sequences.
  ///
  /// - Parameters:
  ///   - weights: three gates.
  ///   - initial: the state before the first step, `[N, H]`; zeros if not given.
  ///   - lengths: the number of steps of every sample; T if not given. The state of a sample without steps stays as it
  ///     was.
  ///   - isReversed: whether sequences are read from their last step to the first.
  public func gru(
    _ weights: RecurrentWeights, initial: Tensor? = nil, lengths: [Int]? = nil, isReversed: Bool = false
  ) -> (output: Tensor, state: Tensor) {
    let (output, states) = recurrent("gru", GatedRecurrentUnit.self, weights, [initial], lengths, isReversed)
    return (output, states[0])
  }

  /// Long short-term memory over a batch of sequences, as one direction of one layer of `torch.nn.LSTM`.
  ///
  /// Shapes: `[N, T, D]` to the states after every step, `[N, T, H]`, and state and memory after the last one, `[N, H]`
  /// each. For the parameters see ``gru(_:initial:lengths:isReversed:)``; there are four gates.
  public func lstm(
    _ weights: RecurrentWeights, initial: (state: Tensor, memory: Tensor)? = nil, lengths: [Int]? = nil,
    isReversed: Bool = false
  ) -> (output: Tensor, state: Tensor, memory: Tensor) {
    let (output, states) = recurrent(
      "lstm", LongShortTermMemory.self, weights, [initial?.state, initial?.memory], lengths, isReversed)
    return (output, states[0], states[1])
  }

  private func recurrent<Cell: RecurrentCell>(
    _ name: StaticString, _ cell: Cell.Type, _ weights: RecurrentWeights, _ given: [Tensor?], _ lengths: [Int]?,
    _ isReversed: Bool
  ) -> (output: Tensor, states: [Tensor]) {
    let (weight, bias) = weights.hidden
    require(
      rank == 3 && weight.rank == 2 && weight.shape[0] == Cell.gates * weight.shape[1]
        && weights.input.weight.shape == [weight.shape[0], shape[2]],
      "\(name): x has shape \(shape), the weights \(weights.input.weight.shape) and \(weight.shape); expected [N, T, D], "
        + "[\(Cell.gates)·H, D] and [\(Cell.gates)·H, H]")
    let (samples, steps, width) = (shape[0], shape[1], weight.shape[1])
    require(
      bias == nil || bias!.shape == [weight.shape[0]],
      "\(name): the hidden weight has shape \(weight.shape), its bias \(bias?.shape ?? []); expected [\(weight.shape[0])]"
    )
    let lengths = lengths ?? [Int](repeating: steps, count: samples)
    require(
      lengths.count == samples && lengths.allSatisfy { 0...steps ~= $0 },
      "\(name): x has shape \(shape), the lengths are \(lengths); expected \(samples) lengths from 0 to \(steps)")
    let initial = given.map { $0 ?? Tensor(repeating: 0, shape: [samples, width], device: device) }
    for state in initial {
      require(
        state.shape == [samples, width],
        "\(name): x has shape \(shape), an initial state \(state.shape); expected [\(samples), \(width)]")
    }
    let scan = RecurrentScan<Cell>(
      samples: samples, steps: steps, width: width, lengths: lengths, isReversed: isReversed, device: device)
    // All steps of the input's part are one product; the scan is left with what depends on the state before.
    let input = linear(weights.input.weight, bias: weights.input.bias)
    let all = Tensor.states(name, scan, input, initial, weight, bias)
    let output = (Cell.states == 1 ? all : all.sliced(0..<1, axis: 0)).reshaped([samples, steps, width])
    return (output, initial.indices.map { all.lastState($0, scan, initial: initial[$0]) })
  }

  /// The states after every step, `[states, N, T, width]`.
  private static func states<Cell: RecurrentCell>(
    _ name: StaticString, _ scan: RecurrentScan<Cell>, _ input: Tensor, _ initial: [Tensor], _ weight: Tensor,
    _ bias: Tensor?
  ) -> Tensor {
    let (samples, steps, width, device) = (scan.samples, scan.steps, scan.width, scan.device)
    let rows = samples * steps
    func logged() -> Operation {
      .recurrence(
        gates: Cell.gates, width: width, isReversed: scan.isReversed,
        lengths: scan.lengths.allSatisfy { $0 == steps } ? nil : scan.lengths)
    }
    guard !device.isAbstract else {
      return noted(
        name, as: logged(), inputs: [input] + initial + [weight] + (bias.map { [$0] } ?? []),
        output: Tensor(abstract: [Cell.states, samples, steps, width], device: device))
    }
    let (w, inputShape, start) = (weight.detached, input.shape, initial.map(\.storage))
    let (states, kept) = (Storage(count: Cell.states * rows * width), Storage(count: rows * Cell.kept * width))
    scan.forward(input: input.storage, initial: start, weight: w.storage, bias: bias?.storage, kept: kept, into: states)

    let output = Tensor(shape: [Cell.states, samples, steps, width], storage: states, device: device)
    return recorded(
      name, as: logged(), inputs: [input] + initial + [weight] + (bias.map { [$0] } ?? []), output: output
    ) { gradient in
      let gates = Cell.gates * width
      let (dInput, dHidden, previous) = (
        Storage(count: rows * gates), Storage(count: rows * gates), Storage(count: rows * width)
      )
      let dInitial = start.map { Storage(count: $0.count) }
      scan.backward(
        gradient: gradient.storage, states: states, initial: start, weight: w.storage, kept: kept, input: dInput,
        hidden: dHidden, previous: previous, initialGradients: dInitial)
      let flowing = MatrixView(dHidden.base, rows, gates)
      let dWeight = Tensor(shape: w.shape, device: device) {
        MatrixView($0.baseAddress!, gates, width)
          .assign(flowing.transposed, times: MatrixView(previous.base, rows, width), on: device)
      }
      var gradients: [Tensor?] = [Tensor(shape: inputShape, storage: dInput, device: device)]
      gradients += dInitial.map { Tensor(shape: [samples, width], storage: $0, device: device) }
      gradients.append(dWeight)
      if bias != nil { gradients.append(flowing.columnSums(on: device)) }
      return gradients
    }
  }

  /// Every sample's state number `index` after its last step.
  private func lastState<Cell: RecurrentCell>(_ index: Int, _ scan: RecurrentScan<Cell>, initial: Tensor) -> Tensor {
    let (whole, device, width) = (shape, device, scan.width)
    let plane = index * scan.samples * scan.steps
    let places = (0..<scan.samples).map { sample in scan.last(sample).map { (plane + $0) * width } }
    let output = Tensor(shape: initial.shape, device: device) { out in
      for (sample, place) in places.enumerated() {
        let source = place.map { storage.base + $0 } ?? initial.storage.base + sample * width
        (out.baseAddress! + sample * width).update(from: source, count: width)
      }
    }
    let steps = (0..<scan.samples).map { sample in scan.last(sample).map { $0 - sample * scan.steps } }
    return Tensor.recorded(
      "lastState", as: .lastState(index: index, last: steps), inputs: [self, initial], output: output
    ) { gradient in
      let parts = [whole, [places.count, width]].map { Tensor(repeating: 0, shape: $0, device: device).storage }
      for (sample, place) in places.enumerated() {
        let target = place.map { parts[0].base + $0 } ?? parts[1].base + sample * width
        target.update(from: gradient.storage.base + sample * width, count: width)
      }
      return [
        Tensor(shape: whole, storage: parts[0], device: device),
        Tensor(shape: [places.count, width], storage: parts[1], device: device),
      ]
    }
  }
}
