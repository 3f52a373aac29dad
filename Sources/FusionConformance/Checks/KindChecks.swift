import FusionCore

extension Check {
  static let kinds = [
    Check(
      "ENC-1", "an encoder gives a vector or tokens", protects: "features that no fusion can read", level: .shapes,
      where: { $0.kind == .encoder }
    ) { specimen, findings in
      guard let shape = specimen.output else { return }
      // An encoder that hands its input on gives what it was given.
      guard shape != specimen.inputs[0].shape, !(1...2).contains(shape.count) else { return }
      findings.fail(
        "inferred features \(shape)   expected a vector [D] or tokens [T, D]",
        hint: "flatten, or pool, or make the rows and columns of a map one dimension of tokens")
    },
    Check(
      "DEC-1", "a decoder gives exactly the shape that the task asks for",
      protects: "heads of one class, before which a cross entropy is always content", level: .shapes,
      where: { $0.kind == .decoder }
    ) { specimen, findings in
      guard let given = specimen.output, let asked = specimen.asked else { return }
      guard given == asked else {
        return findings.fail("gives \(given) for a sample   expected \(asked)", hint: "init is told it: output")
      }
      let trial = BuiltComponent(specimen, seed: findings.seed)
      findings.withEvery("batch", in: [1, 2, 5]) { batch, findings in
        let inputs = trial.inputs(batch: batch)
        for (mode, output) in [("evaluation", trial.evaluate(inputs)), ("training", trial.train(inputs))] {
          findings.within(mode) { $0.expectEqual(output.shape, [batch] + asked, "the shape of the output") }
        }
      }
    },
    Check(
      "MOD-1", "stored values are scaled by finite numbers, and not to nothing",
      protects: "arrays that a model sees as zeros or NaN", level: .shapes, where: { $0.kind == .modality }
    ) { specimen, findings in
      guard let conversion = specimen.conversion?() else { return }
      let numbers = [Double(conversion.scale), conversion.mean, conversion.deviation]
      if !numbers.allSatisfy(\.isFinite) || conversion.scale == 0 || conversion.deviation == 0 {
        findings.fail(
          "(x · \(conversion.scale) − \(conversion.mean)) / \(conversion.deviation)   expected finite numbers, and a "
            + "scale and a deviation other than 0")
      }
    },
  ]
}
