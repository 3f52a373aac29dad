import FusionConfig
import FusionCore
import Testing

/// The section `compare`, and experiments changed by it.
@Suite struct CompareSectionTests {
  private let text =
    plainText + """
      compare:
        fusions:
          toy_pair: {form: scalar}
          mine: {type: toy_pair, rank: 7}

      """

  @Test func labelsAreReadInOrderAndAreNoPartOfARun() throws {
    let experiment = try load(text)
    #expect(experiment.compared.map(\.label) == ["toy_pair", "mine"])
    #expect(experiment.compared.map(\.fusion) == ["toy_pair", "toy_pair"])
    #expect(experiment.resolvedYAML == (try load(plainText).resolvedYAML))
    #expect(try load(plainText + "compare:\n").compared.isEmpty)
  }

  @Test func aChangeReplacesTheFusionAndNothingElse() throws {
    let experiment = try load(text)
    var change = ExperimentChange(name: "other", fusion: "mine")
    change.seed = UInt64.max
    let changed = try experiment.changed(change, registry: toyRegistry)
    #expect(changed.name == "other")
    #expect(changed.seed == UInt64.max)
    #expect(changed.fusionOptions == "rank: 7")
    #expect(
      changed
        == (try load(plainText, "name=other", "seed=18446744073709551615", "fusion.type=toy_pair", "fusion.rank=7")))
    change.fusion = "toy_join"
    change.modalities = ["audio"]
    let alone = try experiment.changed(change, registry: toyRegistry)
    #expect(alone.pipeline.branches.map(\.name) == ["audio"])
    #expect(alone.fusionOptions == "")
    // The experiment's own options, where it is the same fusion and the section has none.
    let own = try load(plainText.replacing("toy_join", with: "toy_pair, rank: 5"))
    let again = try own.changed(ExperimentChange(name: "again", fusion: "toy_pair"), registry: toyRegistry)
    #expect(again.fusionOptions == "rank: 5")
  }

  @Test func trainingKeysOfAMethodLieOverTheExperiments() throws {
    let base = plainText + "training: {epochs: 3, optimizer: {type: adam, learning_rate: 0.01, weight_decay: 0.1}}\n"
    let experiment = try load(
      base + "compare: {fusions: {mine: {type: toy_pair, training: {epochs: 8, optimizer: {learning_rate: 0.5}}}}}\n")
    #expect(experiment.resolvedYAML == (try load(base).resolvedYAML))
    var change = ExperimentChange(name: "other", fusion: "mine")
    let changed = try experiment.changed(change, registry: toyRegistry)
    let expected = [
      "name=other", "fusion.type=toy_pair", "training.epochs=8", "training.optimizer.learning_rate=0.5",
    ]
    #expect(changed == (try load(base, expected)))
    #expect(experiment.comparedTraining("mine") == "epochs: 8, optimizer.learning_rate: 0.5")
    #expect(experiment.comparedTraining("toy_join") == nil)
    // A rate that was chosen for the method comes last, and keys of the data beside it.
    change.learningRate = 0.25
    change.data = [.init("cut_seed", .integer(7))]
    #expect(
      try experiment.changed(change, registry: toyRegistry)
        == load(base, expected + ["training.optimizer.learning_rate=0.25", "data.cut_seed=7"]))
    // Another optimizer starts afresh; without a section there is one, too.
    let other = try load(plainText + "compare: {fusions: {toy_pair: {training: {optimizer: {type: adamw}}}}}\n")
    #expect(
      try other.changed(ExperimentChange(name: "x", fusion: "toy_pair"), registry: toyRegistry)
        == load(plainText, ["name=x", "fusion.type=toy_pair", "training.optimizer.type=adamw"]))
  }

  @Test func mistakesInTrainingKeysAreToldAtTheirPlaces() {
    let found = message(
      plainText + """
        compare:
          fusions:
            toy_pair: {training: {epoch: 3}}
            mine: {type: toy_pair, training: {optimizer: {learning_rate: -1}}}
            other: {type: toy_pair, training: 3}
            none: {type: toy_pair, training: null}

        """)
    for expected in [
      "test.yaml:9:27: error: unknown key 'epoch' in training", "did you mean 'epochs'?", "test.yaml:10:66: error: ",
      "test.yaml:11:39: error: expected a map of training keys for 'compare.fusions.other.training', got 3",
    ] {
      #expect(found.contains(expected), "\(found)")
    }
    #expect(!found.contains("test.yaml:12"), "\(found)")
  }

  @Test func whatDoesNotFitIsShownWhereItStands() throws {
    var change = ExperimentChange(name: "alone", fusion: "mine")
    change.modalities = ["image"]
    let error = #expect(throws: ConfigError.self) { try load(text).changed(change, registry: toyRegistry) }
    let message = try #require(error).description
    #expect(message.contains("toy_pair' takes exactly 2 modalities, the pipeline has 1: image"))
    #expect(message.hasPrefix("test.yaml:10:"))
  }

  @Test func mistakesAreToldAtTheirPlaces() {
    let wrong =
      plainText + """
        compare:
          fusion: {}
          fusions:
            toy_jion: {}
            Mine: {type: toy_join}
            toy_join: {type: toy_pair}
            toy_pair: {form: vektor}
            list: [1]

        """
    let found = message(wrong)
    for expected in [
      "test.yaml:8:3: error: unknown key 'fusion' in compare",
      "test.yaml:10:5: error: unknown fusion 'toy_jion'", "did you mean 'toy_join'?",
      "test.yaml:11:5: error: 'Mine' cannot name a fusion",
      "test.yaml:12:5: error: 'toy_join' is the name of another fusion than 'toy_pair'",
      "unknown value 'vektor' for 'form'", "test.yaml:14:11: error: expected a map with 'type' for 'fusion'",
    ] {
      #expect(found.contains(expected), "\(found)")
    }
    #expect(
      message(plainText + "compare: {fusions: 3}\n").contains("expected a map of fusions for 'compare.fusions', got 3"))
  }
}
