import Foundation
import Testing

/// Runs that are replaced, extended, cut off, or whose data change, as a person at the command line meets them.
@Suite struct RunFolderCommandTests {
  private let folder = Scratch()
  private let config = """
    name: probe
    seed: 1
    data: {dataset: arrays, root: d, files: {a: a.npy, targets: y.npy}, test_fraction: 0.25, validation: 0.2}
    modalities: {a: {type: vector, values: raw, encoder: {type: mlp, hidden: [128], width: 8}}}
    fusion: {type: concat}
    decoder: {type: linear}
    training: {epochs: 2, batch_size: 16}
    """

  private func writeData(_ scale: Float = 1, samples: Int = 60) throws {
    let values = (0..<samples * 5).map { scale * Float(($0 * 37) % 101) / 101 }
    try folder.write("d/a.npy", NpyFile.floats(values, [samples, 5]))
    try folder.write("d/y.npy", NpyFile.integers((0..<samples).map { $0 % 3 }))
  }

  private func train(_ more: String...) throws -> Outcome {
    try folder.write("probe.yaml", config)
    return try Binary.run(
      ["train", "probe.yaml", "--output", "./run", "--quiet", "--threads", "1"] + more, in: folder.path)
  }

  private func resume(_ more: String...) throws -> Outcome {
    try Binary.run(["train", "--resume", "run", "--quiet", "--threads", "1"] + more, in: folder.path)
  }

  private func content() throws -> [String: Data] {
    let names = ["config.yaml", "environment.json", "metrics.json", "history.csv", "model.safetensors"]
    return try Dictionary(
      uniqueKeysWithValues: (names + ["checkpoint/state.safetensors"]).map { ($0, try bytes(folder / "run/\($0)")) })
  }

