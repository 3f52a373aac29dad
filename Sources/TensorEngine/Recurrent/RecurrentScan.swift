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
  /// The states of one sample lie side by side while they are carried, h first.
  private var carriedWidth: Int { Cell.states * width }
  /// Where the memory lies behind the hidden state; 0 where there is none.
  private var memory: Int { carriedWidth - width }

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
      withScratch(count * (gateWidth + carriedWidth)) { scratch in
        let hidden = MatrixView(scratch, count, gateWidth)
        let carried = scratch + count * gateWidth
        for (i, sample) in run.enumerated() {
          for (index, first) in initial.enumerated() {
            (carried + i * carriedWidth + index * width).update(from: first.base + sample * width, count: width)
          }
        }
        for step in 0..<longest(run) {
          if let bias { for i in 0..<count { (scratch + i * gateWidth).update(from: bias.base, count: gateWidth) } }
          hidden.assign(
            MatrixView(carried, count, width, pitch: carriedWidth),
            times: MatrixView(weight.base, gateWidth, width).transposed, keep: bias == nil ? 0 : 1, rows: device.rows)
          for (i, sample) in run.enumerated() where step < lengths[sample] {
            let place = time(sample, step)
            let h = carried + i * carriedWidth
            Cell.step(
              device.rows, width, input: input.base + place * gateWidth, hidden: scratch + i * gateWidth,
              kept: kept.base + place * Cell.kept * width, h: h, c: h + memory)
            for index in 0..<Cell.states {
              (states.base + index * plane + place * width).update(from: h + index * width, count: width)
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
      withScratch(count * (gateWidth + carriedWidth)) { flowing in
        let carried = flowing + count * gateWidth
        carried.update(repeating: 0, count: count * carriedWidth)
        for step in (0..<longest(run)).reversed() {
          for (i, sample) in run.enumerated() {
            guard step < lengths[sample] else {
              (flowing + i * gateWidth).update(repeating: 0, count: gateWidth)
              continue
            }
            let place = time(sample, step)
            let dh = carried + i * carriedWidth
            for index in 0..<Cell.states {
              let (state, above) = (dh + index * width, gradient.base + index * plane + place * width)
              for u in 0..<width { state[u] += above[u] }
            }
            func before(_ index: Int) -> Row {
              step == 0
                ? initial[index].base + sample * width
                : states.base + index * plane + time(sample, step - 1) * width
            }
            let (h, gates) = (before(0), hidden.base + place * gateWidth)
            Cell.stepBack(
              width, kept: kept.base + place * Cell.kept * width, h: h, c: before(Cell.states - 1), dh: dh,
              dc: dh + memory, input: input.base + place * gateWidth, hidden: gates)
            (flowing + i * gateWidth).update(from: gates, count: gateWidth)
            (previous.base + place * width).update(from: h, count: width)
          }
          MatrixView(carried, count, width, pitch: carriedWidth).assign(
            MatrixView(flowing, count, gateWidth), times: MatrixView(weight.base, gateWidth, width), keep: 1,
            rows: device.rows)
        }
        for (i, sample) in run.enumerated() {
          for (index, first) in initialGradients.enumerated() {
            (first.base + sample * width).update(from: carried + i * carriedWidth + index * width, count: width)
          }
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

  /// Runs of sixteen samples or more: fewer, and the products would spend their time fetching the weights.
  private func forEachRun(_ body: (Range<Int>) -> Void) {
    let runs = max(1, samples / 16)
    device.parallel(units: runs) { body($0 * samples / runs..<($0 + 1) * samples / runs) }
  }

  private func withScratch(_ count: Int, _ body: (Row) -> Void) {
    let scratch = Row.allocate(capacity: max(1, count))
    defer { scratch.deallocate() }
    body(scratch)
  }
}
