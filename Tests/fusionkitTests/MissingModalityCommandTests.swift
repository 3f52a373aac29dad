import Foundation
import Testing

/// Missing modalities on the command line: training with dropout, subsets, predictions from what is there.
@Suite struct MissingModalityCommandTests {
  private static let dropout = "training.modality_dropout={image: 0.3, audio: 0.4}"

  private static func train(_ fusion: String, _ name: String) -> Result<String, any Error> {
    Result {
      try Scratch.shared.write("\(name).yaml", DemoData.config(epochs: 2, fusion: fusion))
      let outcome = try Binary.run(
        ["train", "\(name).yaml", "--output", "./\(name)", "--set", dropout], in: Scratch.shared.path)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return Scratch.shared / name
    }
  }
  private static let trained = train("{type: concat}", "dropping")
  private static let added = train("{type: add, width: 8}", "adding")

  /// A copy of the generated test part; its files can be changed.
  private func testPart(without modality: String? = nil) throws -> Scratch {
    let folder = Scratch()
    let data = try DemoData.folder()
    for name in ["image", "audio"] where name != modality {
      try folder.write("\(name)/test_data.npy", bytes("\(data)/\(name)/test_data.npy"))
    }
    try folder.write("test_labels.npy", bytes("\(data)/test_labels.npy"))
    return folder
  }

  private func json(_ outcome: Outcome) throws -> [String: Any] {
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
  }

  @Test func everySubsetHasItsRow() throws {
    let run = try Self.trained.get()
    let report = try json(try Binary.run(["evaluate", run, "--subsets", "--json"]))
    let subsets = try #require(report["subsets"] as? [[String: Any]])
    #expect(subsets.map { $0["present"] as? [String] } == [["image", "audio"], ["image"], ["audio"]])
    #expect(subsets.allSatisfy { $0["samples"] as? Int == 40 } && report["missing"] as? String == "zero")
    let whole = try json(try Binary.run(["evaluate", run, "--json"]))
    let metrics = subsets.map { $0["metrics"] as? [String: Double] }
    #expect(metrics[0] == whole["metrics"] as? [String: Double])
    #expect(metrics[1] != metrics[0] && metrics[2] != metrics[0] && metrics[1] != metrics[2])

    let table = try Binary.run(["evaluate", run, "--subsets"])
    #expect(table.output.contains("zeros take its place") && table.output.contains("generated"))
    let rows = table.output.split(separator: "\n").map(String.init)
    for (start, accuracy) in [("image, audio ", metrics[0]), ("image ", metrics[1]), ("audio ", metrics[2])] {
      let row = try #require(rows.first { $0.hasPrefix(start) && $0.contains(" 40 ") })
      #expect(row.contains(String(format: "%.4f", try #require(accuracy?["accuracy"]))))
    }
    let validation = try json(try Binary.run(["evaluate", run, "--subsets", "--split", "validation", "--json"]))
    #expect(validation["split"] as? String == "validation")
  }

