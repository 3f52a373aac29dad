import FusionCore
import FusionExport
import Testing

/// What has no graph is refused by name.
@Suite struct RefusalTests {
  @Test(arguments: [
    (FormulaFusion.Formula.random, "'random' draws random numbers in evaluation"),
    (.drop, "'dropout' draws random numbers in evaluation"),
    (.custom, "'doubled' is computed in a way of its own"),
    (.outside, "'+' two batches use different numbers"), (.twoWays, "another batch goes on with"),
    (.batch, "'/' two batches use different numbers"), (.otherRows, "'+' two batches use different numbers"),
    (.square, "'reshaped' 4 samples give the shape [1, 16], 6 give [1, 36]"),
  ])
  func aFormulaWithoutAGraph(_ formula: FormulaFusion.Formula, _ words: String) throws {
    let error = try #require(throws: ExportError.self) { try ToyModel(formula: formula).export() }
    #expect(error.description.contains("the fusion 'formula' cannot be exported"), "\(error)")
    #expect(error.description.contains(words), "\(error)")
    #expect(error.exitStatus == 1)
  }

  @Test func aResultThatDependsOnNothingIsAGraphAllTheSame() throws {
    let model = try ToyModel(formula: .constant).read()
    #expect(model.mistakes == [])
  }

  @Test func missingModalitiesThatAreRefused() throws {
    var toy = ToyModel(formula: nil, missing: .refuse)
    toy.options.takesMissing = true
    let refused = try #require(throws: ExportError.self) { try toy.export() }
    #expect(refused.description.contains("the fusion 'concat' refuses samples that lack a modality"))
  }

  @Test(arguments: ["logits", "probabilities"]) func aModalityCalledAsAnOutput(_ name: String) throws {
    let error = try #require(throws: ExportError.self) { try ToyModel(modalities: [name, "audio"]).export() }
    #expect(error.description.contains("two values called '\(name)'"))
  }

  @Test func aStoredTypeThatIsNotKnown() throws {
    var toy = ToyModel()
    toy.audio.elementType = "complex64"
    let error = try #require(throws: ExportError.self) { try toy.export() }
    #expect(error.description.contains("the data of 'audio' are stored as 'complex64'"))
  }
}