  @Test func aChangedDataSetIsNoticed() throws {
    try writeData()
    try #require(try train().status == 0)
    let environment = try #require(
      try JSONSerialization.jsonObject(with: bytes(folder / "run/environment.json")) as? [String: Any])
    #expect((environment["blas"] as? String)?.contains("OpenBLAS") == true)
    try writeData(-1)
    let refused = try resume("--set", "training.epochs=3")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("run cannot be resumed: the data have changed since it began"))
    #expect(refused.errors.contains("'a' of the part 'train' (d/a.npy): holds other values"))
    let evaluated = try Binary.run(["evaluate", "run", "--json"], in: folder.path)
    #expect(evaluated.status == 0 && evaluated.errors.contains("warning: the data have changed"))
    #expect((try? JSONSerialization.jsonObject(with: Data(evaluated.output.utf8))) != nil)
    // One sample more.
    try writeData(samples: 61)
    #expect(try resume("--set", "training.epochs=3").errors.contains("has 61 samples, it had 60 samples"))
    // The old ones, elsewhere.
    try writeData()
    try FileManager.default.moveItem(atPath: folder / "d", toPath: folder / "moved")
    let moved = try resume("--set", "training.epochs=3", "--set", "data.root=moved")
    #expect(moved.status == 0, "\(moved.errors)")
  }

  @Test func aDamagedModelIsRefusedAndComesBack() throws {
    try writeData()
    try #require(try train().status == 0)
    let whole = try bytes(folder / "run/model.safetensors")
    var damaged = whole
    damaged[whole.count - 10] ^= 4
    try damaged.write(to: URL(fileURLWithPath: folder / "run/model.safetensors"))
    for command in [["evaluate", "run"], ["predict", "run", "--data", "d"]] {
      let refused = try Binary.run(command, in: folder.path)
      #expect(refused.status == 1 && refused.output == "")
      #expect(refused.errors.contains("it is damaged"), "\(refused.errors)")
      #expect(refused.errors.contains("'fusionkit train --resume run' writes it again"))
    }
    #expect(try resume().status == 0)
    #expect(try bytes(folder / "run/model.safetensors") == whole)
  }

  /// `ulimit -f` counts blocks of 1024 bytes: the texts of a run fit, its checkpoint does not.
  @Test func aFullDiskLeavesTheRunThatWasToBeReplacedOrExtended() throws {
    try writeData()
    try #require(try train().status == 0)
    let before = try content()
    for command in [
      "train probe.yaml --output ./run --overwrite --set seed=9", "train --resume run --set training.epochs=3",
    ] {
      let full = try Binary.shell("ulimit -f 4; exec \"$FUSIONKIT\" \(command) --quiet --threads 1", in: folder.path)
      #expect(full.status == 1 && full.errors.contains("File too large"), "\(full.errors)")
      #expect(try content() == before, "\(command)")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder / "run").sorted()
      #expect(
        names == [
          "checkpoint", "config.yaml", "environment.json", "history.csv", "log.txt", "metrics.json",
          "model.safetensors",
          "predictions.csv",
        ])
    }
    #expect(try Binary.run(["evaluate", "run"], in: folder.path).status == 0)
  }

  @Test func anotherRunInTheSameFolderHasALogOfItsOwn() throws {
    try writeData()
    for _ in 0..<2 { try #require(try train("--overwrite").status == 0) }
    let log = String(decoding: try bytes(folder / "run/log.txt"), as: UTF8.self)
    #expect(log.split(separator: "epoch 1/2").count == 2)
    #expect(log.contains("probe: train 36, validation 9, test 15 samples"), "\(log)")
  }

  @Test func whatAKilledProcessLeftGoesWithTheNextCommand() throws {
    try writeData()
    try #require(try train().status == 0)
    for name in ["model.safetensors", "checkpoint/state.safetensors"] {
      try folder.write("run/\(name).partial-99999-3", "half")
    }
    try #require(try resume("--set", "training.epochs=3").status == 0)
    let left = try FileManager.default.subpathsOfDirectory(atPath: folder / "run").filter { $0.contains("partial") }
    #expect(left.isEmpty, "\(left)")
  }

  @Test func whatIsLeftBeforeTheFirstCheckpointIsNoObstacle() throws {
    try writeData()
    try folder.write("run/config.yaml.partial-99999-1", "half")
    let early = try resume()
    #expect(early.status == 1)
    #expect(
      early.errors
        == "error: no run has begun in run yet: start it with: fusionkit train CONFIG --output ./run\n")
    #expect(try train().status == 0)
  }

  @Test func aStepThatCannotFitIsToldBeforeTheRunBegins() throws {
    // A sparse file: it takes no room on the disk.
    let (samples, values) = (4000, 1_000_000)
    try folder.write("d/a.npy", NpyFile.data("|u1", [samples, values], Data()))
    let start = try bytes(folder / "d/a.npy").count
    truncate(folder / "d/a.npy", off_t(start + samples * values))
    try folder.write("d/y.npy", NpyFile.integers((0..<samples).map { $0 % 3 }))
    try folder.write(
      "big.yaml",
      """
      data: {dataset: arrays, root: d, files: {a: a.npy, targets: y.npy}, validation: 0}
      modalities: {a: {type: vector, values: byte, encoder: {type: identity}}}
      fusion: {type: concat}
      decoder: {type: linear}
      training: {epochs: 1, batch_size: 100000}
      """)
    let refused = try Binary.shell(
      "ulimit -v 6000000; exec \"$FUSIONKIT\" train big.yaml --output ./run --threads 1", in: folder.path)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("error: a step of 3200 samples needs "), "\(refused.errors)")
    #expect(refused.errors.contains("choose a smaller training.batch_size"))
    #expect(!FileManager.default.fileExists(atPath: folder / "run"))
  }
}

