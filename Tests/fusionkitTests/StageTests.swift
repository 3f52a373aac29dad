import Foundation
import Testing

/// Trainings in stages, by the built binary.
@Suite struct StageTests {
  private static let stages = """
      stages:
        - {name: encoders, objective: reconstruction, epochs: 5, optimizer: {type: adam, learning_rate: 0.005}}
        - {name: classifier, train: [fusion, decoder], epochs: 6}
    """

  private func train(_ folder: Scratch, _ more: [String] = [], run: String = "run") throws -> Outcome {
    try folder.write("staged.yaml", DemoData.config(more: "  " + Self.stages.trimmingCharacters(in: .whitespaces)))
    return try Binary.run(["train", "staged.yaml", "--output", "./" + run] + more, in: folder.path)
  }

  private func summary(_ run: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: bytes(run + "/metrics.json")) as? [String: Any])
  }

  @Test func twoStagesLeaveOneRunThatIsUsedAsAnyOther() throws {
    let folder = Scratch()
    let outcome = try train(folder)
    try #require(outcome.status == 0, "\(outcome.errors)")
    for line in [
      "stage 1 of 2, 'encoders': trains encoders.image, encoders.audio by reconstruction", "encoders epoch 5/5",
      "stage 2 of 2, 'classifier': trains fusion, decoder by the task", "MB in memory", "classifier epoch 6/6",
    ] {
      #expect(outcome.errors.contains(line), "\(line)")
    }
    let metrics = try summary(folder / "run")
    let stages = try #require(metrics["stages"] as? [[String: Any]])
    #expect(stages.map { $0["name"] as? String } == ["encoders", "classifier"])
    #expect((stages[0]["validation"] as? [String: Double])?["mse_image"] != nil)
    #expect(metrics["epochs"] as? Int == 11)
    let history = try String(contentsOfFile: folder / "run/history.csv", encoding: .utf8).split(separator: "\n")
    #expect(history.count == 12 && history[0].hasPrefix("stage,epoch,step,learning_rate,train.loss,"))
    #expect(history[5].hasPrefix("encoders,5,40,") && history[6].hasPrefix("classifier,1,8,"))

    let evaluated = try Binary.run(["evaluate", "run", "--json"], in: folder.path)
    try #require(evaluated.status == 0, "\(evaluated.errors)")
    let report = try #require(try JSONSerialization.jsonObject(with: Data(evaluated.output.utf8)) as? [String: Any])
    let splits = try #require(metrics["splits"] as? [String: [String: Double]])
    #expect((report["metrics"] as? [String: Double])?["accuracy"] == splits["test"]?["accuracy"])
    let predicted = try Binary.run(
      ["predict", "run", "--data", DemoData.folder(), "-o", "submission.csv"], in: folder.path)
    #expect(predicted.status == 0, "\(predicted.errors)")
    let again = try Binary.run(["train", "run/config.yaml", "--output", "./again", "--quiet"], in: folder.path)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try bytes(folder / "again/model.safetensors") == bytes(folder / "run/model.safetensors"))
  }

  @Test func keptEncodingsChangeNoByte() throws {
    let folder = Scratch()
    for cache in ["none", "memory", "file"] {
      let outcome = try train(
        folder,
        ["--set", "training.stages.1.cache=\(cache)", "--set", "training.stages.1.batch_size=9", "--threads", "2"],
        run: cache)
      try #require(outcome.status == 0, "\(outcome.errors)")
    }
    for cache in ["memory", "file"] {
      #expect(try bytes(folder / cache + "/model.safetensors") == bytes(folder / "none/model.safetensors"), "\(cache)")
      #expect(try bytes(folder / cache + "/predictions.csv") == bytes(folder / "none/predictions.csv"), "\(cache)")
    }
    #expect(!(try FileManager.default.contentsOfDirectory(atPath: folder / "file")).contains { $0.contains("encod") })
  }

  @Test(arguments: ["encoders epoch 2/5", "encoders epoch 5/5", "stage 2 of 2", "classifier epoch 2/6"])
  func aKilledRunResumesToTheSameBytes(line: String) throws {
    let folder = Scratch()
    try #require(try train(folder, run: "whole").status == 0)
    let child = try Child(
      Binary.path, ["train", "staged.yaml", "--output", "./cut", "--set", "training.stages.1.cache=file"],
      in: folder.path)
    while child.isRunning, !child.errorsSoFar.contains(line) { usleep(2000) }
    child.signal(SIGKILL)
    #expect(try child.outcome().status == 128 + SIGKILL)
    let resumed = try Binary.run(["train", "--resume", "cut", "--threads", "1"], in: folder.path)
    try #require(resumed.status == 0, "\(resumed.errors)")
    #expect(try bytes(folder / "cut/model.safetensors") == bytes(folder / "whole/model.safetensors"))
    #expect(try bytes(folder / "cut/predictions.csv") == bytes(folder / "whole/predictions.csv"))
    #expect(!(try FileManager.default.contentsOfDirectory(atPath: folder / "cut")).contains { $0.contains("encod") })
  }

  @Test func mistakesAreToldWithTheirPlaces() throws {
    let folder = Scratch()
    try folder.write(
      "staged.yaml",
      DemoData.config(
        more: """
            stages:
              - {objective: reconstruction, train: [encoders.image]}
              - {train: [encoder.image, fusion], epochs: 0}
          """))
    let refused = try Binary.run(
      ["check", "staged.yaml", "--set", "modalities.image.encoder={type: transformer, patch: 7}"], in: folder.path)
    #expect(refused.status == 2 && refused.output == "")
    for line in [
      "the encoder 'transformer' of modality 'image' has no mirror", "encoders with a mirror: conv, lenet, mlp",
      "the pipeline has no part 'encoder.image'", "did you mean 'encoders.image'?",
      "the stage 'stage_2' trains nothing: it has 0 epochs",
    ] {
      #expect(refused.errors.contains(line), "\(line) in \(refused.errors)")
    }
    // What only the data and the built pipeline can tell.
    let empty = try Binary.run(
      [
        "train", "staged.yaml", "--output", "./run", "--set", "training.stages.1={train: [fusion], epochs: 1}",
      ], in: folder.path)
    #expect(empty.status == 2)
    #expect(empty.errors.contains("the stage 'stage_2' trains nothing: fusion has no parameters"), "\(empty.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder / "run/config.yaml"))
  }

  @Test func aDescriptionListsTheStages() throws {
    let outcome = try Binary.run(["describe", "configs/stages.yaml"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("encoders    reconstruction  encoders.image, encoders.audio"), "\(outcome.output)")
    let json = try Binary.run(["describe", "configs/stages.yaml", "--json"])
    let overview = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect((overview["stages"] as? [[String: Any]])?.map { $0["trains"] as? [String] }.last == ["fusion", "decoder"])
    #expect(try Binary.run(["check", "configs/stages.yaml"]).output.hasPrefix("ok  configs/stages.yaml"))
  }
}
