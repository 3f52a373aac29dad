import FusionCore

extension Check {
  static let forward = [
    Check(
      "FWD-1", "evaluation is deterministic", protects: "results that nobody can repeat", level: .shapes,
      where: { !$0.isStochastic }
    ) { specimen, findings in
      let trial = BuiltComponent(specimen, seed: findings.seed)
      let inputs = trial.inputs(batch: 3)
      let first = trial.evaluate(inputs).scalars
      findings.expectSameBits(
        trial.evaluate(inputs).scalars, first, "two evaluations of one batch",
        hint: "random numbers in evaluation, or a state that a pass leaves behind")
      // A pass of another batch in between is not to show either.
      _ = trial.evaluate(trial.inputs(batch: 2, draw: 1))
      findings.expectSameBits(trial.evaluate(inputs).scalars, first, "an evaluation after that of another batch")
    },
    Check(
      "FWD-2", "a pass leaves its inputs, and an evaluation the parameters, as they were",
      protects: "features that the next component sees changed, and evaluations that train", level: .shapes
    ) { specimen, findings in
      let trial = BuiltComponent(specimen, seed: findings.seed)
      let inputs = trial.inputs(batch: 3)
      let before = inputs.map(\.scalars)
      let parameters = trial.store.parameters.map { ($0, $0.value.scalars) }
      _ = trial.evaluate(inputs)
      for (parameter, values) in parameters {
        findings.expectSameBits(
          parameter.value.scalars, values, "'\(parameter.name)' after an evaluation",
          hint: "buffers move in training only: look at pass.mode")
      }
      trial.backward(inputs)
      for (input, (tensor, values)) in zip(specimen.inputs, zip(inputs, before)) {
        findings.expectSameBits(
          tensor.scalars, values, "input '\(input.modality)' after the passes", hint: "write to a tensor of your own")
      }
    },
    Check(
      "FWD-3", "row i does not depend on row j: permuting the batch permutes the output",
      protects: "samples that leak into each other, by a fold through view(-1, …) or a batched product", level: .shapes,
      where: { !$0.isStochastic }
    ) { specimen, findings in
      let batch = 5
      let trial = BuiltComponent(specimen, seed: findings.seed)
      let inputs = trial.inputs(batch: batch)
      let output = trial.evaluate(inputs)
      guard output.shape.first == batch else { return }  // SHP-1
      for order in [[3, 0, 4, 1, 2], [4, 3, 2, 1, 0]] {
        findings.within("rows \(order)") { findings in
          let permuted = trial.evaluate(inputs.map { $0.rows(order) })
          guard permuted.shape == output.shape else { return }
          findings.expectClose(permuted.scalars, output.rows(order).scalars, "the output of the permuted batch")
        }
      }
      for row in [0, batch - 1] {
        findings.within("row \(row) alone") { findings in
          let alone = trial.evaluate(inputs.map { $0.rows([row]) })
          guard alone.shape.first == 1 else { return }
          findings.expectClose(
            alone.scalars, output.rows([row]).scalars, "the output of a batch of one",
            hint: "a statistic of the batch in evaluation, or a reshape that moves values from sample to sample")
        }
      }
    },
    Check(
      "FWD-4", "the order of the modalities matters only if that is declared",
      protects: "comparisons that depend on the order of keys in a file", level: .shapes,
      where: { !$0.orderMatters && !$0.isStochastic && $0.inputs.count > 1 }
    ) { specimen, findings in
      let order = Array(specimen.inputs.indices.reversed())
      let trial = BuiltComponent(specimen, seed: findings.seed)
      let inputs = trial.inputs(batch: 3)
      let output = trial.evaluate(inputs)
      guard let reordered = specimen.reordered?(order) else { return }
      guard let shape = reordered.output else {
        return findings.fail("it refuses the modalities in the order \(reordered.inputsDescription)")
      }
      findings.expectEqual(
        shape, specimen.output ?? [], "the inferred shape in the order \(reordered.inputsDescription)")
      // The same seed gives parameters of the same names the same values.
      let other = BuiltComponent(reordered, seed: findings.seed)
      let result = other.evaluate(order.map { inputs[$0] })
      guard result.shape == output.shape else { return }
      findings.expectClose(
        result.scalars, output.scalars, "the output in the order \(reordered.inputsDescription)",
        hint: "name parameters by their modality, not by its position, or declare orderMatters: true")
    },
    Check(
      "FWD-5", "outputs and gradients are finite on zeros, constants and large values",
      protects: "one odd sample that turns all weights into NaN: log 0, √0 differentiated, exp of a large number",
      level: .shapes
    ) { specimen, findings in
      let trial = BuiltComponent(specimen, seed: findings.seed)
      for (label, value) in [("zeros", Float(0)), ("constants", 1), ("large values", 1000)] {
        findings.within(label) { findings in
          let inputs = trial.inputs(batch: 2).map { input in
            label == "large values"
              ? input * value : Tensor(repeating: value, shape: input.shape, device: trial.device)
          }
          finite(trial.evaluate(inputs), "the output in evaluation", &findings)
          trial.store.clearGradients()
          let gradients = trial.backward(inputs)
          finite(gradients.output, "the output in training", &findings)
          for (input, gradient) in zip(specimen.inputs, gradients.inputs) {
            if let gradient { finite(gradient, "the gradient of input '\(input.modality)'", &findings) }
          }
          for parameter in trial.store.parameters {
            if let gradient = parameter.gradient {
              finite(gradient, "the gradient of '\(parameter.name)'", &findings)
            }
          }
        }
      }
    },
    missingModality,
    Check(
      "FWD-7", "a forward pass makes no parameters",
      protects: "layers made anew, at random, in each pass, which are neither trained nor saved", level: .configuration
    ) { specimen, findings in
      let trial = BuiltComponent(specimen, seed: findings.seed)
      let inputs = trial.inputs(batch: 2)
      let before = Parameter.madeOnThisThread
      _ = trial.evaluate(inputs)
      trial.backward(inputs)
      let made = Parameter.madeOnThisThread - before
      if made != 0 {
        findings.fail("two passes made \(made) parameters   expected none", hint: "make layers in init")
      }
    },
  ]

  private static func finite(_ tensor: Tensor, _ what: String, _ findings: inout Findings) {
    let values = tensor.scalars
    guard let index = values.firstIndex(where: { !$0.isFinite }) else { return }
    findings.fail(
      "\(what) \(tensor.shape)",
      "value \(index): got \(values[index])   expected a finite number"
        + "   (\(values.count { !$0.isFinite }) of \(values.count) are not)",
      hint: "a small number under the root or the logarithm; the largest value taken out before exp")
  }
}
