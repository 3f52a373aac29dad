import FusionConformance
import FusionCore
import Testing

/// A fusion that declares failures: FWD-1 really fails, GRD-1 does not.
private struct Declaring: Fusion {
  static let name = "declaring"
  static let summary = "the first modality with noise"
  typealias Configuration = NoConfiguration
  static let knownFailures = [
    "FWD-1": "draws noise in evaluation", "GRD-1": "wrong, it says", "GRD-9": "no such check",
  ]
  static func traits(_ configuration: Configuration) -> FusionTraits { FusionTraits() }
  private let state = ToyState()
  init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {}
  func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    guard pass.mode == .evaluation else { return features.tensors[0] }
    state.evaluations += 1
    return features.tensors[0] + Float(state.evaluations) * 1e-5
  }
}

@Suite struct KnownFailureTests {
  private let report = Conformance(only: ["REG-1", "FWD-1", "GRD-1"]).report(on: Declaring.self)

  @Test func aKnownFailureIsToldWithItsReason() throws {
    #expect(report.knownFailures.map(\.id) == ["FWD-1"])
    #expect(report.knownFailures.map(\.reason) == ["draws noise in evaluation"])
  }

  @Test func anUnexpectedPassFails() throws {
    let failure = try #require(report.failures.first { $0.id == "GRD-1" })
    #expect(failure.lines == ["is declared a known failure, 'wrong, it says', and passes"])
    #expect(failure.hint == "take GRD-1 out of knownFailures")
  }

  @Test func aReasonForNoCheckFails() throws {
    let failure = try #require(report.failures.first { $0.id == "REG-1" })
    #expect(failure.lines.contains { $0.contains("GRD-9") })
    #expect(!report.isPassed)
  }
}

@Suite struct ReportTests {
  @Test func aFailureTellsAllThatIsNeededToRepeatIt() throws {
    let report = Conformance(seed: 7, only: ["GRD-1"]).report(on: ToyFusion<GRD1>.self)
    let text = try #require(report.failures.first).description.split(separator: "\n").map(String.init)
    #expect(text[0] == "✘ GRD-1 gradient matches finite difference: toy")
    #expect(text[1].hasPrefix("  parameter 'projections.image.weight' [6, 5], worst "))
    #expect(text[2].hasPrefix("  analytic ") && text[2].contains("   numeric "))
    #expect(text[2].hasSuffix("(allowed 0.01)"))
    #expect(text[3].hasPrefix("  trace: modalities image [5], audio [3], text [4] › batch 3 › seed 7   (and "))
    #expect(text[4] == "  hint: ratio near 2: a term may be counted twice")
    #expect(text[5] == "  again: fusionkit conformance toy --only GRD-1 --seed 7")
    #expect(text.count == 6)
  }

  @Test func everyRuleIsSaidDescription() {
    for check in Check.all {
      #expect(check.id.wholeMatch(of: /[A-Z]{3}-\d/) != nil)
      #expect(!check.rule.isEmpty && !check.rule.hasSuffix(".") && !check.protects.isEmpty)
    }
    #expect(Set(Check.all.map(\.id)).count == Check.all.count)
  }

  @Test func aRenamedParameterIsToldByTheRecord() throws {
    let record = ParameterRecord(of: ToyFusion<Valid>.self)
    #expect(Conformance(only: ["PAR-1"]).report(on: ToyFusion<Valid>.self, record: record).isPassed)
    let old = ParameterRecord(text: record.text.replacing("projections.image.weight", with: "gates.image.weight"))
    let failure = try #require(
      Conformance(only: ["PAR-1"]).report(on: ToyFusion<Valid>.self, record: old).failures.first)
    #expect(failure.lines[0] == "on record and not made: gates.image.weight [6, 5]")
    #expect(failure.lines[1] == "made and not on record: projections.image.weight [6, 5]")
    let empty = Conformance(only: ["PAR-1"]).report(on: ToyFusion<Valid>.self, record: ParameterRecord(text: ""))
    #expect(!empty.isPassed)
  }
}
