import FusionConfig
import FusionCore
import FusionData
import FusionTraining
import Foundation
import Testing

/// What goes wrong says so, and what was there before is still whole.
@Suite struct FailureTests {
  @Test func aLossThatIsNoNumberStopsTheTraining() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      // Steps of such a length leave the range of float32 within a few steps.
      let experiment = try toyExperiment("training.optimizer={type: sgd, learning_rate: 1e30}", "data.validation=0")
      let error = #expect(throws: TrainingError.self) { try Trainer(experiment, threads: 1).train(into: run) }
      guard case .diverged(let what)? = error else {
        Issue.record("expected a divergence, got \(String(describing: error))")
        return
      }
      #expect(what.epoch == 1 && what.step > 1 && what.step < 6 && what.learningRate == 1e30 && !what.value.isFinite)
      let gradient = try #require(what.largestGradient)
      #expect(gradient.parameter.hasPrefix("encoders.") || gradient.parameter.hasPrefix("decoder."))
      let message = try #require(error).description
      #expect(message.contains("at step \(what.step) (epoch 1), learning rate 1e+30"))
      #expect(
        message.contains(
          "largest gradient: \(gradient.value.isNaN ? "NaN" : "\(gradient.value)") in '\(gradient.parameter)'"))
      #expect(error?.exitStatus == 1)
      let summary = try RunSummary.read(from: run)
      #expect(summary.status == .failed && summary.error == message)
      // The checkpoint of the beginning is whole: its weights can still be read.
      let checkpoint = try SafeTensors(opening: run.checkpoint)
      #expect(checkpoint["model/decoder.weight"]?.shape == [3, 8])
    }
  }

  @Test func weightsOfAnotherModelAreListedTogether() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      try Trainer(toyExperiment("training.epochs=0"), threads: 1).train(into: run)
      let file = try SafeTensors(opening: run.model)
      let device = Device()
      var items = try file.names.filter { $0 != "decoder.bias" && $0 != "encoders.a.layers.1.weight" }.map {
        SafeTensors.Item($0, Tensor(try file[$0]!.floats(), shape: file[$0]!.shape, device: device))
      }
      items.append(SafeTensors.Item("head.weight", [Float(1)], shape: [1], .float32))
      items.append(
        SafeTensors.Item("encoders.a.layers.1.weight", [Float](repeating: 0, count: 24), shape: [8, 3], .float32))
      items.append(SafeTensors.Item("encoders.a.bn.num_batches_tracked", [Int64(3)], shape: [], .int64))
      try SafeTensors.write(items, to: run.model)
      let error = #expect(throws: CheckpointError.self) {
        try Trainer(toyExperiment("training.epochs=0"), threads: 1).evaluate(run)
      }
      #expect(error?.missing == ["decoder.bias"] && error?.extra == ["head.weight"])
      #expect(error?.misshapen == ["encoders.a.layers.1.weight: float32 [8, 3], expected float32 [8, 8]"])
      #expect(
        error?.description == """
          \(run.model) holds the weights of another model
            missing in the file (1):
              decoder.bias
            not in the model (1):
              head.weight
            of another shape or type (1):
              encoders.a.layers.1.weight: float32 [8, 3], expected float32 [8, 8]
          """)
    }
  }

  @Test func weightsFromPyTorchFit() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = try Trainer(toyExperiment("training.epochs=0"), threads: 1)
      try trainer.train(into: run)
      let before = try trainer.evaluate(run).outputs.scalars
      // The same values in double precision and another order, with what a batch norm of PyTorch adds.
      let file = try SafeTensors(opening: run.model)
      var items = try file.names.reversed().map {
        SafeTensors.Item($0, try file[$0]!.floats().map(Double.init), shape: file[$0]!.shape, .float64)
      }
      items.append(SafeTensors.Item("encoders.a.bn.num_batches_tracked", [Int64(3)], shape: [], .int64))
      try SafeTensors.write(items, to: run.model)
      #expect(try trainer.evaluate(run).outputs.scalars == before)
      // A NaN would make every sample one of class 0.
      let name = try #require(file.names.last)
      let spoiled = try file[name]!.floats().map { _ in Double.nan }
      items[0] = SafeTensors.Item(name, spoiled, shape: file[name]!.shape, .float64)
      try SafeTensors.write(items, to: run.model)
      let error = #expect(throws: CheckpointError.self) { try trainer.evaluate(run) }
      #expect(error?.description == "\(run.model) cannot be used\n  '\(name)' holds NaN")
    }
  }

  @Test func aCheckpointOfAnotherModelIsRefused() throws {
    try withFolder { folder in
      let (wide, narrow) = (RunFolder(folder + "/wide"), RunFolder(folder + "/narrow"))
      let width = "modalities.b.encoder.width=8"
      try Trainer(toyExperiment(width, "training.epochs=1"), threads: 1).train(into: wide)
      try Trainer(toyExperiment("decoder.type=line", "training.epochs=1"), threads: 1).train(into: narrow)
      try Data("no checkpoint".utf8).write(to: URL(fileURLWithPath: narrow.checkpoint))
      #expect(throws: CheckpointError.self) {
        try Trainer(toyExperiment("training.epochs=2"), threads: 1).resume(narrow)
      }
      try FileManager.default.removeItem(atPath: narrow.checkpoint)
      try FileManager.default.copyItem(atPath: narrow.model, toPath: narrow.checkpoint)
      let error = #expect(throws: CheckpointError.self) {
        try Trainer(toyExperiment("training.epochs=2"), threads: 1).resume(narrow)
      }
      #expect(error?.description.contains("not a checkpoint of this version") == true)
      let other = try toyExperiment("modalities.a.encoder.width=4", width, "fusion.type=sum", "training.epochs=1")
      #expect(throws: (any Error).self) { try Trainer(other, threads: 1).resume(wide) }
    }
  }

  @Test func aFolderThatHoldsSomethingIsLeftAlone() throws {
    try withFolder { folder in
      let trainer = try Trainer(toyExperiment("training.epochs=1"), threads: 1)
      // A finished run.
      let run = RunFolder(folder + "/run")
      try trainer.train(into: run)
      let before = try bytes(run.model)
      #expect(throws: RunFolderError.complete(path: run.path)) { try trainer.train(into: run) }
      #expect(try bytes(run.model) == before)
      try trainer.train(into: run, overwrite: true)
      #expect(try bytes(run.model) == before)
      // An unfinished run.
      try FileManager.default.removeItem(atPath: run.metrics)
      let error = #expect(throws: RunFolderError.self) { try trainer.train(into: run) }
      #expect(error == .unfinished(path: run.path) && error?.description.contains("--resume \(run.path)") == true)
      // No run at all: not even with overwrite.
      try Data("mine".utf8).write(to: URL(fileURLWithPath: folder + "/notes.txt"))
      #expect(throws: RunFolderError.foreign(path: folder)) {
        try trainer.train(into: RunFolder(folder), overwrite: true)
      }
      #expect(throws: RunFolderError.foreign(path: folder + "/notes.txt")) {
        try trainer.train(into: RunFolder(folder + "/notes.txt"))
      }
      #expect(try text(folder + "/notes.txt") == "mine")
    }
  }

  @Test func anUnwritableFolderIsToldBeforeTraining() throws {
    try withFolder { folder in
      try Data().write(to: URL(fileURLWithPath: folder + "/file"))
      let error = #expect(throws: RunFolderError.self) {
        try Trainer(toyExperiment(), threads: 1).train(into: RunFolder(folder + "/file/run"))
      }
      guard case .notWritable(let path, let reason)? = error else {
        Issue.record("expected notWritable, got \(String(describing: error))")
        return
      }
      #expect(path == folder + "/file/run" && reason == "Not a directory")
      #expect(error?.exitStatus == 1)
    }
  }

  @Test func twoProcessesCannotShareARun() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      var inner: RunFolderError?
      let watcher = Watcher {
        guard case .epoch = $0 else { return }
        do {
          try Trainer(toyExperiment(), threads: 1).train(into: run, overwrite: true)
        } catch { inner = error as? RunFolderError }
      }
      try Trainer(toyExperiment("training.epochs=1"), threads: 1, progress: watcher).train(into: run)
      #expect(inner == .busy(path: run.path))
      #expect(try RunSummary.read(from: run).status == .finished)
    }
  }

  /// A folder takes the place of a file, which cannot be written then.
  @Test(arguments: ["model.safetensors", "history.csv"])
  func aFileThatCannotBeWrittenLeavesTheCheckpointWhole(file: String) throws {
    try withFolder { folder in
      let (whole, run) = (RunFolder(folder + "/whole"), RunFolder(folder + "/run"))
      try Trainer(toyExperiment(), threads: 1).train(into: whole)
      let path = run.path + "/" + file
      let watcher = Watcher {
        guard case .epoch(let record, _) = $0, record.epoch == 3 else { return }
        unlink(path)
        mkdir(path, 0o755)
      }
      let error = #expect(throws: DataError.self) {
        try Trainer(toyExperiment(), threads: 1, progress: watcher).train(into: run)
      }
      #expect(error?.description.contains("is a folder") == true && error?.exitStatus == 1)
      #expect(try RunSummary.read(from: run).status == .failed)
      rmdir(path)
      try Trainer(toyExperiment(), threads: 1).resume(run)
      #expect(try bytes(run.model) == bytes(whole.model))
    }
  }

  @Test func aCheckpointThatCannotBeSavedLeavesTheOldOne() throws {
    try withFolder { folder in
      let (whole, run) = (RunFolder(folder + "/whole"), RunFolder(folder + "/run"))
      try Trainer(toyExperiment(), threads: 1).train(into: whole)
      let watcher = Watcher {
        guard case .epoch(let record, _) = $0, record.epoch == 3 else { return }
        rename(run.checkpointFolder, folder + "/aside")
      }
      let error = #expect(throws: DataError.self) {
        try Trainer(toyExperiment(), threads: 1, progress: watcher).train(into: run)
      }
      #expect(error?.description.contains(run.checkpoint) == true)
      rename(folder + "/aside", run.checkpointFolder)
      try Trainer(toyExperiment(), threads: 1).resume(run)
      #expect(try bytes(run.model) == bytes(whole.model))
    }
  }

  @Test(arguments: [
    ("data.targets=values", "'classification' does not suit the data"),
    ("data.targets=none", "has no targets"),
    ("task={class_weights: [1, 2]}", "2 weights do not fit the data's 3 classes"),
    ("training.monitor=validation.acuracy", "did you mean 'validation.accuracy'?"),
    ("training.early_stopping={metric: validation.r2}", "there is no metric 'validation.r2' for this task"),
    ("training={drop_last: true, batch_size: 1000}", "no batch is left"),
  ]) func whatDoesNotSuitTheDataIsToldBeforeAnythingIsWritten(override: String, message: String) throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let error = #expect(throws: (any Error).self) {
        try Trainer(toyExperiment(override), threads: 1).train(into: run)
      }
      let shown = try #require(error as? any UserError)
      #expect(shown.description.contains(message), "\(shown)")
      #expect(shown.exitStatus == 2)
      #expect(run.state == .vacant)
    }
  }

  @Test func earlyStoppingNeedsAValidationPart() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let experiment = try toyExperiment("data.validation=0", "training.early_stopping={patience: 2}")
      let error = #expect(throws: ConfigError.self) { try Trainer(experiment, threads: 1).train(into: run) }
      #expect(error?.description.contains("needs a validation part") == true)
      // Without early stopping the last epoch is kept, and that is said.
      try Trainer(toyExperiment("data.validation=0", "training.epochs=2"), threads: 1).train(into: run)
      #expect(try text(run.log).contains("warning: there is no validation part"))
      #expect(try RunSummary.read(from: run).bestEpoch == 2)
    }
  }

  @Test(arguments: [
    ("\\\"batches\\\" : 0", "\\\"batches\\\" : -3"), ("\\\"step\\\" : 12", "\\\"step\\\" : 9223372036854775807"),
    ("\\\"epoch\\\" : 1,\\n  \\\"history", "\\\"epoch\\\" : -1,\\n  \\\"history"),
    ("fusionkit-checkpoint-2", "fusionkit-checkpoint-9"),
  ]) func aCheckpointThatMakesNoSenseIsRefused(there: String, instead: String) throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      try Trainer(toyExperiment("training.epochs=1"), threads: 1).train(into: run)
      let file = try bytes(run.checkpoint)
      let length = Int(file[0]) | Int(file[1]) << 8
      let header = String(decoding: file[8..<8 + length], as: UTF8.self)
      #expect(header.contains(there))
      let changed = Data(header.replacing(there, with: instead).utf8)
      let size = withUnsafeBytes(of: UInt64(changed.count).littleEndian) { Data($0) }
      try (size + changed + file[(8 + length)...]).write(to: URL(fileURLWithPath: run.checkpoint))
      #expect(throws: CheckpointError.self) { try Trainer(toyExperiment("training.epochs=2"), threads: 1).resume(run) }
    }
  }

  @Test(arguments: [
    ("\"outputs\" : 3", "\"outputs\" : -3"), ("\"outputs\" : 3", "\"outputs\" : 4"), ("        3\n", "        -3\n"),
  ])
  func anEnvironmentThatMakesNoSenseIsRefused(there: String, instead: String) throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = try Trainer(toyExperiment("training.epochs=0"), threads: 1)
      try trainer.train(into: run)
      let environment = try text(run.environment)
      #expect(environment.contains(there))
      try Data(environment.replacing(there, with: instead).utf8).write(to: URL(fileURLWithPath: run.environment))
      #expect(throws: RunFolderError.notARun(path: run.path, missing: "a valid environment.json")) {
        try trainer.predict(run, folder: "anywhere")
      }
    }
  }

  @Test func theFirstSignalRaisesTheFlag() {
    let stop = StopFlag()
    let listener = stop.listen()
    kill(getpid(), SIGINT)
    // The signal arrives on another thread; without it this test would never end, and be seen.
    while !stop.isSet { usleep(1000) }
    withExtendedLifetime(listener) {}
  }
}
