import FusionConfig
import FusionCore
import FusionData
import FusionExperiments
import FusionTraining
import Foundation
import Testing

/// Run, weights and data belong together, and a damaged file is never taken for a whole one.
@Suite struct IntegrityTests {
  private func flip(_ path: String, _ place: Int, bit: Int) throws {
    var data = try bytes(path)
    data[place] ^= 1 << bit
    // In place: a link to the same file must see it too.
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.write(contentsOf: data)
    try handle.close()
  }

  /// Places all over a file: its whole header, which a checksum is part of, and some of its values.
  private func places(_ path: String) throws -> [Int] {
    let data = try bytes(path)
    let header = 8 + Int(data[0]) + Int(data[1]) << 8
    return Array(stride(from: 0, to: header, by: 7)) + Array(stride(from: header, to: data.count, by: 13))
  }

  @Test func anyFlippedBitInTheModelIsRefused() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = try Trainer(toyExperiment("training.epochs=1"), threads: 1)
      try trainer.train(into: run)
      let whole = try bytes(run.model)
      let places = try places(run.model)
      #expect(places.count > 100)
      for (number, place) in places.enumerated() {
        try flip(run.model, place, bit: number % 8)
        let error = #expect(throws: CheckpointError.self, "\(place)") { try trainer.evaluate(run) }
        #expect(error?.exitStatus == 1)
        #expect(error?.description.contains("'fusionkit train --resume \(run.path)' writes it again") == true)
        try whole.write(to: URL(fileURLWithPath: run.model))
      }
      #expect(try trainer.evaluate(run).report != nil)
    }
  }

  @Test func aLostOrDamagedModelIsWrittenAgainFromTheCheckpoint() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = try Trainer(toyExperiment("training.epochs=2"), threads: 1)
      let summary = try trainer.train(into: run)
      let whole = try bytes(run.model)
      for damage in [{ try flip(run.model, whole.count - 3, bit: 2) }, { unlink(run.model) }] as [() throws -> Void] {
        try damage()
        #expect(throws: CheckpointError.self) { try trainer.evaluate(run) }
        #expect(try trainer.resume(run).splits == summary.splits)
        #expect(try bytes(run.model) == whole)
      }
      #expect(throws: TrainingError.self) { try trainer.resume(run) }
    }
  }

  @Test func anyFlippedBitInTheCheckpointIsRefused() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      try Trainer(toyExperiment("training.epochs=1"), threads: 1).train(into: run)
      let more = try Trainer(toyExperiment("training.epochs=2"), threads: 1)
      let whole = try bytes(run.checkpoint)
      let before = try bytes(run.model)
      for (number, place) in try places(run.checkpoint).enumerated() where number % 3 == 0 {
        try flip(run.checkpoint, place, bit: number % 8)
        let error = #expect(throws: CheckpointError.self, "\(place)") { try more.resume(run) }
        #expect(error?.description.contains("start anew with: fusionkit train \(run.configuration)") == true)
        try whole.write(to: URL(fileURLWithPath: run.checkpoint))
      }
      #expect(try bytes(run.model) == before)
      #expect(try RunSummary.read(from: run).status == .finished)
      #expect(try more.resume(run).epochs == 2)
    }
  }

  @Test func theCheckpointBeforeADamagedOneLeadsToTheSameBits() throws {
    try withFolder { folder in
      let (whole, cut) = (RunFolder(folder + "/whole"), RunFolder(folder + "/cut"))
      let watcher = Watcher {
        guard case .epoch(let record, _) = $0, record.epoch == 3 else { return }
        try? FileManager.default.copyItem(atPath: whole.path, toPath: cut.path)
      }
      let experiment = try toyExperiment()
      try Trainer(experiment, threads: 1, progress: watcher).train(into: whole)
      // Of a finished run there is one checkpoint.
      #expect(try FileManager.default.contentsOfDirectory(atPath: whole.checkpointFolder) == ["state.safetensors"])
      try flip(cut.checkpoint, 3000, bit: 1)
      let error = #expect(throws: CheckpointError.self) { try Trainer(experiment, threads: 1).resume(cut) }
      #expect(
        error?.description.contains(
          "the checkpoint before it, after epoch 1, is whole: remove the damaged one, 'rm \(cut.checkpoint)'") == true)
      unlink(cut.checkpoint)
      #expect(cut.state == .unfinished)
      try Trainer(experiment, threads: 1).resume(cut)
      #expect(try bytes(cut.model) == bytes(whole.model))
      #expect(try bytes(cut.predictions) == bytes(whole.predictions))
    }
  }

  @Test func weightsThatAreBroughtInPassWithANote() throws {
    try withFolder { folder in
      let (run, other) = (RunFolder(folder + "/run"), RunFolder(folder + "/other"))
      try Trainer(toyExperiment("training.epochs=1"), threads: 1).train(into: run)
      try Trainer(toyExperiment("training.epochs=1", "seed=9"), threads: 1).train(into: other)
      var notes: [String] = []
      let watcher = Watcher { if case .note(let text) = $0 { notes.append(text) } }
      let trainer = try Trainer(toyExperiment("training.epochs=1"), threads: 1, progress: watcher)
      _ = try trainer.evaluate(run)
      #expect(notes.isEmpty)
      // Those of another run.
      unlink(run.model)
      try FileManager.default.copyItem(atPath: other.model, toPath: run.model)
      #expect(
        try trainer.evaluate(run).outputs.scalars
          == Trainer(toyExperiment("seed=9"), threads: 1).evaluate(other).outputs.scalars)
      #expect(notes == ["the weights in \(run.model) are those of another training"])
      // Those of another program.
      let file = try SafeTensors(opening: other.model)
      let items = try file.names.map {
        SafeTensors.Item($0, try file[$0]!.floats(), shape: file[$0]!.shape, .float32)
      }
      try SafeTensors.write(items, to: run.model)
      _ = try trainer.evaluate(run)
      #expect(notes.count == 2 && notes[1].contains("have no checksum"))
      // A link in the place of the model is replaced, and what it leads to is left alone.
      let before = try bytes(other.model)
      unlink(run.model)
      symlink(other.model, run.model)
      try Trainer(toyExperiment("training.epochs=2"), threads: 1).resume(run)
      #expect(try bytes(other.model) == before)
      #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: run.model)) == nil)
    }
  }
}

