import FusionCore

extension Check {
  /// FWD-6.
  static let missingModality = Check(
    "FWD-6", "a missing modality is dealt with as declared: what stands in its place does not count",
    protects:
      "samples whose missing half is read all the same, as zeros that a bias shifts or as what was there before",
    level: .shapes, where: { $0.missing != nil && !$0.isStochastic && $0.inputs.count > 1 }
  ) { specimen, findings in
    guard let missing = specimen.missing else { return }
    let cases = MissingCases(specimen, missing, seed: findings.seed)
    try findings.within("missing: \(missing.policy)") { findings in
      guard missing.policy != .refuse else { return cases.refusal(&findings) }
      try cases.valuesAndGradients(&findings)
      try cases.samplesApart(&findings)
      if missing.policy == .skip || missing.policy == .renormalise { try cases.asIfNotThere(&findings) }
    }
  }
}

/// A fusion on batches in which every modality is missing somewhere.
private struct MissingCases {
  private let specimen: Specimen
  private let missing: Specimen.Missing
  private let seed: UInt64
  /// Who has what: the first sample everything, then for each modality one that lacks it, and one that has it alone.
  private let presence: Presence
  private var names: [String] { specimen.inputs.map(\.modality) }

  init(_ specimen: Specimen, _ missing: Specimen.Missing, seed: UInt64) {
    self.specimen = specimen
    self.missing = missing
    self.seed = seed
    let all = specimen.inputs.indices
    let rows: [[Bool]] =
      [all.map { _ in true }] + all.map { lacking in all.map { $0 != lacking } }
      + all.map { alone in all.map { $0 == alone } }
    // Every mask marks something as missing.
    presence = Presence(all.map { modality in rows.map { $0[modality] } }, count: rows.count)!
  }

  /// A sample that lacks something has to be refused by the names of the modality and of the sample.
  func refusal(_ findings: inout Findings) {
    let trial = BuiltComponent(specimen, seed: seed)
    for (index, name) in names.enumerated() {
      let lacking = Presence(names.indices.map { $0 == index ? [true, false] : nil }, count: 2)
      findings.within("without \(name)") { findings in
        do {
          _ = try missing.make(trial.context)(trial.inputs(batch: 2), lacking, .evaluation(device: trial.device))
          findings.fail("a sample without '\(name)' was processed   expected an error")
        } catch {
          let text = "\(error)"
          guard text.contains("'\(name)'"), text.contains("sample 1") else {
            return findings.fail(
              "the error does not tell modality and sample", "got \(text)   expected one that names '\(name)', sample 1"
            )
          }
        }
      }
    }
  }

  /// Whatever stands in the place of what is missing: the same bits, all of them finite, and no gradient.
  func valuesAndGradients(_ findings: inout Findings) throws {
    let trial = BuiltComponent(specimen, seed: seed)
    let run = missing.make(trial.context)
    let inputs = trial.inputs(batch: presence.count)
    let pass = ForwardPass.evaluation(device: trial.device)
    let empty = try run(replaced(inputs, by: 0), presence, pass)
    // FWD-1 tells of evaluations that do not repeat.
    guard try run(replaced(inputs, by: 0), presence, pass).scalars == empty.scalars else { return }
    let filled = try run(replaced(inputs, by: 1000), presence, pass)
    findings.expectSameBits(
      filled.scalars, empty.scalars, "the output with 1000 in the place of missing values, and with 0",
      hint: "leave terms out by features.leavingOut(_:as:), or let the pipeline fill in: missing: .zero")
    finite(empty, "the output", &findings)

    let tape = Tape()
    var received = [Tensor?](repeating: nil, count: inputs.count)
    let watched = replaced(inputs, by: 1000).enumerated().map { index, input in
      tape.watch(input) { part in received[index] = received[index].map { $0 + part } ?? part }
    }
    let training = ForwardPass(mode: .training, tape: tape, device: trial.device, seed: seed, step: 0)
    let output = try run(watched, presence, training)
    finite(output, "the output in training", &findings)
    tape.backward(from: output)
    for (index, gradient) in received.enumerated() {
      guard let gradient else { continue }
      finite(gradient, "the gradient of input '\(names[index])'", &findings)
      let width = gradient.count / presence.count
      let leaking = (0..<presence.count).first { sample in
        !presence.has(index, sample: sample)
          && (0..<width).contains { gradient.storage.base[sample * width + $0] != 0 }
      }
      if let leaking {
        findings.fail(
          "the gradient of input '\(names[index])' is not 0 for sample \(leaking), which lacks it",
          hint: "choose with Tensor.where: a mask that is multiplied lets NaN through")
      }
    }
  }

