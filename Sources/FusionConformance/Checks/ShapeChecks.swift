import FusionCore

extension Check {
  static let shapes = [
    Check(
      "SHP-1", "the shape is the same with values and without",
      protects: "batches of one that lose a dimension, samples that leak into each other as (B, B, D)", level: .shapes,
      where: { $0.kind != .decoder }
    ) { specimen, findings in
      guard let expected = specimen.output else { return }
      let trial = BuiltComponent(specimen, seed: findings.seed)
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
      protects: "errors that do not tell which input is to blame, and shapes that are passed on as empty",
      isOfPipeline: true
    ) { plugin, findings in
      for label in plugin.unsuited {
        findings.within(label) {
          $0.fail(
            "none of the kit's input shapes is accepted   expected one at least",
            hint: "declare 'examples' with input shapes that fit")
        }
      }
      for specimen in plugin.candidates + plugin.odd {
        findings.within(
          [specimen.configuration, specimen.inputsDescription].filter { !$0.isEmpty }.joined(separator: " › ")
        ) {
          refusal(of: specimen, &$0)
        }
      }
    },
    Check(
      "SHP-3", "a run without values takes no memory for tensors",
      protects: "describe and check taking the memory of the model, or running out of it", level: .shapes
    ) { specimen, findings in
      var summary = ModelSummary()
      _ = specimen.infer(&summary)
      if summary.bytesTaken > 0 {
        findings.fail(
          "a run without values took \(summary.bytesTaken) bytes for tensors   expected none",
          hint: "make tensors on the device of the context and of the pass; write to parameters with write(_:)")
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
    case .refused(let problems):
      for problem in problems where problem.message.contains(ShapePass.trapped) {
        findings.fail(
          "got '\(problem.message)'   expected context.problem(…), whose text the user sees",
          hint: "say in init which shapes do not fit, before anything is made of them")
      }
      // A key leads to a line of the user's file; without one, the words have to.
      for problem in problems where problem.path.isEmpty { reason(problem, specimen, &findings) }
      if let odd = specimen.oddInput, problems.allSatisfy({ $0.path.isEmpty }) {
        blame(odd, specimen, problems, &findings)
      }
    }
  }

  /// Of an encoder, a decoder or a modality the pipeline knows which modality it is for: it has to say what it got.
  private static func reason(_ problem: Problem, _ specimen: Specimen, _ findings: inout Findings) {
    guard specimen.kind == .fusion else {
      let shape = specimen.inputs[0].shape
      let sizes = Set(shape.map { "\($0)" } + ["\(shape)"])
      if !shape.isEmpty, !sizes.contains(where: { problem.description.contains($0) }) {
        findings.fail(
          "got '\(problem.message)'   expected a problem that tells the shape, \(shape), or a key",
          hint: "what was expected and what was there: 'expected [C, H, W], got \(shape)'")
      }
      return
    }
    let names = specimen.inputs.map { $0.modality }
    if !names.contains(where: { problem.description.contains($0) }) {
      findings.fail(
        "got '\(problem.message)'   expected a problem that names a modality (\(names.joined(separator: ", "))) or a key",
        hint: "ModalityShape.modality is the name")
    }
  }

  /// The others are accepted together: it is the odd one that has to be named.
  private static func blame(_ odd: Int, _ specimen: Specimen, _ problems: [Problem], _ findings: inout Findings) {
    let name = specimen.inputs[odd].modality
    guard !problems.contains(where: { $0.description.contains(name) }) else { return }
    findings.fail(
      "got '\(problems.map(\.message).joined(separator: "', '"))'   expected a problem that names '\(name)'",
      hint: "with a usual shape in its place the inputs are accepted")
  }
}