  @Test func predictionsFromAFolderWithoutAModalityAreThoseOfTheSubset() throws {
    let run = try Self.trained.get()
    let folder = try testPart(without: "audio")
    let outcome = try Binary.run(["predict", run, "--data", folder.path, "--logits"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("warning: the part 'test' has no 'audio': zeros take its place"))
    #expect(outcome.output.split(separator: "\n").count == 41)
    // A file that says that every sample lacks it means the same, whatever its array holds.
    let masked = try testPart()
    try masked.write("audio/test_present.npy", NpyFile.bytes([UInt8](repeating: 0, count: 40), [40]))
    try masked.write(
      "audio/test_data.npy", NpyFile.floats([Float](repeating: .nan, count: 40 * 112 * 112), [40, 112, 112]))
    let same = try Binary.run(["predict", run, "--data", masked.path, "--logits"])
    try #require(same.status == 0, "\(same.errors)")
    #expect(same.output == outcome.output)
    // And so does the subset.
    let report = try json(try Binary.run(["evaluate", run, "--subsets", "--json"]))
    let image = (report["subsets"] as? [[String: Any]])?[1]["metrics"] as? [String: Double]
    let evaluated = try json(try Binary.run(["evaluate", run, "--data", folder.path, "--json"]))
    #expect(evaluated["metrics"] as? [String: Double] == image)
  }

  @Test func masksCountSampleBySample() throws {
    let run = try Self.added.get()
    let masks = (0..<40).map { UInt8($0 % 4 == 1 ? 0 : 1) }
    let folder = try testPart()
    try folder.write("audio/test_present.npy", NpyFile.bytes(masks, [40]))
    func lines(_ data: String) throws -> [Substring] {
      let outcome = try Binary.run(["predict", run, "--data", data, "--logits"])
      try #require(outcome.status == 0, "\(outcome.errors)")
      return outcome.output.split(separator: "\n").dropFirst().map { $0 }
    }
    let (mixed, whole) = (try lines(folder.path), try lines(DemoData.folder()))
    let part = try testPart(without: "audio")
    let image = try lines(part.path)
    for row in 0..<40 { #expect(mixed[row] == (masks[row] == 1 ? whole[row] : image[row]), "row \(row)") }
    let inspection = try Binary.run(["data", "inspect", folder.path])
    #expect(inspection.status == 0 && inspection.output.contains("missing in 10 samples"))
    let subsets = try json(try Binary.run(["evaluate", run, "--data", folder.path, "--subsets", "--json"]))
    #expect((subsets["subsets"] as? [[String: Any]])?.map { $0["samples"] as? Int } == [40, 40, 30])
    #expect(subsets["missing"] as? String == "skip")
  }

  @Test func oneSampleMayLeaveAModalityOut() throws {
    let run = try Self.added.get()
    let folder = Scratch()
    let sample = try bytes(try DemoData.folder() + "/image/test_data.npy").suffix(40 * 784).dropFirst(7 * 784).prefix(
      784)
    try folder.write("image.npy", NpyFile.bytes(Array(sample), [28, 28]))
    let given = try Binary.run(["predict", run, "--input", "image=image.npy"], in: folder.path)
    try #require(given.status == 0, "\(given.errors)")
    #expect(given.errors == "warning: the part 'input' has no 'audio': its term is left out\n")
    let data = try testPart(without: "audio")
    let indexed = try Binary.run(["predict", run, "--data", data.path, "--index", "7"])
    #expect(indexed.output == given.output && !given.output.isEmpty)
  }

  @Test func aSampleWithoutAnythingIsAnErrorByFileAndRow() throws {
    let run = try Self.trained.get()
    let folder = try testPart()
    var masks: [[UInt8]] = [[UInt8](repeating: 1, count: 40), [UInt8](repeating: 1, count: 40)]
    (masks[0][5], masks[1][5], masks[1][9]) = (0, 0, 0)
    try folder.write("image/test_present.npy", NpyFile.bytes(masks[0], [40]))
    try folder.write("audio/test_present.npy", NpyFile.bytes(masks[1], [40]))
    for command in [["predict", run, "--data", folder.path], ["evaluate", run, "--data", folder.path, "--subsets"]] {
      let outcome = try Binary.run(command)
      #expect(outcome.status == 1 && outcome.output == "")
      #expect(outcome.errors.contains("audio/test_present.npy: row 6 lacks every modality"))
    }
  }

  @Test func brokenMasksAreRefused() throws {
    let run = try Self.trained.get()
    let broken: [(Data, String)] = [
      (NpyFile.bytes([UInt8](repeating: 1, count: 39), [39]), "holds 39 values\n  expected: 40 values"),
      (NpyFile.bytes([UInt8](repeating: 2, count: 40), [40]), "row 1 holds 2"),
      (NpyFile.bytes([UInt8](repeating: 1, count: 40), [20, 2]), "holds an array of shape [20, 2]"),
      (NpyFile.floats([Float](repeating: .nan, count: 40), [40]), "row 1 holds nan"),
      (Data("nothing".utf8), "test_present.npy"), (Data(), "test_present.npy"),
    ]
    for (content, expected) in broken {
      let folder = try testPart()
      try folder.write("audio/test_present.npy", content)
      let outcome = try Binary.run(["predict", run, "--data", folder.path])
      #expect(outcome.status == 1 && outcome.output == "")
      #expect(
        outcome.errors.contains("audio/test_present.npy") && outcome.errors.contains(expected), "\(outcome.errors)")
    }
  }

  @Test func aFusionThatRefusesSaysWhichSample() throws {
    let folder = Scratch()
    try folder.write("strict.yaml", DemoData.config(epochs: 0, fusion: "{type: concat, missing: refuse}"))
    let trained = try Binary.run(["train", "strict.yaml", "--output", "./run"], in: folder.path)
    try #require(trained.status == 0, "\(trained.errors)")
    let data = try testPart()
    try data.write("audio/test_present.npy", NpyFile.bytes((0..<40).map { $0 == 12 ? 0 : 1 }, [40]))
    let masked = try Binary.run(["predict", "run", "--data", data.path], in: folder.path)
    #expect(masked.status == 1 && masked.errors.contains("audio/test_present.npy: row 13 lacks 'audio'"))
    let part = try testPart(without: "image")
    let absent = try Binary.run(["predict", "run", "--data", part.path], in: folder.path)
    #expect(absent.status == 1 && absent.errors.contains("has no 'image'"))
    let subsets = try Binary.run(["evaluate", "run", "--subsets"], in: folder.path)
    #expect(subsets.status == 2 && subsets.errors.contains("no subset can be seen"))
    let whole = try Binary.run(["predict", "run", "--data", DemoData.folder()], in: folder.path)
    #expect(whole.status == 0)
  }

  @Test func everyPolicyTrainsAndSavesWhatItNeeds() throws {
    let folder = Scratch()
    for (choice, name) in [("zero", nil), ("mean", "missing.audio.mean"), ("token", "missing.image.token")]
      as [(String, String?)]
    {
      try folder.write("a.yaml", DemoData.config(fusion: "{type: add, width: 8, missing: \(choice)}"))
      let trained = try Binary.run(
        ["train", "a.yaml", "--output", "./\(choice)", "--set", Self.dropout], in: folder.path)
      #expect(trained.status == 0, "\(trained.errors)")
      let weights = String(decoding: try bytes(folder / "\(choice)/model.safetensors").prefix(8000), as: UTF8.self)
      #expect(weights.contains("missing.") == (name != nil) && (name.map { weights.contains($0) } ?? true))
      let described = try Binary.run(["describe", "a.yaml"], in: folder.path)
      #expect(described.output.contains("missing.audio.token") == (choice == "token"))
      let subsets = try json(try Binary.run(["evaluate", choice, "--subsets", "--json"], in: folder.path))
      #expect(subsets["missing"] as? String == choice)
    }
  }

  @Test func aKilledRunWithDropoutGoesOnToTheSameBits() throws {
    let folder = Scratch()
    try folder.write("a.yaml", DemoData.config(epochs: 30))
    let command = ["train", "a.yaml", "--set", Self.dropout, "--output"]
    let whole = try Binary.run(command + ["./whole", "--threads", "1"], in: folder.path)
    try #require(whole.status == 0, "\(whole.errors)")
    let child = try Child(Binary.path, command + ["./killed", "--threads", "2"], in: folder.path)
    while child.isRunning, !child.errorsSoFar.contains("epoch  2/30") { usleep(2000) }
    child.signal(SIGKILL)
    _ = try child.outcome()
    let resumed = try Binary.run(["train", "--resume", "killed"], in: folder.path)
    try #require(resumed.status == 0, "\(resumed.errors)")
    for file in ["model.safetensors", "predictions.csv"] {
      #expect(try bytes(folder / "whole/\(file)") == bytes(folder / "killed/\(file)"), "\(file)")
    }
  }

  @Test func mistakesInTheConfigurationAreShownWithTheirPlace() throws {
    let folder = Scratch()
    try folder.write(
      "a.yaml", DemoData.config(fusion: "{type: concat, missing: nothing}", more: "  modality_dropout: 0.7"))
    let outcome = try Binary.run(["check", "a.yaml"], in: folder.path)
    #expect(outcome.status == 2 && outcome.output == "")
    #expect(outcome.errors.contains("a.yaml:7:33: error: unknown value 'nothing' for 'missing'"))
    try folder.write("b.yaml", DemoData.config(more: "  modality_dropout: 0.7"))
    let sum = try Binary.run(["check", "b.yaml"], in: folder.path)
    #expect(sum.status == 2 && sum.errors.contains("add up to 1.4 for 2 modalities"))
  }
}
