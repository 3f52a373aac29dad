import Foundation
import Testing

/// `data build written-spoken`, and the way of a test part whose labels are not known: trained, predicted, scored.
@Suite struct WrittenSpokenCommandTests {
  private func build(_ name: String, in folder: Scratch, _ more: [String] = []) throws -> Outcome {
    let sources = ShippedExperimentTests.sources
    return try Binary.run(
      ["data", "build", "written-spoken", "--mnist", sources + "/mnist", "--fsdd", sources + "/fsdd", "--out", name]
        + more,
      in: folder.path)
  }

  private func columns(_ path: String) throws -> [[Substring]] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
  }

  @Test func buildTellsWhatItMadeAndInspectVerifiesIt() throws {
    let folder = Scratch()
    let outcome = try build("digits", in: folder)
    try #require(outcome.status == 0, "\(outcome.errors)")
    for words in [
      "train: 40 samples", "image: float32 [40, 28, 28], values 0 to 0.988235", "audio: float32 [40, 39, 13]",
      "recipe: build written-spoken",
    ] {
      #expect(outcome.output.contains(words), "\(words)")
    }
    let inspection = try Binary.run(["data", "inspect", "digits", "--verify"], in: folder.path)
    #expect(inspection.status == 0)
    #expect(inspection.output.contains("checksum of data_sp_test.npy: as in the recipe"))
    try #require(try build("again", in: folder, ["--threads", "1"]).status == 0)
    for file in ["data_wr_train.npy", "data_sp_train.npy", "data_sp_test.npy", "labels_test.npy", "recipe.json"] {
      #expect(try bytes(folder / "digits/" + file) == bytes(folder / "again/" + file), "\(file)")
    }
    let speaker = try build("eve", in: folder, ["--hold-out-speaker", "eve"])
    #expect(speaker.status == 1 && speaker.output == "")
    #expect(speaker.errors.contains("has no speaker 'eve'"))
    #expect(!FileManager.default.fileExists(atPath: folder / "eve"))
  }

  @Test func aTestPartWithoutLabelsIsPredictedAndScored() throws {
    let folder = Scratch()
    for (name, more) in [("whole", []), ("secret", ["--without-test-labels"])] {
      let outcome = try build(name, in: folder, more)
      try #require(outcome.status == 0, "\(outcome.errors)")
    }
    for data in ["whole", "secret"] {
      let train = try Binary.run([
        "train", "configs/study/end_to_end.yaml", "--output", folder / "run-\(data)", "--set",
        "data.root=\(folder / data)", "--set", "training.epochs=2",
      ])
      try #require(train.status == 0, "\(train.errors)")
    }
    // Labels of the test part change nothing but that it can be scored.
    #expect(try bytes(folder / "run-whole/model.safetensors") == bytes(folder / "run-secret/model.safetensors"))
    let metrics = try #require(
      try JSONSerialization.jsonObject(with: bytes(folder / "run-secret/metrics.json")) as? [String: Any])
    #expect((metrics["splits"] as? [String: Any])?.keys.sorted() == ["validation"])

    let predict = try Binary.run(
      ["predict", "run-secret", "--data", "secret", "-o", "submission.csv"], in: folder.path)
    try #require(predict.status == 0, "\(predict.errors)")
    let submission = try columns(folder / "submission.csv")
    #expect(submission[0] == ["id", "prediction"] && submission.count == 21)
    #expect(submission.dropFirst().map { $0[0] } == (0..<20).map { "\($0)" })
    #expect(submission.dropFirst().allSatisfy { Int($0[1]).map((0..<10).contains) ?? false })

    let refused = try Binary.run(["evaluate", "run-secret"], in: folder.path)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("the part 'test' has no targets"))
    // Scored by hand with what was withheld, and by the program with a folder that has the labels.
    let withheld = try columns(folder / "secret/withheld/origins_test.csv")
    let right = zip(submission, withheld).dropFirst().count { $0[1] == $1[0] }
    let evaluation = try Binary.run(["evaluate", "run-secret", "--data", "whole", "--json"], in: folder.path)
    try #require(evaluation.status == 0, "\(evaluation.errors)")
    let report = try #require(try JSONSerialization.jsonObject(with: Data(evaluation.output.utf8)) as? [String: Any])
    let accuracy = try #require((report["metrics"] as? [String: Double])?["accuracy"])
    #expect(abs(accuracy - Double(right) / 20) < 1e-6)
  }

  @Test func brokenFilesAreRefused() throws {
    let folder = Scratch()
    try #require(try build("digits", in: folder).status == 0)
    let config = Binary.package + "/configs/study/audio_alone.yaml"
    let whole = try bytes(folder / "digits/data_sp_train.npy")
    for (data, words) in [
      (whole.dropLast(4), "truncated"), (Data(), "empty"),
      (NpyFile.floats([Float](repeating: 0.5, count: 40 * 500), [40, 500]), "expected: [N, 39, 13]"),
      (NpyFile.floats([Float](repeating: -3, count: 40 * 507), [40, 507]), "neither 0–1 nor 0–255"),
    ] {
      try folder.write("digits/data_sp_train.npy", data)
      let outcome = try Binary.run(
        ["train", config, "--set", "data.root=digits", "--output", "./run"], in: folder.path)
      #expect(outcome.status != 0 && outcome.status < 128, "\(words)")
      #expect(outcome.errors.contains(words), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder / "run"))
    }
  }
}
