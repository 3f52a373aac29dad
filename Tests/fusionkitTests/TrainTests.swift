import Foundation
import Testing

@Suite struct TrainTests {
  /// Trains `config` into `folder/run`.
  private func train(_ folder: Scratch, _ config: String, _ more: [String] = [], run: String = "run") throws -> Outcome
  {
    try folder.write("tiny.yaml", config)
    return try Binary.run(["train", "tiny.yaml", "--output", "./" + run] + more, in: folder.path)
  }

  private func summary(_ run: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: bytes(run + "/metrics.json")) as? [String: Any])
  }

  @Test func aRunLeavesItsWholeFolderAndPrintsATable() throws {
    let folder = Scratch()
    let outcome = try train(folder, DemoData.config(epochs: 2))
    try #require(outcome.status == 0, "\(outcome.errors)")
    for file in [
      "config.yaml", "environment.json", "metrics.json", "history.csv", "model.safetensors", "predictions.csv",
      "log.txt",
    ] {
      #expect(FileManager.default.fileExists(atPath: folder / "run/" + file), "\(file)")
    }
    let metrics = try summary(folder / "run")
    #expect(metrics["status"] as? String == "finished")
    let splits = try #require(metrics["splits"] as? [String: [String: Any]])
    let accuracy = try #require(splits["test"]?["accuracy"] as? Double)
    #expect(outcome.output.contains(String(format: "%.4f", accuracy)))
    #expect(outcome.output.contains("./run"))
    #expect(outcome.output.contains("generated"))  // Nobody shall take these numbers for real digits.
    #expect(outcome.errors.contains("epoch 2/2"))
    #expect(!outcome.output.contains("epoch 2/2"))
    // The resolved configuration repeats the run.
    let again = try Binary.run(["train", "run/config.yaml", "--output", "./again", "--quiet"], in: folder.path)
    #expect(again.status == 0)
    #expect(again.errors == "")
    #expect(try bytes(folder / "again/model.safetensors") == bytes(folder / "run/model.safetensors"))
  }

  @Test func namesGoBelowOutputsAndPathsDoNot() throws {
    let folder = Scratch()
    try folder.write("tiny.yaml", DemoData.config(epochs: 0))
    #expect(try Binary.run(["train", "tiny.yaml"], in: folder.path).status == 0)
    #expect(try Binary.run(["train", "tiny.yaml", "--output", "AVMNIST-LATE"], in: folder.path).status == 0)
    #expect(try Binary.run(["train", "tiny.yaml", "--output", "./here"], in: folder.path).status == 0)
    for run in ["outputs/tiny", "outputs/AVMNIST-LATE", "here"] {
      #expect(FileManager.default.fileExists(atPath: folder / run + "/model.safetensors"), "\(run)")
    }
  }

  @Test func aFinishedRunIsNotOverwrittenUnasked() throws {
    let folder = Scratch()
    try #require(try train(folder, DemoData.config(epochs: 0)).status == 0)
    let before = try bytes(folder / "run/model.safetensors")
    let refused = try train(folder, DemoData.config(epochs: 0), ["--set", "seed=9"])
    #expect(refused.status == 1)
    #expect(
      refused.errors
        == "error: ./run holds a finished run; choose another --output, or pass --overwrite to replace it\n")
    #expect(try bytes(folder / "run/model.safetensors") == before)
    #expect(try train(folder, DemoData.config(epochs: 0), ["--set", "seed=9", "--overwrite"]).status == 0)
    #expect(try bytes(folder / "run/model.safetensors") != before)
  }

  @Test func threadsDoNotChangeAByte() throws {
    let folder = Scratch()
    let config = try DemoData.config(fusion: "{type: low_rank_tensor, width: 8, rank: 3}")
    try #require(try train(folder, config, ["--threads", "1"], run: "one").status == 0)
    try #require(try train(folder, config, ["--threads", "2"], run: "two").status == 0)
    #expect(try bytes(folder / "one/model.safetensors") == bytes(folder / "two/model.safetensors"))
    #expect(try bytes(folder / "one/predictions.csv") == bytes(folder / "two/predictions.csv"))
  }

  @Test func seedsTrainOneRunEach() throws {
    let folder = Scratch()
    let outcome = try train(folder, DemoData.config(epochs: 1), ["--seeds", "1,2,3"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    var accuracies: [Double] = []
    for seed in 1...3 {
      let metrics = try summary(folder / "run/seed-\(seed)")
      #expect(metrics["seed"] as? Int == seed)
      accuracies.append(try #require((metrics["splits"] as? [String: [String: Any]])?["test"]?["accuracy"] as? Double))
    }
    let mean = accuracies.reduce(0, +) / 3
    let deviation = (accuracies.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 2).squareRoot()
    #expect(outcome.output.contains(String(format: "%.4f ± %.4f", mean, deviation)))
    // Where one run is needed, the folder of all of them is answered with their names.
    let runs = "./run/seed-1, ./run/seed-2, ./run/seed-3\n"
    #expect(
      try train(folder, DemoData.config(), ["--overwrite"]).errors
        == "error: ./run holds a run for each seed; choose another --output, or --overwrite one of them: " + runs)
    for command in [["evaluate"], ["train", "--resume"]] {
      let refused = try Binary.run(command + ["./run"], in: folder.path)
      #expect(refused.status == 1)
      #expect(refused.errors == "error: ./run holds a run for each seed; name one of them: " + runs)
    }
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGXCPU])
  func aSignalLeavesARunThatResumesToTheSameBytes(_ signal: Int32) throws {
    let folder = Scratch()
    let config = try DemoData.config(epochs: 12)
    try #require(try train(folder, config, run: "whole").status == 0)
    let child = try Child(Binary.path, ["train", "tiny.yaml", "--output", "./cut"], in: folder.path)
    waitForEpoch(2, of: child)
    child.signal(signal)
    let cut = try child.outcome()
    #expect(cut.status == 130)
    #expect(cut.output == "")
    #expect(cut.errors.contains("fusionkit train --resume ./cut"))
    #expect(try summary(folder / "cut")["status"] as? String == "interrupted")
    let resumed = try Binary.run(["train", "--resume", "cut"], in: folder.path)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try bytes(folder / "cut/model.safetensors") == bytes(folder / "whole/model.safetensors"))
    #expect(try summary(folder / "cut")["status"] as? String == "finished")
  }

  @Test func aKilledRunResumesToTheSameBytes() throws {
    let folder = Scratch()
    let config = try DemoData.config(epochs: 12)
    try #require(try train(folder, config, run: "whole").status == 0)
    let child = try Child(Binary.path, ["train", "tiny.yaml", "--output", "./cut"], in: folder.path)
    waitForEpoch(3, of: child)
    child.signal(SIGKILL)
    #expect(try child.outcome().status == 128 + SIGKILL)
    let refused = try Binary.run(["train", "tiny.yaml", "--output", "./cut"], in: folder.path)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("--resume ./cut"))
    try #require(try Binary.run(["train", "--resume", "cut", "--threads", "1"], in: folder.path).status == 0)
    #expect(try bytes(folder / "cut/model.safetensors") == bytes(folder / "whole/model.safetensors"))
    #expect(try bytes(folder / "cut/predictions.csv") == bytes(folder / "whole/predictions.csv"))
  }

  private func waitForEpoch(_ epoch: Int, of child: Child) {
    while child.isRunning,
      !child.errorsSoFar.contains("epoch \(String(repeating: " ", count: epoch > 9 ? 0 : 1))\(epoch)/")
    {
      usleep(5000)
    }
  }

  @Test func oneNumberASampleIsAFeatureAndABatchMayBeLargerThanTheData() throws {
    let folder = Scratch()
    try folder.write("x.npy", NpyFile.floats((0..<40).map { Float($0 % 2) }, [40]))
    try folder.write("y.npy", NpyFile.integers((0..<40).map { $0 % 2 }))
    let config = """
      data: {dataset: arrays, root: ., files: {x: x.npy, targets: y.npy}}
      modalities: {x: {type: vector, encoder: {type: identity}}}
      fusion: {type: concat}
      decoder: {type: linear}
      training: {epochs: 1, batch_size: \(Int.max), evaluate_batch_size: \(Int.max)}
      """
    let outcome = try train(folder, config)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func generatedDataAreCalledSoThroughArraysToo() throws {
    let folder = Scratch()
    let config = """
      data:
        dataset: arrays
        root: \(try DemoData.folder())
        files: {audio: audio/test_data.npy, targets: test_labels.npy}
      modalities: {audio: {type: vector, values: byte, encoder: {type: identity}}}
      fusion: {type: concat}
      decoder: {type: linear}
      training: {epochs: 1}
      """
    let outcome = try train(folder, config)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("generated"))
  }

  @Test func resumingWhatIsNoRunIsAClearError() throws {
    let folder = Scratch()
    let absent = try Binary.run(["train", "--resume", "nowhere"], in: folder.path)
    #expect(absent.status == 1)
    #expect(absent.errors.hasPrefix("error: nowhere is not a run folder"))
    #expect(absent.output == "")
  }

  @Test func aDivergedTrainingNamesStepRateAndGradient() throws {
    let folder = Scratch()
    let outcome = try train(folder, DemoData.config(epochs: 2), ["--set", "training.optimizer.learning_rate=1e30"])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("error: training diverged"))
    #expect(outcome.errors.contains("learning rate 1e+30"))
    #expect(outcome.errors.contains("largest gradient: "))
    #expect(outcome.output == "")
  }
}
