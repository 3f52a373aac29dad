import FusionConfig
import FusionCore
import Optimizers
import Testing

@Suite struct SweepTests {
  private func sweep(_ section: String, _ overrides: String...) throws -> SweepSettings {
    let experiment = try Experiment.load(
      text: plainText + "sweep:\n" + section, name: "test.yaml", overrides: overrides, registry: toyRegistry)
    return try #require(experiment.sweep)
  }

  private func mistake(_ section: String, _ overrides: String...) -> String {
    do throws(ConfigError) {
      let experiment = try Experiment.load(
        text: plainText + "sweep:\n" + section, name: "test.yaml", overrides: overrides, registry: toyRegistry)
      _ = try experiment.trials(registry: toyRegistry)
      return "loaded"
    } catch { return error.description }
  }

  private func lines(_ trials: [[ConfigValue]]?) throws -> [String] {
    try #require(trials).map { trial in String(ConfigValue.list(trial).json) }
  }

  // MARK: Combinations

  @Test func aGridTriesAllCombinationsTheLastKeyFastest() throws {
    let settings = try sweep(
      """
        parameters:
          training.batch_size: [8, 16]
          training.optimizer.learning_rate: {low: 0.1, high: 0.3, step: 0.1}
          decoder.hidden: [[5], [5, 6]]
      """)
    #expect(settings.combinationCount == 12)
    let trials = try lines(settings.trials(seed: 1))
    #expect(trials.count == 12)
    #expect(trials.prefix(4) == ["[8, 0.1, [5]]", "[8, 0.1, [5, 6]]", "[8, 0.2, [5]]", "[8, 0.2, [5, 6]]"])
    #expect(trials.last == "[16, 0.3, [5, 6]]")
    #expect(try lines(settings.trials(seed: 2)) == trials)
  }

