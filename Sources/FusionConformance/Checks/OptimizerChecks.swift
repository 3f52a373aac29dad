import FusionCore

extension Check {
  static let optimizers = [
    Check(
      "OPT-1", "steps lead downhill", protects: "a sign that climbs, and steps that go nowhere", of: .optimizer
    ) { component, findings in
      guard let bowl = Bowl(component, &findings) else { return }
      let before = bowl.loss
      for _ in 0..<50 { bowl.step() }
      guard bowl.loss.isFinite, bowl.loss < before else {
        return findings.fail(
          "after 50 steps on ½‖θ − c‖² the loss is \(bowl.loss), it began at \(before)   expected a lower one",
          hint: "is the step taken off the parameter, times the learning rate?")
      }
    },
    Check(
      "OPT-2", "parameters without a gradient, and frozen ones, stay as they are, their state too",
      protects: "stages that change what they should leave alone, by decay or momentum", of: .optimizer
    ) { component, findings in
      guard let bowl = Bowl(component, &findings) else { return }
      for _ in 0..<2 { bowl.step() }
      let (idle, frozen) = (bowl.parameters[0], bowl.parameters[1])
      frozen.isTrainable = false
      let before = [idle, frozen].map(\.value.scalars)
      let states = bowl.states(of: [idle, frozen])
      for _ in 0..<2 { bowl.step(leavingOut: idle) }
      findings.expectSameBits(idle.value.scalars, before[0], "a parameter that had no gradient")
      findings.expectSameBits(frozen.value.scalars, before[1], "a frozen parameter")
      let after = bowl.states(of: [idle, frozen])
      for (name, values) in states.sorted(by: { $0.key < $1.key }) {
        findings.expectSameBits(after[name] ?? [], values, "the state '\(name)' of a parameter that took no step")
      }
    },
    Check(
      "OPT-3", "what it remembers goes on to the same bits in another optimizer",
      protects: "resumed runs that end elsewhere than those that were never interrupted", of: .optimizer
    ) { component, findings in
      guard let whole = Bowl(component, &findings), let resumed = Bowl(component, &findings) else { return }
      for _ in 0..<3 { whole.step() }
      for (parameter, source) in zip(resumed.parameters, whole.parameters) {
        _ = parameter.value.storage.values.update(fromContentsOf: source.value.scalars)
      }
      let state = whole.optimizer.state
      for (name, _) in state where !whole.parameters.contains(where: { name.hasPrefix($0.name + ".") }) {
        findings.fail("the state '\(name)'   expected the name of a parameter in front, and a dot")
      }
      let problems = resumed.optimizer.restore(state.reversed())
      guard problems.isEmpty else {
        return findings.fail(
          "its own state is refused: \(problems.joined(separator: "; "))", hint: "OptimizerState keeps and restores it")
      }
      for _ in 0..<3 {
        whole.step()
        resumed.step()
      }
      for (got, expected) in zip(resumed.parameters, whole.parameters) {
        findings.expectSameBits(
          got.value.scalars, expected.value.scalars, "'\(got.name)' three steps after its state was restored",
          hint: "everything that a step reads beside the gradient belongs into 'state', counts of steps too")
      }
      let stranger = Tensor([0], shape: [1], device: Device())
      if resumed.optimizer.restore([("no_parameter_of_the_kit.sum", stranger)]).isEmpty {
        findings.fail("state that belongs to no parameter is taken   expected a sentence that names it")
      }
    },
    Check(
      "OPT-4", "the learning rate is the one that schedules write",
      protects: "schedules and warm-ups that change nothing", of: .optimizer
    ) { component, findings in
      guard let bowl = Bowl(component, &findings) else { return }
      bowl.step()
      bowl.optimizer.learningRate = 0
      let before = bowl.parameters.map(\.value.scalars)
      bowl.step()
      for (parameter, values) in zip(bowl.parameters, before) {
        findings.expectSameBits(
          parameter.value.scalars, values, "'\(parameter.name)' after a step with the learning rate 0",
          hint: "read 'learningRate' in step(), not in init")
      }
    },
    Check(
      "OPT-5", "one thread and many give the same bits in a step", protects: "results that depend on the machine",
      of: .optimizer
    ) { component, findings in
      guard let one = Bowl(component, &findings, width: 40_000),
        let many = Bowl(component, &findings, width: 40_000, threads: 3)
      else { return }
      for _ in 0..<2 {
        one.step()
        many.step()
      }
      for (got, expected) in zip(many.parameters, one.parameters) {
        findings.expectSameBits(got.value.scalars, expected.value.scalars, "'\(got.name)' on 3 threads and on 1")
      }
    },
  ]
}

/// Three parameters θ and what they should become: the loss is ½‖θ − c‖², its gradient θ − c.
private final class Bowl {
  let parameters: [Parameter]
  let optimizer: any Optimizer
  private let goals: [[Float]]

  /// Nil after a finding: the component is no optimizer.
  init?(_ component: ConfiguredComponent, _ findings: inout Findings, width: Int = 6, threads: Int = 1) {
    guard let type = component.type as? any Optimizer.Type else {
      findings.fail("\(component.type) claims to be an optimizer and does not conform to Optimizer")
      return nil
    }
    func made<O: Optimizer>(_ type: O.Type, _ parameters: [Parameter]) -> any Optimizer {
      O(component.configuration as! O.Configuration, parameters: parameters)
    }
    let device = Device(threads: threads)
    let random = RandomStream(seed: findings.seed).derived("bowl")
    func draw(_ label: String) -> [Float] {
      Initializer.uniform(lower: 1, upper: 3).tensor(shape: [width], random: random.derived(label), device: device)
        .scalars
    }
    let names = ["encoders.a.weight", "fusion.weight", "decoder.weight"]
    parameters = names.map { name in
      Parameter(name: name, role: .weight, value: Tensor(draw(name), shape: [width], device: device))
    }
    goals = names.map { draw($0 + ".goal").map { -$0 } }
    optimizer = made(type, parameters)
  }

  var loss: Double {
    zip(parameters, goals).reduce(0) { sum, pair in
      zip(pair.0.value.scalars, pair.1).reduce(sum) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) / 2 }
    }
  }

  /// - Parameter idle: a parameter that gets no gradient.
  func step(leavingOut idle: Parameter? = nil) {
    for (parameter, goal) in zip(parameters, goals) {
      let slopes = zip(parameter.value.scalars, goal).map { $0 - $1 }
      parameter.gradient =
        parameter === idle ? nil : Tensor(slopes, shape: parameter.value.shape, device: parameter.value.device)
    }
    optimizer.step()
  }

  func states(of parameters: [Parameter]) -> [String: [Float]] {
    let own = optimizer.state.filter { state in parameters.contains { state.name.hasPrefix($0.name + ".") } }
    return Dictionary(own.map { ($0.name, $0.tensor.scalars) }, uniquingKeysWith: { $1 })
  }
}
