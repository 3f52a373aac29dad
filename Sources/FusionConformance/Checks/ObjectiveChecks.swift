import FusionCore

extension Check {
  static let objectives = [
    objective(
      "OBJ-1", "a loss is a finite scalar, for every task that suits and for samples that lack a modality",
      protects: "trainings that end in NaN with the first batch that lacks something, and objectives that do nothing"
    ) { objective, setting, findings in
      let traits = objective.traits
      if !traits.hasLoss, traits.adjusts.isEmpty {
        findings.fail("trains nothing and changes no gradient   expected one of both in its traits")
      }
      for problem in objective.problems(of: BuiltObjective.shapes(setting)) {
        findings.fail("refuses the kit's model: \(problem)", hint: "declare 'examples' that suit any model")
      }
      try findings.withEvery("batch", in: Set([max(1, traits.fewestSamples), 6]).sorted()) { samples, findings in
        let built = BuiltObjective(objective, setting, context: context(findings))
        for (label, presence) in [("complete", nil), ("with missing modalities", built.holes(samples))] {
          guard label == "complete" || presence != nil else { continue }
          let outcome = try built.run(samples, presence: presence, seed: findings.seed, addingTask: true)
          findings.within(label) { findings in
            if traits.hasLoss != (outcome.loss != nil), presence == nil {
              findings.fail(
                traits.hasLoss ? "gave no loss   expected one" : "gave a loss   expected none",
                hint: "traits.trains names the parts that a loss trains; empty: there is none")
            }
            for value in outcome.values where !value.value.isFinite {
              findings.fail("'\(value.name)' is \(value.value)   expected a finite number")
            }
            for (name, gradient) in outcome.after.sorted(by: { $0.key < $1.key })
            where !gradient.allSatisfy(\.isFinite) {
              findings.fail("the gradient of '\(name)' holds NaN or infinity   expected finite numbers")
            }
          }
        }
      }
    },
    objective(
      "OBJ-2", "gradients of a loss match finite differences",
      protects: "losses whose derivative is wrong by a factor, a sign or a missing term"
    ) { objective, setting, findings in
      guard objective.traits.hasLoss else { return }
      for finding in GradientComparison.findings(specimen(objective, setting, findings.seed), seed: findings.seed) {
        findings.fail(finding.lines[0], finding.lines[1], hint: finding.hint)
      }
    },
    objective(
      "OBJ-3", "a loss trains the parts that it claims to train, and no other",
      protects: "a part that stays as it was drawn, because no gradient reaches it"
    ) { objective, setting, findings in
      guard objective.traits.hasLoss else { return }
      let built = BuiltObjective(objective, setting, context: context(findings))
      var reached: Set<String> = []
      for number in 0..<3 {
        let gradients = try built.run(6, seed: findings.seed, number: number, addingTask: false).before
        reached.formUnion(gradients.filter { $0.value.contains { $0 != 0 } }.keys)
      }
      let claimed = objective.traits.trains
      for part in ObjectiveTraits.Part.allCases {
        let own = built.store.trainable.filter { built.part(of: $0) == part && !$0.name.hasPrefix("fusion.side_") }
        for parameter in own where claimed.contains(part) != reached.contains(parameter.name) {
          findings.fail(
            claimed.contains(part)
              ? "claims to train '\(part.rawValue)', and '\(parameter.name)' gets no gradient"
              : "'\(parameter.name)' gets a gradient   expected none: '\(part.rawValue)' is not among what it trains",
            hint: claimed.contains(part)
              ? "use the step's own tensors, not detached ones; read parameters through step.pass"
              : "name the part in traits.trains, or detach what is not to be trained")
        }
        if part == .own, claimed.contains(.own), own.isEmpty {
          findings.fail("claims to train parameters of its own, and makes none")
        }
      }
    },
    objective(
      "OBJ-4", "gradients change in the parts that are named, and in no other",
      protects: "a rule for encoders that reaches the decoder, or nothing"
    ) { objective, setting, findings in
      let built = BuiltObjective(objective, setting, context: context(findings))
      var changed: Set<ObjectiveTraits.Part> = []
      for number in 0..<3 {
        let outcome = try built.run(6, seed: findings.seed, number: number, addingTask: true)
        for parameter in built.store.parameters where outcome.before[parameter.name] != outcome.after[parameter.name] {
          changed.insert(built.part(of: parameter))
        }
      }
      for part in ObjectiveTraits.Part.allCases where changed.contains(part) != objective.traits.adjusts.contains(part)
      {
        findings.fail(
          changed.contains(part)
            ? "changes gradients of '\(part.rawValue)'   expected none: traits.adjusts does not name it"
            : "claims to change gradients of '\(part.rawValue)', and leaves them in three steps")
      }
    },
    objective(
      "OBJ-5", "the same seed gives the same bits, for any number of threads",
      protects: "random numbers of a clock or of the system, and sums in the order of threads"
    ) { objective, setting, findings in
      let first = try BuiltObjective(objective, setting, context: context(findings)).outcome(findings.seed)
      for threads in [1, 3] {
        let other = try BuiltObjective(objective, setting, context: context(findings, threads: threads))
          .outcome(findings.seed)
        findings.within("threads \(threads)") { compare(other, first, "again", &$0) }
      }
    },
    objective(
      "OBJ-6", "all state is in parameters and buffers, so that a resumed run takes the same steps",
      protects: "counts and averages in plain variables, which a checkpoint does not hold"
    ) { objective, setting, findings in
      let built = BuiltObjective(objective, setting, context: context(findings))
      for number in 0..<2 {
        _ = try built.run(6, seed: findings.seed, number: number, addingTask: true)
        built.descend()
      }
      let resumed = BuiltObjective(objective, setting, context: context(findings))
      for (old, new) in zip(built.store.parameters, resumed.store.parameters) {
        _ = new.value.storage.values.update(fromContentsOf: old.value.scalars)
      }
      compare(
        try resumed.outcome(findings.seed, number: 2), try built.outcome(findings.seed, number: 2),
        "after a restart with all parameters and buffers", &findings)
    },
    objective(
      "OBJ-7", "losses that are kept apart are those that it declares, and reach a part that it adjusts",
      protects: "backward passes that are paid for and not used, and gradients that are missing where they are read"
    ) { objective, setting, findings in
      let built = BuiltObjective(objective, setting, context: context(findings))
      let declared = built.separateLosses
      guard !declared.isEmpty else { return }
      let adjusts = objective.traits.adjusts
      if adjusts.isEmpty {
        findings.fail("keeps losses apart, and its traits adjust no part", hint: "name the parts in traits.adjusts")
      }
      var reached: [String: Set<ObjectiveTraits.Part>] = [:]
      for number in 0..<3 {
        let separate = try built.run(6, seed: findings.seed, number: number, addingTask: true).separate
        reached.merge(separate) { $0.union($1) }
      }
      for name in declared where reached[name]?.isDisjoint(with: adjusts) != false {
        findings.fail(
          "declares the loss '\(name)', which reached "
            + (reached[name].map { $0.map(\.rawValue).sorted().joined(separator: ", ") } ?? "nothing")
            + " in three steps   expected one of the parts that it adjusts",
          hint: "give it in ObjectiveLoss(separate:), computed from the step's own tensors")
      }
    },
    objective(
      "OBJ-8", "what it makes of an epoch's end is in its buffers, and its loss can be evaluated",
      protects: "weights that change behind the optimizer's back, and resumed runs that have forgotten an epoch"
    ) { objective, setting, findings in
      let built = BuiltObjective(objective, setting, context: context(findings))
      // Takes the same steps, and is told of no end: what it lacks then is what the end left outside of buffers.
      let resumed = BuiltObjective(objective, setting, context: context(findings))
      var training: [String: Double] = [:]
      for number in 0..<2 {
        for objective in [built, resumed] {
          let outcome = try objective.run(6, seed: findings.seed, number: number, addingTask: true)
          for value in outcome.values { training[value.name] = value.value }
          objective.descend()
        }
      }
      let values = try built.validation(6, seed: findings.seed, number: 2)
      for value in values where !value.value.isFinite {
        findings.fail("in evaluation '\(value.name)' is \(value.value)   expected a finite number")
      }
      let weights = built.store.parameters.filter { $0.role == .weight }
      let before = weights.map(\.value.scalars)
      built.endEpoch(
        training: training, validation: Dictionary(values.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
      for (weight, before) in zip(weights, before) where weight.value.scalars != before {
        findings.fail(
          "'\(weight.name)' changes at the end of an epoch   expected its buffers alone to change",
          hint: "weights belong to the optimizer: make it a buffer, context.buffer(…)")
      }
      for (old, new) in zip(built.store.parameters, resumed.store.parameters) {
        _ = new.value.storage.values.update(fromContentsOf: old.value.scalars)
      }
      compare(
        try resumed.outcome(findings.seed, number: 2), try built.outcome(findings.seed, number: 2),
        "after an epoch's end and a restart with all parameters and buffers", &findings)
    },
  ]

  /// A check of an objective on every setting that suits it.
  private static func objective(
    _ id: String, _ rule: String, protects: String,
    _ body: @escaping @Sendable (ConfiguredObjective, BuiltObjective.Setting, inout Findings) throws -> Void
  ) -> Check {
    Check(id, rule, protects: protects, of: .objective) { component, findings in
      guard let objective = ConfiguredObjective(component) else { return }
      for setting in BuiltObjective.settings(objective.traits) {
        // What is refused is told by OBJ-1.
        guard id == "OBJ-1" || objective.problems(of: BuiltObjective.shapes(setting)).isEmpty else { continue }
        try findings.within("\(setting)") { try body(objective, setting, &$0) }
      }
    }
  }

  private static func context(_ findings: Findings, threads: Int = 1) -> BuildContext {
    BuildContext(store: ParameterStore(), device: Device(threads: threads), seed: findings.seed)
  }

  /// The loss as a component whose parameters are those of the parts that it trains.
  private static func specimen(
    _ objective: ConfiguredObjective, _ setting: BuiltObjective.Setting, _ seed: UInt64
  ) -> Specimen {
    // A data set's samples follow from the seed: what stands for the input tells the number of samples alone.
    Specimen(
      kind: .objective, name: objective.name, configuration: "", inputs: [ModalityShape("samples", [1])],
      isStochastic: false, infer: { _ in [] },
      make: { context in
        let built = BuiltObjective(objective, setting, context: context)
        for parameter in built.store.trainable where !objective.traits.trains.contains(built.part(of: parameter)) {
          parameter.isTrainable = false
        }
        return { inputs, pass in
          let samples = inputs[0].shape[0]
          let loss = (try? built.losses(built.step(samples, seed: seed, pass)))?.total
          return (loss ?? .zeros([], device: pass.device)).broadcast(to: [samples])
        }
      })
  }

  private static func compare(
    _ got: BuiltObjective.Outcome, _ expected: BuiltObjective.Outcome, _ what: String, _ findings: inout Findings
  ) {
    findings.expectSameBits(got.loss?.scalars ?? [], expected.loss?.scalars ?? [], "the loss \(what)")
    for name in expected.after.keys.sorted() {
      findings.expectSameBits(got.after[name] ?? [], expected.after[name] ?? [], "the gradient of '\(name)' \(what)")
    }
  }
}

extension BuiltObjective {
  /// One step of six samples, with the task's loss.
  fileprivate func outcome(_ seed: UInt64, number: Int = 0) throws(PipelineError) -> Outcome {
    try run(6, seed: seed, number: number, addingTask: true)
  }
}