  @Test func rangesAreSpacedByDistanceNumberOrRatio() throws {
    let settings = try sweep(
      """
        parameters:
          training.optimizer.learning_rate: {low: 1e-4, high: 1e-1, log: true, count: 4}
          training.optimizer.momentum: {low: 0, high: 0.9, count: 4}
          training.epochs: {low: 3, high: 6}
          training.batch_size: {low: 8, high: 128, log: true, count: 5}
          modalities.image.encoder.dropout: {low: 0.1, high: 0.45, step: 0.1}
      """)
    #expect(
      settings.parameters.map { $0.list.map { ConfigValue.list($0).json } } == [
        "[0.0001, 0.001, 0.01, 0.1]", "[0.0, 0.3, 0.6, 0.9]", "[3, 4, 5, 6]", "[8, 16, 32, 64, 128]",
        "[0.1, 0.2, 0.3, 0.4]",
      ])
  }

  @Test func severalKeysAreSetTogetherAndMapsAreMerged() throws {
    let experiment = try load(
      plainText + """
        sweep:
          parameters:
            modalities.image.encoder.dropout, modalities.audio.encoder.dropout: [0.2, 0.5]
            fusion: [{type: join}, {type: toy_pair, rank: 9}]
            training.optimizer: [{type: adam, betas: [0.5, 0.9]}, {learning_rate: 7}]
        """)
    let trials = try #require(try experiment.trials(registry: toyRegistry))
    #expect(trials.count == 8)
    let last = try experiment.trial(trials[7], registry: toyRegistry)
    #expect(last.sweep == nil)
    for branch in last.pipeline.branches {
      let encoder = try #require(branch.encoder.configuration as? ToyEncoder.Configuration)
      #expect(encoder.dropout == 0.5)
    }
    #expect((last.pipeline.branches[1].encoder.configuration as? ToyEncoder.Configuration)?.blocks == 2)
    #expect((last.pipeline.fusion.configuration as? ToyPairFusion.Configuration)?.rank == 9)
    #expect(last.training.optimizer == sgd { $0.learningRate = 7 })
    let first = try experiment.trial(trials[0], registry: toyRegistry).training.optimizer
    #expect((first.configuration as? Adam.Configuration)?.betas == [0.5, 0.9])
    #expect(experiment.sweep?.shortNames == ["dropout", "fusion", "optimizer"])
  }

  @Test func foldsOfATrialStandInItsConfiguration() throws {
    let experiment = try load(plainText + "sweep: {folds: 4, parameters: {training.epochs: [1, 2]}}\n")
    let fold = FoldSettings(index: 3, of: 4)
    let trial = try experiment.trial([.integer(2)], fold: fold, registry: toyRegistry)
    #expect(trial.data.fold == fold)
    #expect(trial.data.outerFold == nil)
    #expect(trial.training.epochs == 2)
    #expect(try load(trial.resolvedYAML) == trial)
    #expect(
      message(plainText.replacing("root: data/toy", with: "fold: {index: 6}")).contains("there is no fold 6 of 5"))
    #expect(
      message(plainText.replacing("root: data/toy", with: "outer_fold: {index: 0, of: 1}"))
        .contains("expected a whole number from 2 to 1000 for 'of', got 1"))
  }

  // MARK: Chance

  private let ranges = """
      sampler: {type: random, trials: 400}
      parameters:
        training.optimizer.learning_rate: {low: 1e-4, high: 1e-1, log: true}
        training.optimizer.momentum: {low: 0.2, high: 0.6}
        training.epochs: {low: 1, high: 4}
        training.batch_size: {low: 1, high: 64, log: true}
        fusion.type: [toy_join, toy_pair]
    """

  @Test func randomTrialsKeepTheirBoundsAndSpread() throws {
    let trials = try #require(try sweep(ranges).trials(seed: 5))
    #expect(trials.count == 400)
    #expect(Set(try lines(trials)).count == 400)
    func numbers(_ place: Int) -> [Double] { trials.compactMap { $0[place].number } }
    func share(_ place: Int, below bound: Double) -> Double { Double(numbers(place).count { $0 < bound }) / 400 }
    #expect(numbers(0).allSatisfy { 1e-4...1e-1 ~= $0 } && numbers(1).allSatisfy { 0.2...0.6 ~= $0 })
    // Half of the draws lie below the geometric or the arithmetic middle: within four standard errors.
    #expect(abs(share(0, below: 0.003162) - 0.5) < 0.1)
    #expect(abs(share(1, below: 0.4) - 0.5) < 0.1)
    for epochs in 1...4 { #expect(abs(Double(numbers(2).count { $0 == Double(epochs) }) / 400 - 0.25) < 0.09) }
    #expect(trials.allSatisfy { if case .integer = $0[2], case .integer = $0[3] { true } else { false } })
    #expect(numbers(3).allSatisfy { 1...64 ~= $0 } && abs(share(3, below: 7.5) - 0.557) < 0.1)
    #expect(abs(Double(trials.count { $0[4] == .string("toy_pair") }) / 400 - 0.5) < 0.1)
  }

  @Test func randomTrialsFollowFromTheSeedWhateverTheirNumber() throws {
    let all = try lines(try sweep(ranges).trials(seed: 5))
    #expect(try lines(try sweep(ranges, "sweep.sampler.trials=7").trials(seed: 5)) == Array(all.prefix(7)))
    #expect(try lines(try sweep(ranges).trials(seed: 6)) != all)
  }

  @Test func randomTrialsOfFewCombinationsAreAllOfThem() throws {
    let section = "  sampler: {type: random, trials: 6}\n  parameters: {training.epochs: [1, 2, 3], seed: [4, 5]}\n"
    let trials = try lines(try sweep(section).trials(seed: 0))
    #expect(trials.sorted() == ["[1, 4]", "[1, 5]", "[2, 4]", "[2, 5]", "[3, 4]", "[3, 5]"])
    #expect(
      mistake(section, "sweep.sampler.trials=7")
        == "--set sweep.sampler.trials=7: error: 7 trials, and only 6 combinations\n"
        + "  take the sampler grid, which tries all of them, or fewer trials")
  }

  // MARK: The section

  @Test func aSearchIsWrittenOutAndKnownAgain() throws {
    let text = plainText + "sweep:\n" + ranges + "\n"
    let experiment = try load(text)
    #expect(!experiment.resolvedYAML.contains("sweep"))
    let yaml = try #require(experiment.sweepYAML)
    let again = try load(yaml)
    #expect(again.sweepYAML == yaml)
    #expect(try lines(again.trials(registry: toyRegistry)) == lines(experiment.trials(registry: toyRegistry)))
    #expect(try load(text, "sweep.sampler.trials=9").isSameSweep(as: yaml))
    #expect(try !load(text, "sweep.folds=2").isSameSweep(as: yaml))
    #expect(try !load(text, "training.select=last").isSameSweep(as: yaml))
    #expect(!experiment.isSameSweep(as: ": : nonsense ["))
  }

  @Test func argumentsReplaceAndRemoveParameters() throws {
    let section = "  parameters: {training.epochs: [1, 2], seed: [4, 5]}\n"
    let settings = try sweep(
      section, "sweep.parameters.training.epochs=[7, 8, 9]", "sweep.parameters.seed=null",
      "sweep.parameters.decoder.hidden=[[1], [2]]",
      "sweep.parameters.training.gradient_clip={low: 1, high: 2, count: 3}")
    // Arguments make maps on their way: what they say of `training` stays together.
    #expect(settings.parameters.map(\.name) == ["training.epochs", "training.gradient_clip", "decoder.hidden"])
    #expect(settings.combinationCount == 18)
    #expect(try load(plainText + "sweep:\n" + section, "sweep=null").sweep == nil)
  }

  @Test func shortNamesTellParametersApart() throws {
    let settings = try sweep(
      """
        parameters:
          modalities.image.encoder.dropout: [0.1, 0.2]
          modalities.audio.encoder.dropout: [0.1, 0.2]
          training.epochs: [1, 2]
      """)
    #expect(settings.shortNames == ["image.encoder.dropout", "audio.encoder.dropout", "epochs"])
  }

  @Test func everyMistakeIsShownAtOnceAtItsPlaceInTheSweep() {
    #expect(
      mistake(
        """
          parameters:
            modalities.image.encoder.dropot, modalities.audio.encoder.blocks: [1, 2]
            training.epochs: [1, -2, x]
            decoder.hidden: [[5], [0]]
            training.optimizer.learning_rate: {low: -1, high: 1, step: 1}
            fusion.type: [toy_join, toy_jion]
        """) == """
          test.yaml:9:5: error: unknown key 'dropot' in modalities.image.encoder
              9 |     modalities.image.encoder.dropot, modalities.audio.encoder.blocks: [1, 2]
                |     ^ did you mean 'dropout'?
            available: type, blocks, hidden, dropout, width   (fusionkit describe toy_net)
          test.yaml:10:26: error: expected a whole number of at least 0 for 'epochs', got -2
             10 |     training.epochs: [1, -2, x]
                |                          ^
          test.yaml:10:30: error: expected a whole number of at least 0 for 'epochs', got 'x'
             10 |     training.epochs: [1, -2, x]
                |                              ^
          test.yaml:11:28: error: expected a whole number of at least 1 for 'hidden', got 0
             11 |     decoder.hidden: [[5], [0]]
                |                            ^
          test.yaml:12:45: error: expected a number of at least 0 for 'learning_rate', got -1
             12 |     training.optimizer.learning_rate: {low: -1, high: 1, step: 1}
                |                                             ^
          test.yaml:13:29: error: unknown fusion 'toy_jion'
             13 |     fusion.type: [toy_join, toy_jion]
                |                             ^ did you mean 'toy_join'?
            available: toy_join, toy_pair   (fusionkit list fusions)
          """)
  }

  @Test(arguments: [
    ("  folds: 3\n", "missing key 'parameters' in sweep"),
    ("  parameters: {}\n", "expected a map of at least one parameter for 'parameters', got none"),
    ("  parameters: [1]\n", "expected a map of at least one parameter for 'parameters', got a list"),
    ("  parameters: {seed: []}\n", "no values for 'seed'"),
    ("  parameters: {seed: [1]}\n", "one value for 'seed' leaves nothing to search"),
    ("  parameters: {seed: [1, 2, 1]}\n", "1 is listed twice for 'seed'"),
    ("  parameters: {seed: 1}\n", "expected a list of values, or a range, for 'seed', got 1"),
    ("  parameters: {seed: {lo: 1, high: 2}}\n", "unknown key 'lo' in the range of 'seed'"),
    ("  parameters: {seed: {high: 2}}\n", "missing key 'low' in the range of 'seed'"),
    ("  parameters: {seed: {low: 2, high: 2}}\n", "the range of 'seed' is empty"),
    ("  parameters: {seed: {low: 0, high: 2, log: true}}\n", "expected a number above 0 for 'low'"),
    ("  parameters: {seed: {low: 0, high: 9, step: 3, count: 4}}\n", "'step' and 'count' both say which numbers"),
    ("  parameters: {seed: {low: 0, high: 9, step: 1.5}}\n", "expected a whole number for 'step', got 1.5"),
    ("  parameters: {seed: {low: 1, high: 9, log: true}}\n", "loaded"),
    ("  parameters: {training.gradient_clip: {low: 1, high: 9}}\n", "a grid cannot try all numbers in the range of"),
    ("  parameters: {seed: {low: 1, high: 20000}}\n", "the grid has 20000 combinations, more than 10000"),
    ("  parameters: {name: [a, b]}\n", "'name' cannot be varied"),
    ("  parameters: {sweep.folds: [2, 3]}\n", "'sweep.folds' cannot be varied"),
    ("  parameters: {data.fold.index: [1, 2]}\n", "'data.fold.index' cannot be varied: see sweep.folds"),
    ("  parameters: {training..epochs: [1, 2]}\n", "'training..epochs' lacks a key"),
    ("  parameters: {'seed,': [1, 2]}\n", "'' lacks a key"),
    ("  parameters: {'seed, seed': [1, 2]}\n", "'seed' is varied twice"),
    ("  parameters: {fusion: [{type: toy_join}, {type: toy_pair}], fusion.rank: [1, 2]}\n", "would undo each other"),
    ("  parameters: {seed: [1, 2]}\n  folds: 1\n", "one fold leaves nothing to train on"),
    ("  parameters: {seed: [1, 2]}\n  folds: -1\n", "expected a whole number from 0 to 1000 for 'folds', got -1"),
    ("  parameters: {seed: [1, 2]}\n  metric: test.accuracy\n", "write validation.accuracy"),
    ("  parameters: {seed: [1, 2]}\n  metric: loss\n", "expected validation.METRIC for 'metric', got 'loss'"),
    ("  parameters: {seed: [1, 2]}\n  sampler: {type: random, trials: 0}\n", "for 'trials', got 0"),
    ("  parameters: {seed: [1, 2]}\n  sampler: {type: tpe}\n", "unknown type 'tpe' in sweep.sampler"),
    ("  parameters: {seed: [1, 2]}\n  sampler: {trials: 3}\n", "unknown key 'trials' in sweep.sampler"),
    ("  parameters: {seed: [1, 2]}\n  fold: 3\n", "did you mean 'folds'?"),
    ("  3\n", "expected a map for 'sweep', got 3"),
  ])
  func aSweepThatCannotBe(section: String, expected: String) {
    let found = mistake(section)
    #expect(found.contains(expected), "\(found)")
  }

  @Test func aCombinationThatCannotBeIsFoundAmongTheTrials() {
    let section = "  parameters: {training.optimizer.momentum: [0.9, 0], training.optimizer.nesterov: [false, true]}\n"
    #expect(mistake(section).contains("'nesterov' wants a momentum above 0"))
  }

  @Test func foldsAreSetByTheSweepAlone() {
    let text = plainText.replacing("root: data/toy", with: "fold: {index: 1, of: 2}")
    let section = "sweep: {folds: 2, parameters: {seed: [1, 2]}}\n"
    #expect(message(text + section).contains("'data.fold' is what the sweep sets for each run"))
    #expect(message(text + section.replacing("folds: 2, ", with: "")).hasPrefix("loaded"))
  }
}

extension ConfigValue {
  fileprivate var number: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .number(let number): number
    default: nil
    }
  }
}
