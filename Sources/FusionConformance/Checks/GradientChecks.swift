import FusionCore

extension Check {
  static let gradients = [
    Check(
      "GRD-1", "gradient matches finite difference",
      protects: "derivatives that are wrong by a factor, a sign or a missing term, and still train somehow",
      level: .configuration
    ) { specimen, findings in
      findings.within("batch 3") { findings in
        for finding in GradientComparison.findings(specimen, seed: findings.seed) {
          findings.fail(finding.lines[0], finding.lines[1], hint: finding.hint)
        }
      }
    },
    Check(
      "GRD-2", "every parameter gets a gradient and is in the optimizer, or is declared a buffer",
      protects: "factors in a plain list that are neither trained nor saved", level: .shapes
    ) { specimen, findings in
      let trial = BuiltComponent(specimen, seed: findings.seed)
      let hidden = trial.parametersMade - trial.store.parameters.count
      if hidden != 0 {
        findings.fail(
          "\(trial.parametersMade) parameters were made, \(trial.store.parameters.count) are in the store of the context",
          hint: "make parameters with context.parameter, not with Parameter(…) or a store of your own")
      }
      // Several batches: a unit behind a ReLU, or a word of a table, may rest in one of them.
      for draw in 0..<3 {
        let inputs = trial.inputs(batch: 4, draw: draw)
        let shape = [4] + (specimen.output ?? [])
        trial.backward(inputs, weights: trial.outputWeights(shape), step: draw)
      }
      for parameter in trial.store.parameters where parameter.role == .weight {
        let what = "parameter '\(parameter.name)' \(parameter.value.shape)"
        if !parameter.isTrainable {
          findings.fail("\(what) is a weight that is not trained", hint: "context.buffer(…) for what is only saved")
        } else if parameter.gradient == nil {
          findings.fail(
            "\(what) got no gradient", hint: "read it through the pass, pass[parameter], and use it on every path")
        } else if parameter.gradient?.scalars.allSatisfy({ $0 == 0 }) == true {
          findings.fail(
            "\(what) got a gradient of zeros in every batch", hint: "a path cut off, or a value that does not count")
        }
      }
    },
    Check(
      "GRD-3", "a second backward pass adds up", protects: "gradients that depend on what was computed before",
      level: .configuration
    ) { specimen, findings in
      let trial = BuiltComponent(specimen, seed: findings.seed)
      let inputs = trial.inputs(batch: 3)
      guard let shape = specimen.output else { return }
      let weights = trial.outputWeights([3] + shape)
      let first = trial.backward(inputs, weights: weights)
      let once = trial.store.parameters.map { $0.gradient?.scalars }
      let second = trial.backward(inputs, weights: weights)
      for (parameter, once) in zip(trial.store.parameters, once) {
        guard let once, let twice = parameter.gradient else { continue }
        findings.expectSameBits(
          twice.scalars, once.map { $0 + $0 }, "the gradient of '\(parameter.name)' after two passes, twice the first",
          hint: "a state that a pass leaves behind, or a pullback that keeps its results")
      }
      for (input, (one, two)) in zip(specimen.inputs, zip(first.inputs, second.inputs)) {
        findings.expectSameBits(
          two?.scalars ?? [], one?.scalars ?? [], "the gradient of input '\(input.modality)' in a second pass")
      }
    },
    Check(
      "GRD-4", "a second loss over the same forward pass gets the gradients that it would get alone",
      protects: "pullbacks that use up what they keep, where an objective wants the gradients of several losses apart",
      level: .configuration
    ) { specimen, findings in
      let trial = BuiltComponent(specimen, seed: findings.seed)
      let inputs = trial.inputs(batch: 3)
      guard let shape = specimen.output else { return }
      let weights = trial.outputWeights([3] + shape)
      let alone = trial.backward(inputs, weights: weights)
      let expected = trial.store.parameters.map { $0.gradient?.scalars }
      let other = BuiltComponent(specimen, seed: findings.seed)
      let second = other.backward(inputs, weights: weights, after: weights * -0.5)
      for (parameter, expected) in zip(other.store.parameters, expected) {
        findings.expectSameBits(
          parameter.gradient?.scalars ?? [], expected ?? [],
          "the gradient of '\(parameter.name)' after that of another loss",
          hint: "a pullback may be called more than once: it must not change what it holds on to")
      }
      for (input, (one, two)) in zip(specimen.inputs, zip(alone.inputs, second.inputs)) {
        findings.expectSameBits(
          two?.scalars ?? [], one?.scalars ?? [], "the gradient of input '\(input.modality)' after that of another loss"
        )
      }
    },
  ]
}
