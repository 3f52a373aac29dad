import FusionConfig
import FusionCore
import Testing

@Suite struct ExperimentTests {
  @Test func defaultsFillWhatIsLeftOut() throws {
    let experiment = try load(plainText)
    #expect(experiment.name == "test")
    #expect(experiment.seed == 0)
    #expect(experiment.pipeline.branches.map(\.name) == ["image", "audio"])
    #expect(experiment.training.epochs == 20)
    #expect(experiment.training.optimizer == sgd())
    #expect(experiment.data.validation == 0.1)
    #expect(experiment.data.root == "data/toy")
    #expect(experiment.task == .classification(ClassificationSettings()))
  }

  @Test func aMisspeltFusion() {
    #expect(
      message(plainText.replacing("toy_join", with: "toy_jion")) == """
        test.yaml:5:16: error: unknown fusion 'toy_jion'
            5 | fusion: {type: toy_jion}
              |                ^ did you mean 'toy_join'?
          available: toy_join, toy_pair   (fusionkit list fusions)
        """)
  }

  @Test func everyMistakeIsToldAtOnceInTheOrderOfTheFile() {
    let text = """
      nmae: x
      seed: -1
      data: {dataset: toy_digits, validation: 1, limit: 0, classes: 3, skale: 2}
      modalities:
        Image: {type: toy_image, normalise: true, encoder: {type: toy_net, hidden: [10, x, 0], width: 2.0}}
        audio: {type: toy_net, encoder: {type: toy_net, dropout: 1}}
        text: toy_image
        depth: {type: toy_image}
      fusion: {type: toy_pair, form: vektor, rank: three}
      task: {type: clasification}
      training:
        optimizer: {type: adam, momentum: 0.9, betas: [0.9]}
        early_stopping: {metric: loss, patience: yes, mood: min}
        select: bets
      """
    #expect(
      message(text) == """
        test.yaml:1:1: error: unknown key 'nmae' in the configuration
            1 | nmae: x
              | ^ did you mean 'name'?
          available: extends, plugins, name, seed, data, modalities, fusion, decoder, task, training, compare, sweep
        test.yaml:1:1: error: missing key 'decoder'
            1 | nmae: x
              | ^
          for example: decoder: {type: mlp}
        test.yaml:2:7: error: expected a whole number of at least 0 for 'seed', got -1
            2 | seed: -1
              |       ^
        test.yaml:3:41: error: expected a number from 0 to below 1 for 'validation', got 1
            3 | data: {dataset: toy_digits, validation: 1, limit: 0, classes: 3, skale: 2}
              |                                         ^
        test.yaml:3:51: error: expected a whole number of at least 1 for 'limit', got 0
            3 | data: {dataset: toy_digits, validation: 1, limit: 0, classes: 3, skale: 2}
              |                                                   ^
        test.yaml:3:63: error: expected a list of whole numbers or texts for 'classes', got 3
            3 | data: {dataset: toy_digits, validation: 1, limit: 0, classes: 3, skale: 2}
              |                                                               ^ write [3]
        test.yaml:3:66: error: unknown key 'skale' in data
            3 | data: {dataset: toy_digits, validation: 1, limit: 0, classes: 3, skale: 2}
              |                                                                  ^ did you mean 'scale'?
          available: dataset, root, validation, classes, limit, fold, outer_fold, cut_seed, lacking, files, scale, transforms   \
        (fusionkit describe toy_digits)
        test.yaml:5:3: error: 'Image' cannot name a modality: expected a lower-case letter, then lower-case letters, \
        digits and underscores
            5 |   Image: {type: toy_image, normalise: true, encoder: {type: toy_net, hidden: [10, x, 0], width: 2.0}}
              |   ^
        test.yaml:5:28: error: unknown key 'normalise' in modalities.Image
            5 |   Image: {type: toy_image, normalise: true, encoder: {type: toy_net, hidden: [10, x, 0], width: 2.0}}
              |                            ^ did you mean 'normalize'?
          available: type, normalize, encoder, transforms   (fusionkit describe toy_image)
        test.yaml:5:83: error: expected a whole number of at least 1 for 'hidden', got 'x'
            5 |   Image: {type: toy_image, normalise: true, encoder: {type: toy_net, hidden: [10, x, 0], width: 2.0}}
              |                                                                                   ^
        test.yaml:5:86: error: expected a whole number of at least 1 for 'hidden', got 0
            5 |   Image: {type: toy_image, normalise: true, encoder: {type: toy_net, hidden: [10, x, 0], width: 2.0}}
              |                                                                                      ^
        test.yaml:5:97: error: expected a whole number of at least 1 for 'width', got 2.0
            5 |   Image: {type: toy_image, normalise: true, encoder: {type: toy_net, hidden: [10, x, 0], width: 2.0}}
              |                                                                                                 ^ write 2
        test.yaml:6:17: error: 'toy_net' is an encoder, not a modality
            6 |   audio: {type: toy_net, encoder: {type: toy_net, dropout: 1}}
              |                 ^
          available: toy_image   (fusionkit list modalities)
        test.yaml:6:60: error: expected a number from 0 to below 1 for 'dropout', got 1
            6 |   audio: {type: toy_net, encoder: {type: toy_net, dropout: 1}}
              |                                                            ^
        test.yaml:7:9: error: expected a map with 'type' for 'modalities.text', got 'toy_image'
            7 |   text: toy_image
              |         ^ write {type: toy_image}
          available: toy_image   (fusionkit list modalities)
        test.yaml:8:10: error: missing key 'encoder' in modalities.depth
            8 |   depth: {type: toy_image}
              |          ^
          for example: encoder: {type: identity}
        test.yaml:9:32: error: unknown value 'vektor' for 'form'
            9 | fusion: {type: toy_pair, form: vektor, rank: three}
              |                                ^ did you mean 'vector'?
          available: matrix, vector, scalar
        test.yaml:9:46: error: expected a whole number of at least 1 for 'rank', got 'three'
            9 | fusion: {type: toy_pair, form: vektor, rank: three}
              |                                              ^
        test.yaml:10:14: error: unknown type 'clasification' in task
           10 | task: {type: clasification}
              |              ^ did you mean 'classification'?
          available: classification, multilabel, regression
        test.yaml:12:27: error: unknown key 'momentum' in training.optimizer
           12 |   optimizer: {type: adam, momentum: 0.9, betas: [0.9]}
              |                           ^
          available: type, learning_rate, betas, eps, weight_decay   (fusionkit describe adam)
        test.yaml:13:28: error: expected train.METRIC or validation.METRIC, got 'loss'
           13 |   early_stopping: {metric: loss, patience: yes, mood: min}
              |                            ^
          for example: validation.loss, validation.accuracy
        test.yaml:13:44: error: expected a whole number of at least 1 for 'patience', got 'yes'
           13 |   early_stopping: {metric: loss, patience: yes, mood: min}
              |                                            ^
        test.yaml:13:49: error: unknown key 'mood' in early_stopping
           13 |   early_stopping: {metric: loss, patience: yes, mood: min}
              |                                                 ^
          available: metric, patience, minimum_delta, mode
        test.yaml:14:11: error: unknown value 'bets' for 'select'
           14 |   select: bets
              |           ^ did you mean 'best'?
          available: best, last
        """)
  }

  @Test(arguments: [
    (
      "training: {optimizer: {type: sgd, nesterov: true}}",
      "7:45: error: 'nesterov' wants a momentum above 0 and a dampening of 0"
    ),
    ("training: {optimizer: {type: adamw, betas: [0.9]}}", "7:44: error: expected two numbers for 'betas', got 1"),
    ("training: {monitor: accuracy}", "7:21: error: expected train.METRIC or validation.METRIC, got 'accuracy'"),
    ("training: {optimizer: adam}", "7:23: error: expected a map with 'type' for 'training.optimizer', got 'adam'"),
    ("training: {optimizer: {type: adamm}}", "7:30: error: unknown optimizer 'adamm'"),
    ("training: {optimizer: {type: cosine}}", "7:30: error: 'cosine' is a schedule, not an optimizer"),
    ("training: {schedule: {type: cosin}}", "7:29: error: unknown schedule 'cosin'"),
    ("training: {schedule: {gamma: 1}}", "7:23: error: unknown key 'gamma' in training.schedule"),
    (
      "training: {schedule: {type: reduce_on_plateau, metric: loss}}",
      "7:56: error: expected train.METRIC or validation.METRIC, got 'loss'"
    ),
    (
      "training: {optimizer: {type: adagrad}, schedule: {type: one_cycle}}",
      "7:57: error: the schedule 'one_cycle' changes the momentum, which the optimizer 'adagrad' has not"
    ),
    ("training: [1]", "7:11: error: expected a map for 'training', got a list"),
    ("name: a/b", "7:7: error: 'a/b' cannot name a run"), ("name: ..", "7:7: error: '..' cannot name a run"),
    ("name: ''", "7:7: error: '' cannot name a run"),
    (
      "task: {type: classification, class_weights: [1, -1]}",
      "7:49: error: expected a number of at least 0 for 'class_weights', got -1"
    ),
    (
      "task: {type: classification, class_weights: blanced}", "7:45: error: unknown value 'blanced' for 'class_weights'"
    ),
    (
      "task: {type: classification, class_weights: {a: 1}}",
      "7:45: error: expected one of none, balanced, or a list of numbers"
    ),
    ("task: {type: [1]}", "7:14: error: unknown type a list in task"),
  ])
  func settingsThatCannotBe(line: String, expected: String) {
    #expect(message(plainText + line + "\n").contains("test.yaml:" + expected))
  }

  @Test(arguments: [
    (
      "data: {dataset: toy_digits, root: data/toy}", "data: {dataset: toy_letters, limit: 0}",
      [
        "1:17: error: unknown data set 'toy_letters'",
        "1:37: error: expected a whole number of at least 1 for 'limit', got 0",
      ]
    ),
    ("root: data/toy", "classes: [3, 3]", ["1:42: error: '3' stands twice in 'classes'"]),
    ("root: data/toy", "classes: []", ["1:38: error: no classes are left"]),
    (
      "data: {dataset: toy_digits, root: data/toy}", "data:",
      ["1:6: error: expected a map with 'dataset' for 'data', got nothing"]
    ),
    ("{type: toy_join}", "{type: 5}", ["5:16: error: expected the name of a fusion for 'type', got 5"]),
    ("{type: toy_join}", "{typ: toy_join}", ["5:9: error: missing key 'type' in fusion"]),
    (
      "{type: toy_join}", "{type: toy_join, rank: 3}",
      ["5:26: error: unknown key 'rank' in fusion", "available: type, missing   (fusionkit describe toy_join)"]
    ),
  ])
  func componentsThatCannotBe(right: String, wrong: String, expected: [String]) {
    let found = message(plainText.replacing(right, with: wrong))
    for part in expected { #expect(found.contains(part)) }
  }

  @Test func aThousandMistakesAreCutShort() {
    let found = message((0..<1000).map { "key\($0): 1" }.joined(separator: "\n"))
    #expect(found.hasSuffix("\n… and 954 more errors"))
  }

  @Test func modalitiesMustBeThere() {
    #expect(
      message("data: {dataset: toy_digits}\nmodalities: {}\nfusion: {type: join}\ndecoder: {type: toy_head}\n") == """
        test.yaml:2:13: error: expected a map of at least one modality for 'modalities', got none
            2 | modalities: {}
              |             ^
          for example: modalities: {image: {type: image, encoder: {type: lenet}}}
        """)
  }

  @Test func aModalityThatIsNullIsLeftOut() throws {
    #expect(try load(plainText, "modalities.audio=null").pipeline.branches.map(\.name) == ["image"])
    #expect(
      message(plainText, "modalities.audio=", "modalities.image=").hasPrefix(
        "test.yaml:3:3: error: expected a map of at least one modality for 'modalities', got none"))
  }

  @Test func aFusionOfTwoRefusesThree() {
    let text = plainText.replacing("toy_join", with: "toy_pair").replacing(
      "fusion:", with: "  text: {type: toy_image, encoder: {type: toy_net}}\nfusion:")
    #expect(
      message(text) == """
        test.yaml:6:16: error: the fusion 'toy_pair' takes exactly 2 modalities, the pipeline has 3: image, audio, text
            6 | fusion: {type: toy_pair}
              |                ^
          add or remove modalities, or choose another fusion (fusionkit list fusions)
        """)
  }

  @Test func problemsOfTheShapePassAreShownInTheText() throws {
    let experiment = try load(plainText, "modalities.image.encoder.blocks=8")
    let error = experiment.diagnostics(for: [
      Problem(path: ["fusion", "rank"], "a key left to its default"),
      Problem(path: ["modalities", "audio", "encoder", "blocks"], "too deep", hint: "take fewer"),
      Problem(path: ["training", "epochs"], "a section left out"), Problem("of no place"),
      Problem(path: ["modalities", "image", "encoder", "blocks"], "set by an argument"),
    ])
    #expect(error.exitStatus == 2)
    #expect(
      error.description == """
        error: of no place
        test.yaml:1:1: error: a section left out
            1 | data: {dataset: toy_digits, root: data/toy}
              | ^
        test.yaml:4:61: error: too deep
            4 |   audio: {type: toy_image, encoder: {type: toy_net, blocks: 2}}
              |                                                             ^
          take fewer
        test.yaml:5:16: error: a key left to its default
            5 | fusion: {type: toy_join}
              |                ^
        --set modalities.image.encoder.blocks=8: error: set by an argument
        """)
  }

  @Test(arguments: [
    [], ["seed=18446744073709551615", "name='12'", "data.root=", "data.classes=[3, 1]", "data.limit=10"],
    ["data.dataset=toy_everything", "data.maybePart={}", "data.maybeDefault=~", "data.parts=[{}, {note: 'yes'}]"],
    ["fusion={type: toy_pair, form: scalar, clip: [-5, 1e-7]}", "decoder.hidden=[100, 10]"],
    ["task={type: multilabel, threshold: 0.3}", "training.optimizer={type: adam, eps: 1e-30, betas: [0, 0.99]}"],
    ["task={type: regression, loss: huber}", "training.optimizer={type: adamw}", "training.schedule={type: step}"],
    [
      "task.class_weights=[1, 0.1]", "training.schedule={type: cosine, warmup_epochs: 0.5}", "training.gradient_clip=8",
    ],
    ["task.class_weights=balanced", "training.early_stopping={mode: max, metric: validation.accuracy}"],
    ["training.select=last", "training.drop_last=true", "training.evaluate_batch_size=100"],
  ])
  func theResolvedConfigurationLoadsToAnEqualExperiment(overrides: [String]) throws {
    let first = try Experiment.load(text: plainText, overrides: overrides, registry: toyRegistry)
    let second = try Experiment.load(text: first.resolvedYAML, name: "other.yaml", registry: toyRegistry)
    #expect(first == second)
    #expect(first.resolvedYAML == second.resolvedYAML)
    #expect(try overrides.isEmpty || first != load(plainText))
  }

  @Test func aliasesResolveToTheName() throws {
    #expect(try load(plainText, "fusion.type=join") == load(plainText, "fusion.type=toy_join"))
  }
}
