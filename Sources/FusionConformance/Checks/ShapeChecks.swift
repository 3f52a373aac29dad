import FusionCore

extension Check {
  static let shapes = [
    Check(
      "SHP-1", "the inferred shape is the produced shape",
      protects: "batches of one that lose a dimension, samples that leak into each other as (B, B, D)", level: .shapes,
      where: { $0.kind != .decoder }
    ) { specimen, findings in
      guard let expected = specimen.output else { return }
      let trial = Trial(specimen, seed: findings.seed)
      findings.withEvery("batch", in: [1, 2, 5]) { batch, findings in
        let inputs = trial.inputs(batch: batch)
        for (mode, output) in [("evaluation", trial.evaluate(inputs)), ("training", trial.train(inputs))] {
          findings.within(mode) {
            $0.expectEqual(
              output.shape, [batch] + expected, "the shape of the output", hint: shapeHint(output.shape, batch))
          }
        }
      }
    },
    Check(
      "SHP-2", "impossible shapes are refused with a reason that names the modality",
      protects: "errors that do not tell which input is to blame, and shapes that are passed on as empty"
    ) { plugin, findings in
      for label in plugin.unsuited {
        findings.within(label) {
          $0.fail(
            "none of the kit's input shapes is accepted   expected one at least",
            hint: "declare 'examples' with input shapes that fit")
        }
      }
      for specimen in plugin.candidates {
        findings.within(
          [specimen.configuration, specimen.inputsInWords].filter { !$0.isEmpty }.joined(separator: " › ")
        ) {
          refusal(of: specimen, &$0)
        }
      }
    },
    Check(
      "SHP-3", "inference allocates nothing",
      protects: "describe and check taking the memory of the model, or running out of it", level: .shapes
    ) { specimen, findings in
      let before = (Storage.madeOnThisThread, Parameter.madeOnThisThread)
      _ = specimen.verdict
      let made = (Storage.madeOnThisThread - before.0, Parameter.madeOnThisThread - before.1)
      if made != (0, 0) {
        findings.fail("the first pass made \(made.0) tensors and \(made.1) parameters   expected none")
      }
    },
  ]

  private static func shapeHint(_ got: Shape, _ batch: Int) -> String? {
    if got.first != batch, batch == 1 { return "a squeeze that also takes the batch's dimension when it is 1?" }
    if got.count > 2, got[0] == batch, got[1] == batch {
      return "[N, N, …]: a batched product that pairs every sample with every other"
    }
    return nil
  }

  private static func refusal(of specimen: Specimen, _ findings: inout Findings) {
    switch specimen.verdict {
    case .accepted(let shape, _):
      if shape.contains(where: { $0 < 1 }) {
        findings.fail("inferred \(shape)   expected sizes of 1 or more, or a problem")
      }
    case .silent:
      findings.fail(
        "no shape and no problem   expected blueprint.problem(…), whose text the user sees",
        hint: "report before returning nil")
    case .refused(let problems):
      guard specimen.kind == .fusion else {
        if problems.contains(where: { $0.message.isEmpty }) { findings.fail("a problem without words") }
        return
      }
      // A key leads to a line of the user's file; without one, the modality has to be named.
      let names = specimen.inputs.map { $0.modality }
      for problem in problems
      where problem.path.isEmpty && !names.contains(where: { problem.description.contains($0) }) {
        findings.fail(
          "got '\(problem.message)'   expected a problem that names a modality (\(names.joined(separator: ", "))) or a key",
          hint: "ModalityShape.modality is the name")
      }
    }
  }
}
