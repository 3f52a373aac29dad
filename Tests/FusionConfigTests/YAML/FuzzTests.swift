import FusionConfig
import FusionCore
import Testing

/// Nothing that a file holds may crash: the only outcomes are an experiment and a ``ConfigError`` that says something.
@Suite struct FuzzTests {
  private let text =
    plainText + """
      name: "fuzz \\u00e9"
      seed: 0x10
      task: {type: classification, class_weights: [1, 2]}
      training: &t
        optimizer: {type: adam, betas: [0.9, 0.99]}
        early_stopping: {<<: {patience: 3}, metric: 'validation.loss'}
        # comment
        gradient_clip: 1e6

      """

  private func survive(_ text: String) {
    do throws(ConfigError) {
      let experiment = try Experiment.load(text: text, registry: toyRegistry)
      #expect(!experiment.resolvedYAML.isEmpty)
    } catch {
      #expect(!error.diagnostics.isEmpty && !error.description.isEmpty, "no word on \(text)")
    }
  }

  @Test func theTextItselfIsValid() throws { _ = try load(text) }

  @Test func truncations() {
    for length in 0...text.unicodeScalars.count { survive(String(text.unicodeScalars.prefix(length))) }
  }

  @Test func randomBytes() {
    var random = CounterBits(seed: 1)
    for length in 0..<300 {
      survive(String(decoding: (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }, as: UTF8.self))
    }
  }

  @Test func mutations() {
    let pieces =
      Array("{}[]:,-?&*!|>'\"%@`#<~ \n\t0x.e\u{0}\u{85}é").map { String($0) } + [
        "type", "null", "1e999", "&t", "*t", "<<: ",
      ]
    var random = CounterBits(seed: 2)
    for _ in 0..<600 {
      var scalars = Array(text.unicodeScalars)
      for _ in 0...random.next() % 3 {
        let at = Int(random.next() % UInt64(scalars.count))
        let piece = pieces[Int(random.next() % UInt64(pieces.count))]
        scalars.replaceSubrange(at..<min(scalars.count, at + Int(random.next() % 3)), with: piece.unicodeScalars)
      }
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars)
      survive(String(view))
    }
  }

  @Test func enormousWordsAndLines() {
    let word = String(repeating: "x", count: 1 << 18)
    survive(plainText.replacing("toy_join", with: word))
    survive(plainText + "name: \(word)\ntask: {type: \(word)}\n? \(word)\n: 1\n")
    survive("{" + (0..<20_000).map { "k\($0): [1" + (($0 & 1) == 0 ? "]" : ", x]") }.joined(separator: ", ") + "}")
  }

  @Test func swappedValues() throws {
    let values = [
      "~", "[]", "{}", "-1", "1e999", "18446744073709551616", "x", "[[1]]", "{type: adam}", "{a: {b: c}}", "''",
    ]
    for path in [
      "data", "data.classes", "modalities", "modalities.image", "modalities.image.encoder.hidden", "fusion",
      "fusion.type", "task", "task.class_weights", "training", "training.optimizer", "training.optimizer.betas",
      "training.epochs", "training.early_stopping", "name", "seed", "training.optimizer.betas.0", "data.files",
    ] {
      for value in values {
        do throws(ConfigError) {
          _ = try Experiment.load(text: text, overrides: ["\(path)=\(value)"], registry: toyRegistry).resolvedYAML
        } catch {
          #expect(!error.description.isEmpty)
        }
      }
    }
  }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
private struct CounterBits {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
