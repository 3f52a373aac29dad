import Foundation
import Testing

/// `check` and `schema`, and everything that can be wrong with a configuration.
@Suite struct CheckTests {
  static let valid = """
    name: valid
    data: {dataset: avmnist, root: data/nowhere}
    modalities:
      image: {type: image, encoder: {type: lenet, channels: 1, blocks: 2}}
      audio: {type: spectrogram, encoder: {type: lenet, channels: 1, blocks: 2}}
    fusion: {type: concat}
    decoder: {type: linear}
    task: {type: classification}
    training: {epochs: 1}
    """

  @Test func everyConfigOfTheRepositoryPasses() throws {
    let names = ShippedExperimentTests.experiments
    #expect(names.count >= 9)
    let outcome = try Binary.run(["check"] + names.map { "configs/\($0)" })
    #expect(outcome.errors == "")
    #expect(outcome.status == 0)
    // Whether the data are there or not.
    let lines = outcome.output.split(separator: "\n").map { $0.split(separator: "   ")[0] }
    #expect(lines.map(String.init) == names.map { "ok  configs/\($0)" })
  }

  /// Each mistake in one line of the valid configuration.
  @Test(arguments: [
    ("plugin", "fusion: {type: concat}", "fusion: {type: cncat}"),
    ("encoder", "encoder: {type: lenet, channels: 1, blocks: 2}", "encoder: {type: resnet}"),
    ("key", "decoder: {type: linear}", "decoder: {type: mlp, hiden: [3]}"),
    ("top-key", "task: {type: classification}", "tasks: {type: classification}"),
    ("enum", "fusion: {type: concat}", "fusion: {type: bimodal_interaction, form: matrx}"),
    ("type", "training: {epochs: 1}", "training: {epochs: one}"),
    ("range", "training: {epochs: 1}", "training: {epochs: -1, batch_size: 0}"),
    ("shapes", "blocks: 2}}", "blocks: 9}}"),
    ("dropout", "decoder: {type: linear}", "decoder: {type: mlp, dropout: 1.5}"),
    ("yaml", "fusion: {type: concat}", "fusion: {type: concat"),
    ("duplicate", "fusion: {type: concat}", "fusion: {type: concat}\nfusion: {type: add}"),
  ])
  func aMistakeIsShownWithItsPlace(_ name: String, _ line: String, _ mistake: String) throws {
    let folder = Scratch()
    try folder.write("a.yaml", Self.valid.replacing(line, with: mistake))
    let outcome = try Binary.run(["check", "a.yaml"], in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix("a.yaml:"))
    try expectGolden(outcome.errors, "check-\(name)")
  }

  @Test func aBimodalFusionOfThreeIsRefused() throws {
    let folder = Scratch()
    let three = Self.valid.replacing("fusion: {type: concat}", with: "fusion: {type: bimodal_interaction}")
      .replacing("modalities:", with: "modalities:\n  more: {type: vector, encoder: {type: identity}}")
    try folder.write("a.yaml", three)
    let outcome = try Binary.run(["check", "a.yaml"], in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("takes exactly 2 modalities, the pipeline has 3: more, image, audio"))
    try expectGolden(outcome.errors, "check-arity")
  }

  /// 401 x 401 values a sample, and a layer that reads them: sound, and not without a word.
  @Test func whatCostsMuchIsToldOf() throws {
    let folder = Scratch()
    let text = Self.valid.replacing("{type: concat}", with: "{type: tensor_fusion, width: 400}")
      .replacing("{type: linear}", with: "{type: mlp, hidden: [100]}")
    try folder.write("a.yaml", text)
    let outcome = try Binary.run(["check", "a.yaml"], in: folder.path)
    #expect(outcome.status == 0 && outcome.output.hasPrefix("ok  a.yaml"))
    #expect(
      outcome.errors == """
        a.yaml: warning: fusion (outer product) is large: 160,801 values a sample, 26 MB a batch of 40
        a.yaml: warning: decoder.layers.0 (linear 160801 → 100, relu) is large: 16,080,200 parameters, 65 MB and as much \
        again for their gradients and for each average that the optimizer keeps

        """)
  }

  @Test func everythingWrongInAllFilesIsShownAtOnce() throws {
    let folder = Scratch()
    try folder.write("good.yaml", Self.valid)
    try folder.write("a.yaml", Self.valid.replacing("epochs: 1", with: "epochs: -1, batch: 3"))
    try folder.write("b.yaml", Self.valid.replacing("concat", with: "concta"))
    let outcome = try Binary.run(["check", "a.yaml", "good.yaml", "missing.yaml", "b.yaml"], in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.output == "ok  good.yaml   without data: there is no folder data/nowhere\n")
    try expectGolden(outcome.errors, "check-several")
  }

  @Test func overridesAreCheckedAlike() throws {
    let folder = Scratch()
    try folder.write("a.yaml", Self.valid)
    let good = try Binary.run(
      ["check", "a.yaml", "--set", "training.epochs=3", "--set", "fusion.type=add"], in: folder.path)
    #expect(good.status == 0)
    let bad = try Binary.run(
      ["check", "a.yaml", "--set", "training.epochs=many", "--set", "fusion.form=matrix"], in: folder.path)
    #expect(bad.status == 2)
    try expectGolden(bad.errors, "check-set")
    let malformed = try Binary.run(["check", "a.yaml", "--set", "seed"], in: folder.path)
    #expect(malformed.status == 2)
    #expect(malformed.errors == "--set seed: error: expected KEY=VALUE\n  for example: --set training.epochs=5\n")
  }

  @Test func schemaIsJSONAndNamesEveryPlugin() throws {
    let outcome = try Binary.run(["schema"])
    #expect(outcome.status == 0)
    let schema = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(schema["$schema"] as? String != nil)
    let list = try Binary.run(["list", "--json"])
    let rows = try #require(try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
    for row in rows where row["kind"] as? String != "metric" {
      let name = try #require(row["name"] as? String)
      #expect(outcome.output.contains("\"\(name)\""), "\(name)")
    }
  }
}
