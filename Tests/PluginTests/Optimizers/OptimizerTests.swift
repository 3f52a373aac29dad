import AllPlugins
import Optimizers
import Testing

/// The optimizers against `torch.optim`, and Lion against its authors' program.
@Suite struct OptimizerTests {
  private struct Data {
    let start: [[Float]]
    /// By step and parameter; nil: the parameter took no part.
    let gradients: [[[Float]?]]
    let cases: [TorchFixture.Case]

    init() throws {
      let fixture = try TorchFixture("optimizers")
      start = (fixture.content["start"] as? [[Double]] ?? []).map { $0.map(Float.init) }
      gradients = (fixture.content["gradients"] as? [[Any]] ?? []).map { parts in
        parts.map { ($0 as? [Double])?.map(Float.init) }
      }
      cases = try fixture.cases(.optimizer)
    }
  }

  private func parameters(_ values: [[Float]]) -> [Parameter] {
    values.enumerated().map { index, values in parameter("p\(index)", values) }
  }

  private func parameter(_ name: String, _ values: [Float], gradient: [Float]? = nil, threads: Int = 1) -> Parameter {
    let device = Device(threads: threads)
    let parameter = Parameter(
      name: name, role: .weight, value: Tensor(values, shape: [values.count], device: device))
    parameter.gradient = gradient.map { Tensor($0, shape: [$0.count], device: device) }
    return parameter
  }

  private func run(_ data: Data, _ optimizer: any Optimizer, rate: Double, _ p: [Parameter], steps: Range<Int>) {
    for step in steps {
      optimizer.learningRate = rate * (1 - 0.1 * Double(step))
      for (parameter, part) in zip(p, data.gradients[step]) {
        parameter.gradient = part.map { Tensor($0, shape: [$0.count], device: Device()) }
      }
      optimizer.step()
    }
  }

  @Test func everyOptimizerHasCases() throws {
    let names = try Registry.allPlugins().all(.optimizer).map { $0.type.name }
    #expect(Set(try Data().cases.map { $0.type.name }) == Set(names))
  }

  @Test func stepsEqualPyTorchs() throws {
    let data = try Data()
    #expect(data.cases.count == 20)
    for c in data.cases {
      let p = parameters(data.start)
      let optimizer = try c.optimizer(p)
      // The default learning rate is PyTorch's too.
      let rate = try #require(c.content["rate"] as? Double)
      #expect(optimizer.learningRate == rate, "\(c)")
      let values = try #require(c.content["values"] as? [[[Double]]])
      for step in data.gradients.indices {
        run(data, optimizer, rate: rate, p, steps: step..<step + 1)
        for (parameter, expected) in zip(p, values[step]) {
          for (got, wanted) in zip(parameter.value.scalars, expected) {
            #expect(abs(Double(got) - wanted) < 1e-6 * max(1, abs(wanted)), "\(c) step \(step) \(parameter.name)")
          }
        }
      }
    }
  }

  @Test func aRestoredOptimizerGoesOnToTheSameBits() throws {
    let data = try Data()
    for c in data.cases {
      let rate = try #require(c.content["rate"] as? Double)
      let whole = parameters(data.start)
      run(data, try c.optimizer(whole), rate: rate, whole, steps: 0..<6)

      let first = parameters(data.start)
      let before = try c.optimizer(first)
      run(data, before, rate: rate, first, steps: 0..<3)
      let second = parameters(first.map { $0.value.scalars })
      let after = try c.optimizer(second)
      #expect(after.restore(before.state.reversed()) == [], "\(c)")
      #expect(after.state.map { $0.name } == before.state.map { $0.name }, "\(c)")
      run(data, before, rate: rate, first, steps: 3..<6)  // must not write to the other's state
      run(data, after, rate: rate, second, steps: 3..<6)
      for (a, b) in zip(whole, second) { #expect(a.value.scalars == b.value.scalars, "\(c)") }
    }
  }

  @Test func stateOfAnotherModelIsRefusedWhole() {
    let p = [parameter("a", [1, 2], gradient: [1, 1])]
    let adam = Adam(Adam.Configuration(), parameters: p)
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

  @Test func frozenParametersAndTheirStateStay() throws {
    for c in try Data().cases {
      let p = parameter("a", [1, 2], gradient: [1, 1])
      p.isTrainable = false
      let optimizer = try c.optimizer([p])
      optimizer.step()
      #expect(p.value.scalars == [1, 2], "\(c)")
      #expect(optimizer.state.isEmpty, "\(c)")
    }
  }

  @Test func stepsAreTheSameForAnyNumberOfThreads() throws {
    func trained(_ threads: Int, _ c: TorchFixture.Case) throws -> [Float] {
      func noise(_ seed: UInt64) -> [Float] {
        Initializer.uniform(lower: -1, upper: 1)
          .tensor(shape: [20_000], random: RandomStream(seed: seed), device: Device()).scalars
      }
      let p = parameter("a", noise(1), gradient: noise(2), threads: threads)
      let optimizer = try c.optimizer([p])
      for _ in 0..<3 {
        [p].clipGradients(norm: 5)
        optimizer.step()
      }
      return p.value.scalars
    }
    for c in try Data().cases { #expect(try trained(1, c) == trained(4, c), "\(c)") }
  }
}
