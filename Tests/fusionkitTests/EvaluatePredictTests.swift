import Foundation
import Testing

@Suite struct EvaluatePredictTests {
  /// A run of one epoch, trained once.
  static let trained = Result {
    try Scratch.shared.write("trained.yaml", DemoData.config(epochs: 1))
    let outcome = try Binary.run(["train", "trained.yaml", "--output", "./trained"], in: Scratch.shared.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return Scratch.shared / "trained"
  }

  private func rows(_ csv: String) -> [[Substring]] {
    csv.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
  }

  @Test func evaluateAgreesWithTheRun() throws {
    let run = try Self.trained.get()
    let outcome = try Binary.run(["evaluate", run, "--json"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let report = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let summary = try #require(try JSONSerialization.jsonObject(with: bytes(run + "/metrics.json")) as? [String: Any])
    let recorded = try #require((summary["splits"] as? [String: [String: Double]])?["test"])
    let metrics = try #require(report["metrics"] as? [String: Double])
    for (name, value) in recorded { #expect(metrics[name] == value, "\(name)") }
    let confusion = try #require(report["confusion"] as? [[Int]])
    #expect(confusion.count == 10)
    #expect(confusion.joined().reduce(0, +) == 40)
    let correct = (0..<10).map { confusion[$0][$0] }.reduce(0, +)
    #expect(metrics["accuracy"] == Double(correct) / 40)
  }

  @Test func evaluateShowsTablesAndSaysThatTheDataAreGenerated() throws {
    let run = try Self.trained.get()
    let outcome = try Binary.run(["evaluate", run, "--split", "validation"])
    #expect(outcome.status == 0)
    for word in ["accuracy", "confusion", "precision", "recall", "generated"] { #expect(outcome.output.contains(word)) }
    #expect(outcome.output.contains("40 samples"))
  }

  @Test func predictWritesASubmission() throws {
    let run = try Self.trained.get()
    let data = try DemoData.folder()
    let outcome = try Binary.run(["predict", run, "--data", data])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let table = rows(outcome.output)
    #expect(table[0] == ["id", "prediction"])
    #expect(table.count == 41)
    #expect(table.dropFirst().map { Int($0[0]) } == (0..<40).map { $0 })
    #expect(table.dropFirst().allSatisfy { (0...9).contains(Int($0[1]) ?? -1) })
    let folder = Scratch()
    let file = folder / "submission.csv"
    let silent = try Binary.run(["predict", run, "--data", data, "-o", file])
    #expect(silent.output == "")
    #expect(try String(contentsOfFile: file, encoding: .utf8) == outcome.output)
    let dashed = try Binary.run(["predict", run, "--data", data, "-o", "-"], in: folder.path)
    #expect(dashed.output == outcome.output && !FileManager.default.fileExists(atPath: folder / "-"))
    let renamed = try Binary.run(["predict", run, "--data", data, "--header", "ImageId,Label"])
    #expect(renamed.output == outcome.output.replacing("id,prediction", with: "ImageId,Label"))
    // Training wrote the same predictions beside the true labels: id,label,prediction.
    let recorded = rows(try String(contentsOfFile: run + "/predictions.csv", encoding: .utf8))
    #expect(recorded.dropFirst().map { $0[2] } == table.dropFirst().map { $0[1] })
  }

  @Test func logitsNameTheClassesAndLeadToTheLabels() throws {
    let run = try Self.trained.get()
    let data = try DemoData.folder()
    let logits = rows(try Binary.run(["predict", run, "--data", data, "--logits"]).output)
    #expect(logits[0].map(String.init) == ["id", "prediction"] + (0...9).map { "logit_\($0)" })
    let labels = rows(try Binary.run(["predict", run, "--data", data]).output)
    for (row, label) in zip(logits, labels).dropFirst() {
      let values = row.dropFirst(2).compactMap { Float($0) }
      #expect(values.count == 10)
      #expect(values.firstIndex(of: values.max()!) == Int(label[1]))
    }
  }

  @Test func oneSampleByIndexOrByFilesGivesTheSame() throws {
    let run = try Self.trained.get()
    let data = try DemoData.folder()
    let byIndex = try Binary.run(["predict", run, "--data", data, "--index", "7"])
    try #require(byIndex.status == 0, "\(byIndex.errors)")
    #expect(byIndex.output.contains("probability"))
    let folder = Scratch()
    for (name, size, shape) in [("image", 784, [28, 28]), ("audio", 112 * 112, [1, 112, 112])] {
      let all = try bytes(data + "/\(name)/test_data.npy")
      let sample = all.suffix(40 * size).dropFirst(7 * size).prefix(size)
      try folder.write("\(name).npy", NpyFile.bytes(Array(sample), shape))
    }
    let byFile = try Binary.run(
      ["predict", run, "--input", "image=image.npy", "--input", "audio=audio.npy"], in: folder.path)
    try #require(byFile.status == 0, "\(byFile.errors)")
    #expect(byFile.output == byIndex.output)
  }

  @Test func mistakesInPredict() throws {
    let run = try Self.trained.get()
    let data = try DemoData.folder()
    let far = try Binary.run(["predict", run, "--data", data, "--index", "40"])
    #expect(far.status == 2)
    #expect(far.errors.contains("0 to 39"))
    let unknown = try Binary.run(["predict", run, "--input", "imag=a.npy", "--input", "audio=a.npy"])
    #expect(unknown.status == 2)
    #expect(unknown.errors.contains("imag"))
    let twice = try Binary.run(["predict", run, "--input", "image=a.npy", "--input", "image=b.npy"])
    #expect(twice.status == 2)
    #expect(twice.errors.contains("--input image=FILE is given more than once"))
    let folder = Scratch()
    try folder.write("flat.npy", NpyFile.bytes([1, 2, 3], [3]))
    let misshapen = try Binary.run(
      ["predict", run, "--input", "image=flat.npy", "--input", "audio=flat.npy"], in: folder.path)
    #expect(misshapen.status != 0)
    #expect(misshapen.errors.contains("flat.npy"))
    #expect(misshapen.output == "")
  }

  @Test func aRunWithoutEpochsPredictsWithFreshWeights() throws {
    let folder = Scratch()
    try folder.write("tiny.yaml", DemoData.config(epochs: 1))
    let train = try Binary.run(
      ["train", "tiny.yaml", "--output", "./run", "--set", "training.epochs=0"], in: folder.path)
    try #require(train.status == 0, "\(train.errors)")
    let predict = ["predict", "run", "--data", try DemoData.folder(), "--logits", "-o"]
    #expect(try Binary.run(predict + ["a.csv"], in: folder.path).status == 0)
    #expect(rows(try String(contentsOfFile: folder / "a.csv", encoding: .utf8)).count == 41)
  }

  @Test func weightsOfAnotherModelAreRefusedWithAllNames() throws {
    let folder = Scratch()
    try folder.write("tiny.yaml", DemoData.config(epochs: 0))
    for (run, more) in [("a", []), ("b", ["--set", "decoder.hidden=[12,5]"]), ("c", ["--set", "decoder.hidden=[7]"])] {
      let outcome = try Binary.run(["train", "tiny.yaml", "--output", "./\(run)"] + more, in: folder.path)
      try #require(outcome.status == 0, "\(outcome.errors)")
    }
    for (other, words) in [("b", ["not in the model"]), ("c", ["of another shape", "[7,", "[12,"])] {
      try bytes(folder / "\(other)/model.safetensors").write(to: URL(fileURLWithPath: folder / "a/model.safetensors"))
      let outcome = try Binary.run(["predict", "a", "--data", DemoData.folder()], in: folder.path)
      #expect(outcome.status == 1)
      #expect(outcome.output == "")
      for word in words + ["holds the weights of another model"] {
        #expect(outcome.errors.contains(word), "\(outcome.errors)")
      }
    }
  }
}
