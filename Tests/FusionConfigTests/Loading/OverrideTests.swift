import FusionConfig
import FusionCore
import Testing

@Suite struct OverrideTests {
  @Test func valuesAreYAMLAndMapsAreMade() throws {
    let experiment = try load(
      plainText, "training.epochs=5", "training.optimizer.momentum=0.9", "data.classes=[0, 1]", "data.classes.1=7",
      "name='12'", "training.early_stopping={patience: 2}", "data.root=")
    #expect(experiment.training.epochs == 5)
    #expect(experiment.data.classes == [0, 7])
    #expect(experiment.name == "12")
    #expect(experiment.training.earlyStopping?.patience == 2)
    #expect(experiment.data.root == nil)
    #expect(experiment.training.optimizer == sgd { $0.momentum = 0.9 })
  }

  @Test func aNewTypeDropsTheOldOptionsWhateverTheOrder() throws {
    let text = plainText.replacing("{type: toy_join}", with: "{type: toy_pair, rank: 9, form: vector}")
    #expect(try load(text, "fusion.type=join").pipeline.fusion.type.name == "toy_join")
    let back = try load(text, "fusion.rank=3", "fusion.type=join", "fusion.type=toy_pair")
    let pair = try #require(back.pipeline.fusion.configuration as? ToyPairFusion.Configuration)
    #expect(pair.rank == 3)
    #expect(pair.form == .matrix)
  }

  @Test(arguments: [
    ("training.epochs=five", "error: expected a whole number of at least 0 for 'epochs', got 'five'"),
    ("training.epochs", "error: expected KEY=VALUE\n  for example: --set training.epochs=5"),
    ("=5", "error: a key is missing; keys are joined by dots\n  for example: --set training.epochs=5"),
    ("training..epochs=5", "error: a key is missing; keys are joined by dots\n  for example: --set training.epochs=5"),
    ("seed.x=5", "error: expected a whole number of at least 0 for 'seed', got a map"),
    ("fusion.type.x=5", "error: 'fusion.type' is 'toy_join', it has no key 'x'"),
    ("data.classes=[1", "error: did not find expected ',' or ']'\n  in what '[' at line 1, column 1 opened"),
    ("extends=x.yaml", "error: 'extends' belongs in a file; here, name another file instead"),
    ("data.files={a: 1}", "error: expected a text for 'files.a', got 1\n  write \"1\", in quotes"),
  ])
  func mistakesNameTheArgument(argument: String, expected: String) {
    #expect(message(plainText, argument) == "--set \(argument): \(expected)")
  }

  @Test func anUnknownKeyIsAnsweredWithTheNearest() {
    let found = message(plainText, "training.epoch=5")
    let start =
      "--set training.epoch=5: error: unknown key 'epoch' in training\n  did you mean 'epochs'?\n  available: epochs, "
    #expect(found.hasPrefix(start), "\(found)")
  }

  @Test func anElementOfADefaultList() {
    #expect(
      message(plainText, "data.classes.0=5") == """
        --set data.classes.0=5: error: 'classes' has no element 0 to replace: its list is the default, not written in a file
          give the list whole, for example: --set data.classes=[5]
        """)
  }

  @Test func anElementThatIsNotThere() {
    #expect(
      message(plainText, "data.classes=[0, 1]", "data.classes.2=5")
        == "--set data.classes.2=5: error: 'data.classes' is a list without an element '2': its elements are 0 to 1")
  }

  /// A message repeats what somebody reads of a word of any length, in what it proposes too.
  @Test(arguments: ["fusion", "training.batch_size", "training.objective", "data.classes.0", "seed"])
  func aWordOfAnyLengthIsToldInShort(_ key: String) {
    for word in [String(repeating: "data:", count: 20_000), "'" + String(repeating: "7", count: 90_000) + "'"] {
      let message = message(plainText, "\(key)=\(word)")
      #expect(!message.isEmpty && message.utf8.count < 12_000, "\(key): \(message.utf8.count) bytes")
    }
  }

  @Test func placesOfTheFileSurvive() {
    #expect(
      message(plainText + "training: {epochs: -1}\n", "training.batch_size=9") == """
        test.yaml:7:20: error: expected a whole number of at least 0 for 'epochs', got -1
            7 | training: {epochs: -1}
              |                    ^
        """)
  }
}

struct ConfigTestFailure: Error {}
