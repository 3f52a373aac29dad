import TensorEngine
import Testing

extension Arguments {
  fileprivate var weights: RecurrentWeights {
    RecurrentWeights(
      inputWeight: self["inputWeight"], hiddenWeight: self["hiddenWeight"], inputBias: optional("inputBias"),
      hiddenBias: optional("hiddenBias"))
  }
}

private let operations: [String: Operation] = [
  "gru": {
    let (output, state) = $0["x"].gru(
      $0.weights, initial: $0.optional("state"), lengths: $0.ints("lengths"), isReversed: $0.flag("reversed"))
    return ["output": output, "state": state]
  },
  "lstm": { arguments in
    let initial = arguments.optional("state").map { (state: $0, memory: arguments["memory"]) }
    let (output, state, memory) = arguments["x"].lstm(
      arguments.weights, initial: initial, lengths: arguments.ints("lengths"), isReversed: arguments.flag("reversed"))
    return ["output": output, "state": state, "memory": memory]
  },
]

@Test(arguments: FixtureCase.load("recurrent"))
func recurrentNetworksEqualPyTorch(_ fixture: FixtureCase) { check(fixture, operations[fixture.operation]!) }

@Test func aSequenceWithoutStepsKeepsItsStateAndItsGradient() {
  let device = Device()
  let tape = Tape()
  var gradient: [Float] = []
  let start = tape.watch(Tensor([3, 4], shape: [2, 1], device: device)) { gradient = $0.scalars }
  let (output, state) = Tensor(repeating: 1, shape: [2, 2, 1], device: device).gru(
    RecurrentWeights(
      inputWeight: Tensor([1, 2, 3], shape: [3, 1], device: device),
      hiddenWeight: Tensor([1, 2, 3], shape: [3, 1], device: device)), initial: start, lengths: [0, 2])
  #expect(output.scalars[0...1] == [0, 0])
  #expect(state.scalars[0] == 3)
  tape.backward(from: state)
  #expect(gradient[0] == 1)
}

@Test func anLSTMStopsAtTheWeightsOfAGRU() async {
  let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
    let device = Device()
    let weight = Tensor(repeating: 1, shape: [6, 2], device: device)
    _ = Tensor(repeating: 1, shape: [1, 3, 2], device: device)
      .lstm(RecurrentWeights(inputWeight: weight, hiddenWeight: weight))
  }
  let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  #expect(
    message.contains("lstm: x has shape [1, 3, 2], the weights [6, 2] and [6, 2]; expected [N, T, D]"), "\(message)")
}
