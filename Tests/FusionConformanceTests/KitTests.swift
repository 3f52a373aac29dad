import FusionConformance
import FusionCore
import FusionMetrics
import Testing

/// The kit itself: what is valid passes, and what breaks a rule is told by that rule's id and by no other.
@Suite struct KitTests {
  @Test(arguments: [0, 1, 2, 3, 4] as [UInt64])
  func validToysPass(_ seed: UInt64) {
    let toys: [any Component.Type] = [
      ToyFusion<Valid>.self, ToyEncoder<Valid>.self, ToyDecoder<Valid>.self, ToyModality<Valid>.self,
      ToyMetric<Valid>.self, ToyOptimizer<Valid>.self, ToySchedule<Valid>.self,
      ToyObjective<ValidObjective>.self, ToyDataset<Valid>.self,
      ToyTransform<Valid>.self, ToyCallback<Valid>.self,
    ]
    for toy in toys {
      let report = Conformance(seed: seed).report(on: toy)
      #expect(report.isPassed, "\(report.failures.map(\.description).joined(separator: "\n"))")
    }
  }

  @Test func everyCheckHasAMutant() {
    #expect(Set((Mutant.all + Mutant.training).map(\.id)) == Set(Check.all.map(\.id)))
  }

  @Test(arguments: Mutant.all + Mutant.training)
  func aMutantFailsItsOwnCheckAndNoOther(_ mutant: Mutant) {
    let report = Conformance().report(on: mutant.type)
    #expect(
      report.failures.map(\.id) == [mutant.id], "\(report.failures.map(\.description).joined(separator: "\n"))")
  }

  /// A metric with what the arguments of a test need.
  struct Standard: Sendable, CustomTestStringConvertible {
    let type: any Metric.Type
    var testDescription: String { type.name }
  }

  @Test(arguments: StandardMetrics.all.map { Standard(type: $0) })
  func aMetricKeepsTheRules(_ metric: Standard) {
    let report = Conformance().report(on: metric.type)
    #expect(report.isPassed, "\(report.failures.map(\.description).joined(separator: "\n"))")
    // No rule for metrics was skipped.
    let rules = report.results.filter { $0.id.hasPrefix("MET-") }.map(\.outcome)
    #expect(rules.count == 6 && rules.allSatisfy { $0 == .passed(cases: 1) })
  }
}
