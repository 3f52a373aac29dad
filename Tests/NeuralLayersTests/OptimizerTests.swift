import NeuralLayers
import TensorEngine
import Testing

private struct Fixture: Decodable {
  struct Case: Decodable {
    let name: String
    let options: [String: Double]
    let values: [[[Double]]]
  }
  let start: [[Float]]
  let gradients: [[[Float]?]]
  let cases: [Case]
}

private func optimizer(_ c: Fixture.Case, _ parameters: [Parameter]) -> any Optimizer {
  let (o, rate) = (c.options, c.options["lr"]!)
  guard c.name != "sgd" else {
    return SGD(
      parameters, learningRate: rate, momentum: o["momentum"] ?? 0, dampening: o["dampening"] ?? 0,
      weightDecay: o["weight_decay"] ?? 0, nesterov: o["nesterov"] == 1)
  }
  let betas = (o["beta1"]!, o["beta2"]!)
  guard c.name == "adamw" else {
    return Adam(
      parameters, learningRate: rate, betas: betas, epsilon: o["eps"] ?? 1e-8, weightDecay: o["weight_decay"] ?? 0)
  }
  return Adam.decoupled(
    parameters, learningRate: rate, betas: betas, epsilon: o["eps"] ?? 1e-8, weightDecay: o["weight_decay"] ?? 1e-2)
}

private func run(_ f: Fixture, _ c: Fixture.Case, _ optimizer: any Optimizer, _ p: [Parameter], steps: Range<Int>) {
  for step in steps {
    optimizer.learningRate = c.options["lr"]! * (1 - 0.1 * Double(step))
    for (parameter, part) in zip(p, f.gradients[step]) {
      parameter.gradient = part.map { Tensor($0, shape: [$0.count], device: Device()) }
    }
    optimizer.step()
  }
}

private func parameters(_ values: [[Float]]) -> [Parameter] {
  values.enumerated().map { parameter("p\($0)", $1) }
}

@Test func stepsEqualPyTorchs() throws {
  let f = try fixture("optimizers", as: Fixture.self)
  for c in f.cases {
    let p = parameters(f.start)
    let o = optimizer(c, p)
    for step in f.gradients.indices {
      run(f, c, o, p, steps: step..<step + 1)
      for (parameter, expected) in zip(p, c.values[step]) {
        let difference = error(parameter.value.scalars, expected, scale: 0.1)
        #expect(difference < 2e-6, "\(c.name) \(c.options) step \(step) \(parameter.name)")
      }
    }
  }
}

@Test func aRestoredOptimizerGoesOnToTheSameBits() throws {
  let f = try fixture("optimizers", as: Fixture.self)
  for c in f.cases {
    let whole = parameters(f.start)
    run(f, c, optimizer(c, whole), whole, steps: 0..<6)

    let first = parameters(f.start)
    let before = optimizer(c, first)
    run(f, c, before, first, steps: 0..<3)
    let second = parameters(first.map { $0.value.scalars })
    let after = optimizer(c, second)
    #expect(after.restore(before.state.reversed()) == [])
    #expect(after.state.map { $0.name } == before.state.map { $0.name })
    run(f, c, before, first, steps: 3..<6)  // must not write to the other's state
    run(f, c, after, second, steps: 3..<6)
    for (a, b) in zip(whole, second) { #expect(a.value.scalars == b.value.scalars, "\(c.name) \(c.options)") }
  }
}

@Test func stateOfAnotherModelIsRefusedWhole() {
  let p = [parameter("a", [1, 2], gradient: [1, 1])]
  let adam = Adam(p)
  adam.step()
  #expect(adam.state.map { $0.name } == ["a.step", "a.exp_avg", "a.exp_avg_sq"])
  let before = adam.state.map { $0.tensor.scalars }
  let problems = adam.restore([
    ("a.step", Tensor([3], shape: [], device: Device())),
    ("a.exp_avg", Tensor([1, 2, 3], shape: [3], device: Device())),
    ("b.exp_avg_sq", Tensor([1, 2], shape: [2], device: Device())),
  ])
  #expect(
    problems == [
      "the optimizer's state 'a.exp_avg' has the shape [3], expected was [2]",
      "the optimizer's state 'b.exp_avg_sq' belongs to no parameter",
      "the optimizer's state 'a.exp_avg_sq' is missing",
    ])
  #expect(adam.state.map { $0.tensor.scalars } == before)
}

@Test func frozenParametersAndTheirStateStay() {
  let p = parameter("a", [1, 2], gradient: [1, 1])
  p.isTrainable = false
  for optimizer in [SGD([p], momentum: 0.9, weightDecay: 1), Adam.decoupled([p])] as [any Optimizer] {
    optimizer.step()
    #expect(p.value.scalars == [1, 2])
    #expect(optimizer.state.isEmpty)
  }
}

@Test func stepsAreTheSameForAnyNumberOfThreads() {
  func trained(_ threads: Int, _ make: ([Parameter]) -> any Optimizer) -> [Float] {
    let device = Device(threads: threads)
    let p = parameter("a", noise(20_000, seed: 1), gradient: noise(20_000, seed: 2), device: device)
    let optimizer = make([p])
    for _ in 0..<3 {
      [p].clipGradients(norm: 5)
      optimizer.step()
    }
    return p.value.scalars
  }
  for make in [{ SGD($0, momentum: 0.9) }, { Adam($0, weightDecay: 0.1) }] as [([Parameter]) -> any Optimizer] {
    #expect(trained(1, make) == trained(4, make))
  }
}
