import FusionConfig
import FusionData
import FusionExperiments
import FusionTraining
import Foundation
import Testing

/// Whatever a process leaves that was killed, there is one way out; and an old run stays until a new one takes its place.
@Suite struct RunFolderTests {
  private let files = FileManager.default

  private func make(_ path: String, _ content: String = "half") throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(content.utf8).write(to: URL(fileURLWithPath: path))
  }

  @Test func whatARunLeavesThatNeverBeganIsNoObstacle() throws {
    let experiment = try toyExperiment("training.epochs=1")
    let left: [[String]] = [
      ["log.txt"], ["config.yaml.partial-7-1"], ["log.txt", "beginning/config.yaml"],
      ["log.txt", "beginning/config.yaml", "beginning/environment.json", "beginning/checkpoint/state.safetensors"],
      ["beginning/checkpoint/state.safetensors.partial-7-3"],
      ["checkpoint/state.safetensors.partial-7-3", "log.txt", "config.yaml", "environment.json"],
      ["log.txt", "config.yaml", "environment.json", "metrics.json"],
    ]
    for names in left {
      try withFolder { folder in
        let run = RunFolder(folder + "/run")
        for name in names { try make(run.path + "/" + name) }
        #expect(run.state == .vacant, "\(names)")
        let error = #expect(throws: RunFolderError.notBegun(path: run.path), "\(names)") {
          try Trainer(experiment, threads: 1).resume(run)
        }
        #expect(error?.description.contains("start it with: fusionkit train CONFIG --output \(run.path)") == true)
        try Trainer(experiment, threads: 1).train(into: run)
        #expect(run.state == .complete(.finished))
        let found = try files.subpathsOfDirectory(atPath: run.path)
        #expect(!found.contains { $0.contains("partial") || $0.contains("beginning") }, "\(found)")
      }
    }
  }

  @Test func anOldRunStaysWhereSomethingLiesInTheWayOfANewOne() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = try Trainer(toyExperiment("training.epochs=1"), threads: 1)
      try trainer.train(into: run)
      let metrics = try bytes(run.metrics)
      unlink(run.predictions)
      try make(run.predictions + "/mine.txt")
      let error = #expect(throws: RunFolderError.self) { try trainer.train(into: run, overwrite: true) }
      #expect(error?.description.contains("a folder lies there") == true, "\(String(describing: error))")
      #expect(try bytes(run.metrics) == metrics && run.state == .complete(.finished))
      try files.removeItem(atPath: run.predictions)
      try make(run.path + "/beginning/mine.txt")
      let other = #expect(throws: RunFolderError.self) { try trainer.train(into: run, overwrite: true) }
      #expect(other?.description.contains("files that no run has written") == true, "\(String(describing: other))")
      #expect(try bytes(run.metrics) == metrics)
      try files.removeItem(atPath: run.path + "/beginning")
      try trainer.train(into: run, overwrite: true)
    }
  }

  @Test func aPipeInThePlaceOfTheLogHoldsNothingUp() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let experiment = try toyExperiment("training.epochs=1")
      try Trainer(experiment, threads: 1).train(into: run)
      unlink(run.log)
      #expect(mkfifo(run.log, 0o600) == 0)
      let job = TrainingJob("job", experiment, run: run)
      #expect(try job.state() == .done(RunSummary.read(from: run)))
      #expect(throws: RunFolderError.self) { try Trainer(experiment, threads: 1).train(into: run, overwrite: true) }
    }
  }

  @Test func aRunWithoutACheckpointHasOneWayOut() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = try Trainer(toyExperiment("training.epochs=1"), threads: 1)
      try trainer.train(into: run)
      unlink(run.checkpoint)
      unlink(run.metrics)
      #expect(run.state == .stranded)
      let error = #expect(throws: RunFolderError.stranded(path: run.path)) { try trainer.train(into: run) }
      #expect(error?.description.contains("--overwrite") == true && error?.description.contains("--resume") == false)
      let resumed = #expect(throws: TrainingError.self) { try trainer.resume(run) }
      #expect(resumed?.description.contains("--output \(run.path) --overwrite") == true)
      try trainer.train(into: run, overwrite: true)
      // A person's own configuration is no run that could be replaced unasked.
      let own = RunFolder(folder + "/own")
      try make(own.configuration, "name: mine")
      #expect(own.state == .stranded)
    }
  }

  @Test func whatCannotBeReadIsNotCalledAbsent() throws {
    // The superuser may read everything.
    guard geteuid() != 0 else { return }
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = try Trainer(toyExperiment("training.epochs=1"), threads: 1)
      try trainer.train(into: run)
      for path in [run.checkpointFolder, run.checkpoint, run.metrics, run.configuration, run.path] {
        chmod(path, 0)
        defer { chmod(path, 0o755) }
        let error = #expect(throws: RunFolderError.self, "\(path)") { try trainer.resume(run) }
        #expect(error?.description.contains("Permission denied; nothing was changed") == true)
        #expect(throws: RunFolderError.self) { try trainer.train(into: run) }
        chmod(path, 0o755)
      }
    }
  }

  @Test func aCheckpointThatLeadsNowhereIsNotCalledAbsent() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = try Trainer(toyExperiment("training.epochs=1"), threads: 1)
      try trainer.train(into: run)
      unlink(run.metrics)
      unlink(run.checkpoint)
      symlink("/mnt/scratch/that/is/not/mounted", run.checkpoint)
      #expect(run.state == .unfinished)
      let error = #expect(throws: RunFolderError.self) { try trainer.resume(run) }
      #expect(error?.description.contains("nothing was changed") == true)
    }
  }

  @Test func anOldRunStaysUntilTheNewOneHasBegun() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      try Trainer(toyExperiment("training.epochs=1"), threads: 1).train(into: run)
      func content() throws -> [String: Data] {
        let names = try files.subpathsOfDirectory(atPath: run.path).filter { $0.contains(".") && $0 != "log.txt" }
        return try Dictionary(uniqueKeysWithValues: names.map { ($0, try bytes(run.path + "/" + $0)) })
      }
      let before = try content()
      #expect(before.count == 7)
      // Its first checkpoint cannot be written.
      try make(run.path + "/beginning", "in the way")
      #expect(throws: RunFolderError.self) {
        try Trainer(toyExperiment("seed=9"), threads: 1).train(into: run, overwrite: true)
      }
      unlink(run.path + "/beginning")
      #expect(try content() == before)
      // Nor can it with data that do not suit it.
      #expect(throws: (any Error).self) {
        try Trainer(toyExperiment("data.targets=values"), threads: 1).train(into: run, overwrite: true)
      }
      #expect(try content() == before && run.state == .complete(.finished))
      // A file of a person's own stays, whatever happens to the run; the log begins anew.
      try make(run.path + "/notes.md", "mine")
      let summary = try Trainer(toyExperiment("seed=9", "training.epochs=2"), threads: 1).train(
        into: run, overwrite: true)
      #expect(summary.seed == 9)
      #expect(try text(run.path + "/notes.md") == "mine")
      #expect(try text(run.log).split(separator: "epoch 1/").count == 2)
      #expect(try !text(run.log).contains("epoch 1/1"))
    }
  }

  /// The states in which a kill can leave a folder whose run is being replaced.
  @Test func anExchangeThatWasCutOffIsCompleted() throws {
    try withFolder { folder in
      let (old, new) = (RunFolder(folder + "/old"), RunFolder(folder + "/new"))
      try Trainer(toyExperiment("training.epochs=1"), threads: 1).train(into: old)
      let stop = StopFlag()
      let fresh = try toyExperiment("seed=9")
      let watcher = Watcher { if case .advanced = $0 { stop.set() } }
      #expect(throws: TrainingError.self) {
        try Trainer(fresh, threads: 1, progress: watcher, stop: stop).train(into: new)
      }
      let order = ["checkpoint/state.safetensors", "environment.json", "config.yaml"]
      for moved in 0...order.count {
        let run = RunFolder(folder + "/run-\(moved)")
        try files.copyItem(atPath: old.path, toPath: run.path)
        if moved > 0 {
          for name in ["metrics.json", "history.csv", "model.safetensors"] { unlink("\(run.path)/\(name)") }
        }
        try files.createDirectory(atPath: run.path + "/begun/checkpoint", withIntermediateDirectories: true)
        for (place, name) in order.enumerated() {
          let target = place < moved ? "\(run.path)/\(name)" : "\(run.path)/begun/\(name)"
          unlink(target)
          try files.copyItem(atPath: "\(new.path)/\(name)", toPath: target)
        }
        #expect(run.state == .unfinished)
        #expect(throws: RunFolderError.unfinished(path: run.path)) { try Trainer(fresh, threads: 1).train(into: run) }
        #expect(!files.fileExists(atPath: run.path + "/begun"))
        #expect(try bytes(run.configuration) == bytes(new.configuration))
        #expect(try Trainer(fresh, threads: 1).resume(run).seed == 9, "\(moved)")
        #expect(try text(run.history).split(separator: "\n").count == 5)
      }
    }
  }

  @Test func theLastRowOfTheHistoryIsWrittenFromTheCheckpoint() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = try Trainer(toyExperiment("training.epochs=2"), threads: 1)
      try trainer.train(into: run)
      let (history, model) = (try bytes(run.history), try bytes(run.model))
      // Killed right behind the last checkpoint: the other files are those of the epoch before.
      let lines = try text(run.history).split(separator: "\n").dropLast().joined(separator: "\n")
      try Data((lines + "\n").utf8).write(to: URL(fileURLWithPath: run.history))
      unlink(run.model)
      unlink(run.metrics)
      try trainer.resume(run)
      #expect(try bytes(run.history) == history)
      #expect(try bytes(run.model) == model)
    }
  }

  @Test func moreEpochsLeaveAFinishedRunWholeUntilTheyAreThere() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      try Trainer(toyExperiment("training.epochs=1"), threads: 1).train(into: run)
      let names = ["config.yaml", "metrics.json", "model.safetensors", "history.csv", "checkpoint/state.safetensors"]
      let before = try names.map { try bytes(run.path + "/" + $0) }
      // Nothing can be written to the folder of the checkpoint any more.
      let aside = folder + "/aside"
      let watcher = Watcher {
        guard case .epoch = $0 else { return }
        rename(run.checkpointFolder, aside)
      }
      let more = try toyExperiment("training.epochs=3")
      #expect(throws: DataError.self) { try Trainer(more, threads: 1, progress: watcher).resume(run) }
      rename(aside, run.checkpointFolder)
      #expect(try names.map { try bytes(run.path + "/" + $0) } == before)
      // Killed between the new checkpoint and the configuration: the way on is told.
      let copy = RunFolder(folder + "/copy")
      try files.copyItem(atPath: run.path, toPath: copy.path)
      try Trainer(more, threads: 1).resume(copy)
      unlink(run.checkpoint)
      try files.copyItem(atPath: copy.checkpoint, toPath: run.checkpoint)
      let error = #expect(throws: TrainingError.self) {
        try Trainer(toyExperiment("training.epochs=1"), threads: 1).resume(run)
      }
      #expect(error?.description.contains("--set training.epochs=3 goes on as it was going") == true)
      try Trainer(more, threads: 1).resume(run)
      #expect(try bytes(run.model) == bytes(copy.model))
    }
  }

  @Test func runsOfManySeedsGoOnFromAnyState() throws {
    try withFolder { folder in
      let trainer = try Trainer(toyExperiment("training.epochs=1"), threads: 1)
      let path = folder + "/seeds"
      let whole = try trainer.train(seeds: [1, 2, 3], into: path, registry: toyRegistry())
      // One that never began, one without a checkpoint, one that is done.
      let (first, second) = (RunFolder(path + "/seed-1"), RunFolder(path + "/seed-2"))
      try files.removeItem(atPath: first.path)
      try make(first.path + "/config.yaml.partial-7-1")
      unlink(second.checkpoint)
      unlink(second.metrics)
      try make(path + "/seeds.json.partial-7-1")
      let again = try trainer.train(seeds: [1, 2, 3], into: path, registry: toyRegistry())
      #expect(again == whole)
      #expect(
        try files.contentsOfDirectory(atPath: path).sorted() == ["log.txt", "seed-1", "seed-2", "seed-3", "seeds.json"])
    }
  }

  @Test func anotherProcessorIsToldOf() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      try Trainer(toyExperiment("training.epochs=1"), threads: 1).train(into: run)
      let environment = try RunEnvironment.read(from: run)
      let blas = try #require(environment.blas)
      #expect(blas.hasPrefix("OpenBLAS ") && blas.contains(", "))
      try Trainer(toyExperiment("training.epochs=2"), threads: 1).resume(run)
      #expect(try !text(run.log).contains("began elsewhere"))
      var other = environment
      other.blas = "OpenBLAS 0.1, Prescott"
      try Data(prettyJSON(other).utf8).write(to: URL(fileURLWithPath: run.environment))
      try Trainer(toyExperiment("training.epochs=3"), threads: 1).resume(run)
      #expect(
        try text(run.log).contains(
          "warning: the run began elsewhere (the matrix products are \(blas), they were OpenBLAS 0.1, Prescott)"))
    }
  }
}
