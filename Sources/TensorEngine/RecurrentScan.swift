/// A recurrent cell carried along the steps of a batch of sequences, forwards and backwards.
///
/// Samples do not meet, so each of a few runs of samples goes through all steps by itself: threads wait for each other
/// once, not once a step. All sequences start at step 0; a sample whose length is reached keeps its states.
struct RecurrentScan<Cell: RecurrentCell> {
  let samples: Int
  let steps: Int
  let width: Int
  let lengths: [Int]
  let isReversed: Bool
  let device: Device

  private var gateWidth: Int { Cell.gates * width }

  /// Where in its sequence a sample is after `step` steps.
  private func time(_ sample: Int, _ step: Int) -> Int {
    sample * steps + (isReversed ? lengths[sample] - 1 - step : step)
  }

  /// The place of a sample's last state among all steps; nil for a sequence without steps.
  func last(_ sample: Int) -> Int? { lengths[sample] == 0 ? nil : time(sample, lengths[sample] - 1) }

  /// Writes the states after every step, `[states, N, T, width]`, zeros where a sequence is over.
  func forward(
    input: Storage, initial: [Storage], weight: Storage, bias: Storage?, kept: Storage, into states: Storage
  ) {
    let plane = samples * steps * width
    forEachRun { run in
      let count = run.count
      withScratch(count * (gateWidth + Cell.states * width)) { scratch in
        let hidden = MatrixView(scratch, count, gateWidth)
        let carried = (0..<Cell.states).map { scratch + count * (gateWidth + $0 * width) }
        for (state, first) in zip(carried, initial) {
          state.update(from: first.base + run.lowerBound * width, count: count * width)
        }
        for step in 0..<longest(run) {
          if let bias { for i in 0..<count { (scratch + i * gateWidth).update(from: bias.base, count: gateWidth) } }
          hidden.assign(
            MatrixView(carried[0], count, width), times: MatrixView(weight.base, gateWidth, width).transposed,
            keep: bias == nil ? 0 : 1)
          for (i, sample) in run.enumerated() where step < lengths[sample] {
            let place = time(sample, step)
            let own = carried.map { $0 + i * width }
            Cell.step(
              width, input: input.base + place * gateWidth, hidden: scratch + i * gateWidth,
              kept: kept.base + place * Cell.kept * width, states: own)
            for (index, state) in own.enumerated() {
              (states.base + index * plane + place * width).update(from: state, count: width)
            }
          }
        }
        for sample in run {
          for index in 0..<Cell.states {
            let end = states.base + index * plane + (sample * steps + lengths[sample]) * width
            end.update(repeating: 0, count: (steps - lengths[sample]) * width)
          }
        }
      }
    }
  }

  /// Gradients of the gates' inputs `[N, T, gates · width]`, from x and from h, and of the initial states. `previous`
  /// gets the hidden state before every step, which the weight's gradient needs.
  func backward(
    gradient: Storage, states: Storage, initial: [Storage], weight: Storage, kept: Storage, input: Storage,
    hidden: Storage, previous: Storage, initialGradients: [Storage]
  ) {
    let plane = samples * steps * width
    forEachRun { run in
      let count = run.count
      withScratch(count * gateWidth) { flowing in
        let carried = initialGradients.map { $0.base + run.lowerBound * width }
        for state in carried { state.update(repeating: 0, count: count * width) }
        for step in (0..<longest(run)).reversed() {
          for (i, sample) in run.enumerated() {
            guard step < lengths[sample] else {
              (flowing + i * gateWidth).update(repeating: 0, count: gateWidth)
              continue
            }
            let place = time(sample, step)
            let own = carried.map { $0 + i * width }
            let before = (0..<Cell.states).map { index in
              step == 0
                ? initial[index].base + sample * width
                : states.base + index * plane + time(sample, step - 1) * width
            }
            for (index, state) in own.enumerated() {
              let above = gradient.base + index * plane + place * width
              for u in 0..<width { state[u] += above[u] }
            }
            let gates = hidden.base + place * gateWidth
            Cell.stepBack(
              width, kept: kept.base + place * Cell.kept * width, before: before, states: own,
              input: input.base + place * gateWidth, hidden: gates)
            (flowing + i * gateWidth).update(from: gates, count: gateWidth)
            (previous.base + place * width).update(from: before[0], count: width)
          }
          MatrixView(carried[0], count, width).assign(
            MatrixView(flowing, count, gateWidth), times: MatrixView(weight.base, gateWidth, width), keep: 1)
        }
        for sample in run {
          let (over, rest) = (sample * steps + lengths[sample], steps - lengths[sample])
          (input.base + over * gateWidth).update(repeating: 0, count: rest * gateWidth)
          (hidden.base + over * gateWidth).update(repeating: 0, count: rest * gateWidth)
          (previous.base + over * width).update(repeating: 0, count: rest * width)
        }
      }
    }
  }

  private func longest(_ run: Range<Int>) -> Int { run.map { lengths[$0] }.max() ?? 0 }

  /// Runs of about ten samples: fewer, and the products would spend their time fetching the weights.
  private func forEachRun(_ body: (Range<Int>) -> Void) {
    let runs = max(1, samples / 10)
    device.parallel(units: runs) { body($0 * samples / runs..<($0 + 1) * samples / runs) }
  }

  private func withScratch(_ count: Int, _ body: (Row) -> Void) {
    let scratch = Row.allocate(capacity: max(1, count))
    defer { scratch.deallocate() }
    body(scratch)
  }
}