/// The data of a run are those that it began with.
@Suite struct DataChangeTests {
  private func experiment(_ root: String, _ overrides: [String] = []) throws -> Experiment {
    var registry = try toyRegistry()
    try registry.registerDatasets()
    return try Experiment.load(
      text: """
        data: {dataset: arrays, root: \(root), files: {a: a.npy, targets: y.npy}, test_fraction: 0.25}
        modalities: {a: {type: plain, encoder: {type: hidden, width: 2}}}
        fusion: {type: sum}
        decoder: {type: line}
        task: {type: classification}
        training: {epochs: 1, batch_size: 512}
        """, overrides: overrides, registry: registry)
  }

  /// Features of more bytes than are looked at.
  private let samples = 2000
  private let width = 300

  private func write(
    _ folder: String, samples: Int? = nil, seed: Int = 0, changing place: Int? = nil, labels: Int = 2
  ) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let count = samples ?? self.samples
    var values = (0..<count * width).map { Float(($0 * 31 + seed * 7) % 1009) / 1009 }
    if let place { values[place] += 1 }
    try Npy.write(values, shape: [count, width], to: folder + "/a.npy")
    try Npy.write((0..<count).map { $0 % labels }, shape: [count], to: folder + "/y.npy")
  }

  private func withRun(_ body: (_ data: String, RunFolder) throws -> Void) throws {
    try withFolder { folder in
      try write(folder + "/data")
      let run = RunFolder(folder + "/run")
      try Trainer(experiment(folder + "/data"), threads: 1).train(into: run)
      try body(folder + "/data", run)
    }
  }

  private func resume(_ run: RunFolder, _ data: String, _ more: String...) throws -> RunSummary {
    try Trainer(experiment(data, ["training.epochs=2"] + more), threads: 1).resume(run)
  }

  @Test func otherValuesAreRefused() throws {
    try withRun { data, run in
      let before = try ["model.safetensors", "metrics.json", "config.yaml"].map { try bytes(run.path + "/" + $0) }
      try write(data, seed: 1)
      let error = #expect(throws: DataChange.self) { try resume(run, data) }
      #expect(error?.changes == ["'a' of the part 'train' (\(data)/a.npy): holds other values"])
      #expect(error?.exitStatus == 1)
      #expect(error?.description.contains("the data have changed since it began") == true)
      try write(data, samples: samples + 1)
      let longer = #expect(throws: DataChange.self) { try resume(run, data) }
      #expect(longer?.changes.count == 3, "\(String(describing: longer))")
      #expect(longer?.changes.first?.hasSuffix("has 2,001 samples, it had 2,000 samples") == true)
      try write(data, labels: 1)
      let relabelled = #expect(throws: DataChange.self) { try resume(run, data) }
      #expect(relabelled?.changes.first?.contains("the targets of the part 'train'") == true)
      // The old ones again, in new files.
      try write(data)
      #expect(
        try ["model.safetensors", "metrics.json", "config.yaml"].map { try bytes(run.path + "/" + $0) } == before)
      #expect(try resume(run, data).epochs == 2)
    }
  }

  @Test func dataMayMove() throws {
    try withRun { data, run in
      let there = data + "-moved"
      rename(data, there)
      #expect(try resume(run, there).epochs == 2)
      #expect(try text(run.configuration).contains(there))
      // Evaluated where they are now, without a word.
      let silent = Watcher { if case .warning(let text) = $0 { Issue.record("\(text)") } }
      _ = try Trainer(experiment(there), threads: 1, progress: silent).evaluate(run)
    }
  }

  @Test func evaluationSaysThatDataHaveChanged() throws {
    try withRun { data, run in
      var warnings: [String] = []
      let watcher = Watcher { if case .warning(let text) = $0 { warnings.append(text) } }
      let trainer = try Trainer(experiment(data), threads: 1, progress: watcher)
      _ = try trainer.evaluate(run)
      #expect(warnings.isEmpty)
      try write(data, seed: 1)
      _ = try trainer.evaluate(run)
      #expect(
        warnings.count == 1 && warnings[0].contains("'a' of the part 'train' (\(data)/a.npy): holds other values"))
      // Other data than its own are asked for: nothing to say.
      try write(data + "-other", seed: 2)
      _ = try Trainer(experiment(data + "-other"), threads: 1, progress: watcher).evaluate(run)
      #expect(warnings.count == 1)
    }
  }

  @Test func theWholeContentIsComparedOnRequest() throws {
    try withFolder { folder in
      let data = folder + "/data"
      try write(data)
      let (sampled, whole) = (RunFolder(folder + "/sampled"), RunFolder(folder + "/whole"))
      try Trainer(experiment(data), threads: 1).train(into: sampled)
      try Trainer(experiment(data), threads: 1, verifiesData: true).train(into: whole)
      let prints = try #require(RunEnvironment.read(from: whole).data.fingerprints)
      #expect(prints.map(\.array) == ["a", "(targets)", "(targets)"])
      #expect(prints[0].bytes == samples * width * 4 && prints[0].content != nil && prints[0].modified != nil)
      #expect(try RunEnvironment.read(from: sampled).data.fingerprints?[0].content == nil)
      // One value, between the blocks that are looked at: they are some 9,400 bytes apart and 4,096 long.
      try write(data, changing: 6000 / 4)
      var warnings: [String] = []
      let watcher = Watcher { if case .warning(let text) = $0 { warnings.append(text) } }
      let trainer = try Trainer(experiment(data, ["training.epochs=2"]), threads: 1, progress: watcher)
      #expect(try trainer.resume(sampled).epochs == 2)
      // The file's time tells that it was written again; what of it changed was not recorded.
      #expect(warnings.count == 1 && warnings[0].contains("a.npy): was written at another time"), "\(warnings)")
      let error = #expect(throws: DataChange.self) { try resume(whole, data) }
      #expect(error?.changes == ["'a' of the part 'train' (\(data)/a.npy): holds other values in some places"])
    }
  }

  @Test func everyLabelCounts() throws {
    try withFolder { folder in
      let (data, count) = (folder + "/data", 300_000)
      func write(changing place: Int? = nil) throws {
        var labels = (0..<count).map { $0 % 2 }
        if let place { labels[place] = 1 - labels[place] }
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        try Npy.write((0..<count).map { Float($0 % 7) }, shape: [count, 1], to: data + "/a.npy")
        try Npy.write(labels, shape: [count], to: data + "/y.npy")
      }
      try write()
      let run = RunFolder(folder + "/run")
      try Trainer(experiment(data, ["training.batch_size=100000"]), threads: 1).train(into: run)
      // Between the blocks of a sample.
      try write(changing: 1500)
      #expect(throws: DataChange.self) { try resume(run, data, "training.batch_size=100000") }
    }
  }

  @Test func runsOnOtherDataAreNotCountedTogether() throws {
    try withFolder { folder in
      let data = folder + "/data"
      try write(data)
      let registry = try {
        var registry = try toyRegistry(); try registry.registerDatasets(); return registry
      }()
      let trainer = try Trainer(experiment(data), threads: 1)
      let two = try trainer.train(seeds: [1, 2], into: folder + "/runs", registry: registry)
      #expect(two.seeds == [1, 2])
      try write(data, seed: 1)
      // Nothing new: what there is may be looked at.
      #expect(try trainer.train(seeds: [1, 2], into: folder + "/runs", registry: registry) == two)
      let error = #expect(throws: MixedData.self) {
        try trainer.train(seeds: [1, 2, 3], into: folder + "/runs", registry: registry)
      }
      #expect(error?.changes == ["'a' of the part 'train' (\(data)/a.npy): holds other values"])
      #expect(!FileManager.default.fileExists(atPath: folder + "/runs/seed-3"))
      try write(data)
      #expect(try trainer.train(seeds: [1, 2, 3], into: folder + "/runs", registry: registry).seeds == [1, 2, 3])
    }
  }

  @Test func aLinkInThePlaceOfTheLogIsReplaced() throws {
    try withRun { data, run in
      let mine = data + "/mine.txt"
      try "mine\n".write(toFile: mine, atomically: true, encoding: .utf8)
      unlink(run.log)
      symlink(mine, run.log)
      #expect(try resume(run, data).epochs == 2)
      #expect(try text(mine) == "mine\n" && text(run.log).contains("epoch"))
      unlink(run.log)
      symlink(mine, run.log)
      try Trainer(experiment(data), threads: 1).train(into: run, overwrite: true)
      #expect(try text(mine) == "mine\n")
    }
  }

  /// SHA-256 of "float32 [2, 1]" and the bytes of 1 and 2, by sha256sum.
  @Test func aFingerprintIsTheDigestOfTypeShapeAndValues() throws {
    let array = try StoredArray([1, 2], shape: [2, 1], source: "x")
    let split = try DataSplit(name: "train", modalities: [ModalityArray("x", array)], targets: nil)
    let prints = try Dataset(source: "x", train: split, test: nil).fingerprints()
    #expect(prints.count == 1)
    #expect(prints[0].sample == "1ee10e99800784ad6ce38282fad1e7aa8fc836232966125120aa0ccb76e42e68")
  }
}