/// Kills and refusals at every call of a kind.
@Suite(.enabled(if: Faults.areAvailable)) struct RunFolderFaultTests {
  private let folder = Scratch()

  private func timeless(_ history: String) throws -> [[Substring]] {
    String(decoding: try bytes(history), as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).dropLast(2)
    }
  }

  /// Killed before and after every rename, a run that replaces another leaves one of the two whole, and what the next
  /// command says leads to the same files as if it had never been killed.
  @Test(arguments: [
    "",
    "  stages:\n    - {name: parts, train: [encoders], objective: unimodal, epochs: 1}\n    - {name: all, epochs: 1}",
  ])
  func aRunThatReplacesAnotherIsKilledAtAnyRename(stages: String) throws {
    try folder.write("tiny.yaml", DemoData.config(epochs: 1, more: stages))
    let train = ["train", "tiny.yaml", "--output", "./run", "--quiet", "--threads", "1"]
    let old = try Binary.run(train + ["--set", "seed=9"], in: folder.path)
    try #require(old.status == 0, "\(old.errors)")
    let files = FileManager.default
    try files.moveItem(atPath: folder / "run", toPath: folder / "old")
    let oldModel = try bytes(folder / "old/model.safetensors")
    try files.copyItem(atPath: folder / "old", toPath: folder / "run")
    let (whole, calls) = try Faults.calls(of: train + ["--overwrite"], in: folder.path)
    try #require(whole.status == 0, "\(whole.errors)")
    try files.moveItem(atPath: folder / "run", toPath: folder / "whole")
    let renames = calls.filter { $0.operation == .rename }
    try #require(renames.count > 8)
    for (place, rename) in renames.enumerated() {
      let moment = place.isMultiple(of: 2) ? "before-KILL" : "after-KILL"
      try? files.removeItem(atPath: folder / "run")
      try files.copyItem(atPath: folder / "old", toPath: folder / "run")
      let killed = try Faults.run(train + ["--overwrite"], in: folder.path, fault: rename.fault(moment))
      #expect(killed.status == 128 + SIGKILL)
      // One way out: without --overwrite, `train` says whether a run can go on.
      let asked = try Binary.run(train, in: folder.path)
      try #require(asked.status == 1, "\(moment) \(rename)")
      if asked.errors.contains("holds a finished run"), try bytes(folder / "run/model.safetensors") == oldModel {
        #expect(try Binary.run(["evaluate", "run"], in: folder.path).status == 0, "\(moment) \(rename)")
        #expect(try Binary.run(train + ["--overwrite"], in: folder.path).status == 0, "\(moment) \(rename)")
      } else if asked.errors.contains("holds a finished run") {
        let resumed = try Binary.run(["train", "--resume", "run", "--quiet"], in: folder.path)
        #expect(resumed.status == 1 && resumed.errors.contains("it is finished"), "\(moment) \(rename)")
      } else {
        #expect(asked.errors.contains("--resume ./run"), "\(moment) \(rename): \(asked.errors)")
        let resumed = try Binary.run(["train", "--resume", "run", "--quiet"], in: folder.path)
        #expect(resumed.status == 0, "\(moment) \(rename): \(resumed.errors)")
      }
      for file in ["model.safetensors", "predictions.csv", "config.yaml"] {
        #expect(try bytes(folder / "run/\(file)") == bytes(folder / "whole/\(file)"), "\(moment) \(rename): \(file)")
      }
      #expect(try timeless(folder / "run/history.csv") == timeless(folder / "whole/history.csv"), "\(moment) \(rename)")
      let left = try files.subpathsOfDirectory(atPath: folder / "run").filter {
        $0.contains("partial") || $0.contains("beg") || $0.contains("previous")
      }
      #expect(left.isEmpty, "\(moment) \(rename): \(left)")
    }
  }

  /// Whatever the limit on its memory, a training ends, well or with a sentence.
  @Test func underAnyLimitOfMemoryATrainingEnds() throws {
    try folder.write("tiny.yaml", DemoData.config(epochs: 1))
    for megabytes in [250, 400, 600, 800, 1200] {
      let outcome = try Binary.shell(
        """
        ulimit -v \(megabytes * 1000)
        exec timeout 60 "$FUSIONKIT" train tiny.yaml --output ./limited --quiet --threads 1 --overwrite
        """, in: folder.path)
      #expect([0, 1].contains(outcome.status), "\(megabytes) MB: \(outcome.status) \(outcome.errors)")
      if outcome.status == 1 { #expect(outcome.errors.contains("memory"), "\(megabytes) MB: \(outcome.errors)") }
    }
  }

  /// Every allocation of a megabyte or more is refused once: an error in words, or none.
  @Test func memoryThatIsRefusedIsAnErrorWithStatusOne() throws {
    try folder.write("tiny.yaml", DemoData.config(epochs: 1))
    let train = ["train", "tiny.yaml", "--output", "./run", "--quiet", "--threads", "1", "--overwrite"]
    let (whole, calls) = try Faults.calls(of: train, in: folder.path)
    try #require(whole.status == 0, "\(whole.errors)")
    let model = try bytes(folder / "run/model.safetensors")
    let allocations = calls.filter { $0.operation == .allocate }
    for allocation in allocations.prefix(12) {
      let refused = try Faults.run(train, in: folder.path, fault: allocation.fault("ENOMEM"))
      #expect(refused.status == 0 || refused.status == 1, "\(allocation): \(refused.status) \(refused.errors)")
      if refused.status == 1 { #expect(refused.errors.contains("memory"), "\(allocation): \(refused.errors)") }
      if refused.status == 0 { #expect(try bytes(folder / "run/model.safetensors") == model) }
    }
  }
}
