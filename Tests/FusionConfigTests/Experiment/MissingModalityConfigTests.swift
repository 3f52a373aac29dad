import FusionConfig
import FusionCore
import Testing

/// `fusion.missing` and `training.modality_dropout`.
@Suite struct MissingModalityConfigTests {
  @Test func whatIsMissingIsTheFusionsOwnAffairUnlessSaidOtherwise() throws {
    let plain = try load(plainText)
    #expect(plain.pipeline.fusion.missing == .own && plain.pipeline.fusion.missingPolicy == .zero)
    #expect(plain.training.modalityDropout == .all(0))
    let mean = try load(plainText, "fusion.missing=mean")
    #expect(mean.pipeline.fusion.missingPolicy == .mean && mean != plain)
    #expect(try load(mean.resolvedYAML).pipeline.fusion.missing == .mean)
  }

  @Test func aChoiceThatDoesNotExistIsShownWithItsPlace() {
    #expect(
      message(plainText.replacing("{type: toy_join}", with: "{type: toy_join, missing: tokn}")) == """
        test.yaml:5:35: error: unknown value 'tokn' for 'missing'
            5 | fusion: {type: toy_join, missing: tokn}
              |                                   ^ did you mean 'token'?
          available: own, zero, mean, token, refuse
        """)
    #expect(message(plainText, "fusion.mising=zero").contains("did you mean 'missing'?"))
  }

  @Test func probabilitiesAreOneOrByName() throws {
    let one = try load(plainText, "training.modality_dropout=0.25")
    #expect(one.training.modalityDropout == .all(0.25) && one.training.modalityDropout.probability("audio") == 0.25)
    let each = try load(plainText, "training.modality_dropout={audio: 0.5}")
    #expect(each.training.modalityDropout == .each(["audio": 0.5]))
    #expect(each.training.modalityDropout.probability("image") == 0)
    for experiment in [one, each] {
      #expect(try load(experiment.resolvedYAML) == experiment)
    }
    // The bound itself: every sample then keeps exactly one of the two.
    #expect(message(plainText, "training.modality_dropout=0.5").hasPrefix("loaded"))
    #expect(message(plainText, "training.modality_dropout={image: 0.9, audio: 0.1}").hasPrefix("loaded"))
  }

  @Test(arguments: [
    ("1", "expected a number from 0 to below 1 for 'modality_dropout', got 1"),
    ("-0.1", "expected a number from 0 to below 1 for 'modality_dropout', got -0.1"),
    ("often", "expected a number from 0 to below 1 for 'modality_dropout', got 'often'"),
    ("[0.1]", "expected a number from 0 to below 1, or a map for 'modality_dropout', got"),
    ("{audio: 1.5}", "expected a number from 0 to below 1 for 'modality_dropout.audio', got 1.5"),
    ("{audio: yes}", "expected a number from 0 to below 1 for 'modality_dropout.audio', got 'yes'"),
    ("{adio: 0.5}", "there is no modality 'adio'"),
    ("{adio: 0.5}", "did you mean 'audio'?"),
    ("0.6", "probabilities that add up to 1.2 for 2 modalities, of which every sample keeps one: expected at most 1"),
    ("{audio: 0.9, image: 0.2}", "probabilities that add up to 1.1 for 2 modalities"),
  ])
  func mistakesInProbabilities(_ value: String, _ expected: String) {
    let text = plainText + "training: {modality_dropout: \(value)}\n"
    #expect(message(text).contains(expected), "\(message(text))")
    #expect(message(text).hasPrefix("test.yaml:7:"))
  }

  @Test func aFusionThatRefusesCannotBeTrainedWithDropout() {
    let text = message(plainText, "fusion.missing=refuse", "training.modality_dropout=0.1")
    #expect(text.contains("the fusion 'toy_join' refuses samples that lack a modality"))
    #expect(message(plainText, "fusion.missing=refuse", "training.modality_dropout=0").hasPrefix("loaded"))
  }

  @Test func oneModalityOfTheSameFileIsValid() {
    for value in ["0.4", "{audio: 0.4, image: 0.3}"] {
      #expect(message(plainText, "modalities.audio=null", "training.modality_dropout=\(value)").hasPrefix("loaded"))
    }
  }

  @Test func theSchemaKnowsBoth() throws {
    let schema = experimentSchema(registry: toyRegistry)
    #expect(schema.contains("what takes the place of a missing modality"))
    #expect(schema.contains("probability that a modality is taken from a sample"))
  }
}
