import Foundation
import Testing

/// `fusionkit export`: a file, or an error and no file.
@Suite struct ExportTests {
  private func trained() throws -> String { try EvaluatePredictTests.trained.get() }

  @Test func aRunBecomesAFile() throws {
    let (run, folder) = (try trained(), Scratch())
    let outcome = try Binary.run(["export", run, "--onnx", "model.onnx"], in: folder.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(
      outcome.output.contains("image") && outcome.output.contains("uint8") && outcome.output.contains("[N, 28, 28]"))
    #expect(outcome.output.contains("operators, written to model.onnx"))
    let model = try bytes(folder / "model.onnx")
    // IR version 8, then the producer.
    #expect(model.prefix(4) == Data([0x08, 0x08, 0x12, 0x09]))
    let json = try Binary.run(
      ["export", run, "--onnx", "again.onnx", "--missing", "--outputs", "fused,features", "--json"], in: folder.path)
    try #require(json.status == 0, "\(json.errors)")
    let report = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    func names(_ key: String) -> [String] {
      (report[key] as? [[String: Any]])?.compactMap { $0["name"] as? String } ?? []
    }
    #expect(names("inputs") == ["image", "audio", "present.image", "present.audio"])
    #expect(names("outputs") == ["logits", "probabilities", "fused", "features.image", "features.audio"])
    #expect(report["file"] as? String == "again.onnx")
    // Names and numbers of the model are in it.
    let text = String(decoding: model, as: UTF8.self)
    for word in ["encoders.image.convs.0.weight", "decoder.", "fusionkit.classes", "fusionkit.config", "lenet"] {
      #expect(text.contains(word), "\(word)")
    }
  }

  @Test func aFileThatIsThereStaysUnlessToldOtherwise() throws {
    let (run, folder) = (try trained(), Scratch())
    try folder.write("model.onnx", "mine")
    let refused = try Binary.run(["export", run, "--onnx", "model.onnx"], in: folder.path)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("model.onnx exists; choose another --onnx, or pass --overwrite to replace it"))
    #expect(try bytes(folder / "model.onnx") == Data("mine".utf8))
    let replaced = try Binary.run(["export", run, "--onnx", "model.onnx", "--overwrite"], in: folder.path)
    #expect(replaced.status == 0, "\(replaced.errors)")
    #expect(try bytes(folder / "model.onnx").count > 1000)
  }

  @Test func aRunWithoutAModel() throws {
    let folder = Scratch()
    try folder.write("tiny.yaml", DemoData.config(epochs: 0))
    try #require(try Binary.run(["train", "tiny.yaml", "--output", "./run"], in: folder.path).status == 0)
    try FileManager.default.removeItem(atPath: folder / "run/model.safetensors")
    let lost = try Binary.run(["export", "run", "--onnx", "model.onnx"], in: folder.path)
    #expect(lost.status == 1)
    #expect(lost.errors.contains("run/model.safetensors"), "\(lost.errors)")
    for (name, words) in [("nowhere", "config.yaml is missing"), (".", "config.yaml is missing")] {
      let outcome = try Binary.run(["export", name, "--onnx", "model.onnx"], in: folder.path)
      #expect(outcome.status == 1 && outcome.errors.contains(words), "\(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder / "model.onnx"))
  }

  @Test(arguments: ["nowhere/model.onnx", "folder", "file/model.onnx"])
  func aPlaceThatCannotBeWritten(_ place: String) throws {
    let (run, folder) = (try trained(), Scratch())
    try folder.write("folder/other", "mine")
    try folder.write("file", "mine")
    let outcome = try Binary.run(["export", run, "--onnx", place, "--overwrite"], in: folder.path)
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains(place), "\(outcome.errors)")
    #expect(Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)) == ["folder", "file"])
  }

  /// `ulimit -f` counts blocks of 1024 bytes; a write beyond fails, as on a full disk.
  @Test func aFullDiskLeavesTheOldFile() throws {
    let (run, folder) = (try trained(), Scratch())
    try folder.write("model.onnx", "mine")
    let full = try Binary.shell(
      "ulimit -f 1; exec \"$FUSIONKIT\" export '\(run)' --onnx model.onnx --overwrite", in: folder.path)
    #expect(full.status == 1)
    #expect(full.errors.contains("File too large"), "\(full.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model.onnx"])
    #expect(try bytes(folder / "model.onnx") == Data("mine".utf8))
  }

  @Test func whatCannotBeMissing() throws {
    let folder = Scratch()
    let config = try DemoData.config(epochs: 0, fusion: "{type: concat, missing: refuse}")
    try folder.write("tiny.yaml", config)
    try #require(try Binary.run(["train", "tiny.yaml", "--output", "./run"], in: folder.path).status == 0)
    let outcome = try Binary.run(["export", "run", "--onnx", "model.onnx", "--missing"], in: folder.path)
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("--missing: the fusion 'concat' refuses samples that lack a modality"))
    #expect(!FileManager.default.fileExists(atPath: folder / "model.onnx"))
  }

  /// A fusion of a package of its own, of which this program knows nothing.
  @Test func aFusionOutOfTheTree() throws {
    let folder = Scratch()
    let library = try PluginLibraries.gatedSumLibrary()
    try folder.write("tiny.yaml", DemoData.config(epochs: 0, fusion: "{type: gated_sum, width: 8}"))
    let trained = try Binary.run(
      ["train", "tiny.yaml", "--output", "./run", "--plugin", library], in: folder.path)
    try #require(trained.status == 0, "\(trained.errors)")
    let outcome = try Binary.run(
      ["export", "run", "--onnx", "model.onnx", "--missing", "--plugin", library], in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }
}
