import FusionCore

extension Check {
  static let parameters = [
    Check(
      "PAR-1", "parameter names are unique, valid and those on record",
      protects: "saved models that cannot be read any more after a parameter was renamed", isOfPipeline: true
    ) { plugin, findings in
      for specimen in plugin.representatives {
        findings.within(
          [specimen.configuration, specimen.inputsDescription].filter { !$0.isEmpty }.joined(separator: " › ")
        ) {
          checkNames(specimen, plugin.record, &$0)
        }
      }
    },
    Check(
      "PAR-3", "the same seed gives the same parameters, another seed others",
      protects: "runs that do not repeat, and repetitions with other seeds that are none", level: .configuration
    ) { specimen, findings in
      let first = BuiltComponent(specimen, seed: findings.seed)
      let again = BuiltComponent(specimen, seed: findings.seed)
      let other = BuiltComponent(specimen, seed: findings.seed &+ 1)
      let (one, two, three) = (first.values, again.values, other.values)
      for parameter in first.store.parameters {
        let what = "parameter '\(parameter.name)' \(parameter.value.shape)"
        findings.expectSameBits(
          two[parameter.name] ?? [], one[parameter.name] ?? [], "\(what), made twice with one seed",
          hint: "draw from the initializer of context.parameter, not from the system")
        // Constants, ones of a norm for instance, need no seed; buffers may hold a fixed table.
        guard parameter.role == .weight, Set(parameter.value.scalars).count > 1 else { continue }
        if one[parameter.name] == three[parameter.name] {
          findings.fail("\(what) is the same for two seeds", hint: "a random stream of its own, with a fixed seed?")
        }
      }
    },
  ]

  private static func checkNames(_ specimen: Specimen, _ record: ParameterRecord?, _ findings: inout Findings) {
    let trial = BuiltComponent(specimen, seed: findings.seed)
    let names = trial.store.parameters.map(\.name)
    for name in Set(trial.store.duplicateNames).sorted() {
      findings.fail("parameter '\(name)' is made twice", hint: "a scope for each part: context.scope(\"gates.image\")")
    }
    for name in names where name.wholeMatch(of: /[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*/) == nil {
      findings.fail("parameter '\(name)'   expected words joined by dots, as in PyTorch's state_dict")
    }
    guard let record else { return }
    let (got, expected) = record.lines(of: specimen)
    guard let expected else {
      return findings.fail(
        "this configuration is not on record", hint: "record it with FUSIONKIT_RECORD=1, and read what changed")
    }
    guard got != expected else { return }
    let (lost, new) = (expected.filter { !got.contains($0) }, got.filter { !expected.contains($0) })
    let words = { (lines: [String]) in
      lines.isEmpty ? "nothing" : lines.map { $0.drop { $0 == " " } }.joined(separator: ", ")
    }
    findings.fail(
      "on record and not made: \(words(lost))", "made and not on record: \(words(new))",
      hint: lost.isEmpty && new.isEmpty
        ? "the order differs"
        : "models saved before cannot be loaded any more: say so in the changelog, and record it with FUSIONKIT_RECORD=1"
    )
  }
}
