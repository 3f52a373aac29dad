import Foundation
import Testing

/// A folder that cannot be written, a disk that is full: an error in words, and what was there before still whole.
@Suite struct DiskTests {
  @Test(arguments: ["file/below", "/proc/fusionkit/run"])
  func anOutputFolderThatCannotBeMade(_ output: String) throws {
    let folder = Scratch()
    try folder.write("file", "mine")
    try folder.write("tiny.yaml", DemoData.config(epochs: 0))
    let outcome = try Binary.run(["train", "tiny.yaml", "--output", output], in: folder.path)
    #expect(outcome.status == 1)
    #expect(outcome.output == "")
    #expect(outcome.errors.contains("error: cannot write to the run folder \(output)"), "\(outcome.errors)")
    #expect(try bytes(folder / "file") == Data("mine".utf8))
  }

  @Test func aFolderWithForeignFilesIsLeftAlone() throws {
    let folder = Scratch()
    try folder.write("work/thesis.tex", "mine")
    try folder.write("tiny.yaml", DemoData.config(epochs: 0))
    for more in [[], ["--overwrite"]] {
      let outcome = try Binary.run(["train", "tiny.yaml", "--output", "./work"] + more, in: folder.path)
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("./work exists and is not a run of FusionKit"))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder / "work") == ["thesis.tex"])
  }

  /// `ulimit -f` counts blocks of 1024 bytes; a write beyond fails, as on a full disk.
  @Test func aFullDiskWhileTrainingLeavesTheLastCheckpoint() throws {
    let folder = Scratch()
    try folder.write("tiny.yaml", DemoData.config(epochs: 2))
    try #require(
      try Binary.run(["train", "tiny.yaml", "--output", "./whole", "--set", "training.epochs=3"], in: folder.path)
        .status == 0)
    try #require(try Binary.run(["train", "tiny.yaml", "--output", "./run"], in: folder.path).status == 0)
    let model = try bytes(folder / "run/model.safetensors")
    let checkpoint = try bytes(folder / "run/checkpoint/state.safetensors")
    let full = try Binary.shell(
      "ulimit -f 8; exec \"$FUSIONKIT\" train --resume run --set training.epochs=3 --quiet", in: folder.path)
    #expect(full.status == 1)
    #expect(full.output == "")
    #expect(full.errors.contains("File too large"), "\(full.errors)")
    #expect(try bytes(folder / "run/model.safetensors") == model)
    #expect(try bytes(folder / "run/checkpoint/state.safetensors") == checkpoint)
    let again = try Binary.run(["train", "--resume", "run", "--set", "training.epochs=3"], in: folder.path)
    try #require(again.status == 0, "\(again.errors)")
    #expect(try bytes(folder / "run/model.safetensors") == bytes(folder / "whole/model.safetensors"))
  }

  @Test func aFullDiskWhilePredictingLeavesTheOldFile() throws {
    let folder = Scratch()
    try folder.write("tiny.yaml", DemoData.config(epochs: 0))
    try #require(try Binary.run(["train", "tiny.yaml", "--output", "./run"], in: folder.path).status == 0)
    try folder.write("out.csv", "id,label\n0,9\n")
    let data = try DemoData.folder()
    let full = try Binary.shell(
      "ulimit -f 1; exec \"$FUSIONKIT\" predict run --data '\(data)' --logits -o out.csv", in: folder.path)
    #expect(full.status == 1)
    #expect(full.errors.contains("out.csv") && full.errors.contains("File too large"), "\(full.errors)")
    #expect(try bytes(folder / "out.csv") == Data("id,label\n0,9\n".utf8))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["out.csv", "run", "tiny.yaml"])
  }

  @Test func aFullDiskWhileMakingDataLeavesTheOldSet() throws {
    let folder = Scratch()
    try #require(
      try Binary.run(["data", "demo", "--out", "d", "--train", "20", "--test", "10"], in: folder.path).status == 0)
    let full = try Binary.shell(
      "ulimit -f 100; exec \"$FUSIONKIT\" data demo --out d --train 20 --test 10 --seed 9", in: folder.path)
    #expect(full.status == 1)
    #expect(full.errors.contains("File too large"), "\(full.errors)")
    #expect(try Binary.run(["data", "inspect", "d", "--verify"], in: folder.path).status == 0)
  }
}