  /// What one sample lacks does not change what becomes of another.
  func samplesApart(_ findings: inout Findings) throws {
    let trial = BuiltComponent(specimen, seed: seed)
    let run = missing.make(trial.context)
    let inputs = trial.inputs(batch: presence.count)
    let pass = ForwardPass.evaluation(device: trial.device)
    func alone(_ sample: Int, _ presence: Presence?) throws -> [Float] {
      try run(inputs.map { $0.rows([sample]) }, presence, pass).scalars
    }
    let whole = try run(inputs, nil, pass)
    let output = try run(inputs, presence, pass)
    guard output.shape.first == presence.count, whole.shape == output.shape else { return }  // SHP-1
    let width = output.count / presence.count
    func row(_ tensor: Tensor, _ sample: Int) -> [Float] {
      Array(tensor.scalars[sample * width..<(sample + 1) * width])
    }
    // FWD-3 tells of samples that depend on each other with nothing missing.
    for sample in 0..<presence.count where !isClose(try alone(sample, nil), row(whole, sample)) { return }
    for sample in 0..<presence.count {
      findings.expectClose(
        row(output, sample), try alone(sample, presence.samples([sample])),
        "sample \(sample) in a batch, and by itself",
        hint: "masks are one value a sample: Presence.mask gives them the shape that broadcasts")
    }
    findings.expectClose(row(output, 0), row(whole, 0), "sample 0, which lacks nothing, beside others that do")
  }

  /// A sample without the last modalities gives what a fusion of the others gives, where that has the same parameters.
  func asIfNotThere(_ findings: inout Findings) throws {
    let trial = BuiltComponent(specimen, seed: seed)
    let run = missing.make(trial.context)
    let inputs = trial.inputs(batch: 2)
    let pass = ForwardPass.evaluation(device: trial.device)
    func parameters(_ store: ParameterStore, without absent: ArraySlice<String> = []) -> Set<String> {
      let kept = store.parameters.filter { parameter in
        !parameter.name.split(separator: ".").contains { absent.contains(String($0)) }
      }
      return Set(kept.map { "\($0.name) \($0.value.shape)" })
    }
    for count in 1..<names.count {
      guard let fewer = missing.first(count), fewer.output == specimen.output else { continue }
      let other = BuiltComponent(fewer, seed: seed)
      // The same seed gives parameters of the same name and shape the same values. Where a fusion of fewer has another make,
      // such as no projections, nothing can be told.
      guard parameters(other.store) == parameters(trial.store, without: names[count...]) else { continue }
      let mask = names.indices.map { $0 < count ? nil : [false, false] as [Bool]? }
      let output = try run(inputs, Presence(mask, count: 2), pass)
      findings.expectClose(
        output.scalars, other.evaluate(Array(inputs.prefix(count))).scalars,
        "the output without \(names.dropFirst(count).joined(separator: ", ")), and that of a fusion which has only the others",
        hint: "weights that are to be shared among the modalities at hand: features.renormalisation")
    }
  }

  private func replaced(_ inputs: [Tensor], by value: Float) -> [Tensor] {
    inputs.enumerated().map { index, input in
      presence.mask(index, rank: input.rank, device: input.device).map { Tensor.where($0, input, value) } ?? input
    }
  }

  private func isClose(_ a: [Float], _ b: [Float]) -> Bool {
    let scale = max(1e-3, b.map(\.magnitude).max() ?? 0)
    return a.count == b.count && zip(a, b).allSatisfy { ($0 - $1).magnitude <= 1e-4 * scale }
  }

  private func finite(_ tensor: Tensor, _ what: String, _ findings: inout Findings) {
    guard let index = tensor.scalars.firstIndex(where: { !$0.isFinite }) else { return }
    findings.fail("\(what) \(tensor.shape)", "value \(index): got \(tensor.scalars[index])   expected a finite number")
  }
}
