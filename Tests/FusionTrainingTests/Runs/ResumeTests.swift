import FusionConfig
import FusionTraining
import Foundation
import Testing

/// Wherever a run stops, it goes on to the same bits.
@Suite struct ResumeTests {
  /// The files whose bytes depend on the configuration alone.
  private func outcome(_ run: RunFolder) throws -> [Data] { try [run.model, run.predictions].map(bytes) }

  private func copy(_ run: RunFolder, to path: String) throws -> RunFolder {
    try FileManager.default.copyItem(atPath: run.path, toPath: path)
    return RunFolder(path)
  }

  @Test func aRunOfTheLastVersionGoesOn() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      try Trainer(toyExperiment("training.epochs=1"), threads: 1).train(into: run)
      let new = try String(contentsOfFile: run.configuration, encoding: .utf8)
      let old = new.replacing("  monitor:", with: "  select_by:")
      #expect(old != new)
      try old.write(toFile: run.configuration, atomically: true, encoding: .utf8)
      let read = try Experiment.load(resolved: run.configuration, registry: toyRegistry())
      #expect(read.resolvedYAML == new)
      let longer = try Experiment.load(
        resolved: run.configuration, overrides: ["training.epochs=2"], registry: toyRegistry())
      #expect(try Trainer(longer, threads: 1).resume(run).epochs == 2)
      let whole = RunFolder(folder + "/whole")
      try Trainer(toyExperiment("training.epochs=2"), threads: 1).train(into: whole)
      #expect(try outcome(run) == outcome(whole))
    }
  }

  @Test(arguments: [
    "adam", "sgd, momentum: 0.9", "adamw", "rmsprop, momentum: 0.5, centered: true", "adagrad", "nadam", "lion",
  ])
  func anInterruptedRunGoesOnToTheSameBits(optimizer: String) throws {
    try withFolder { folder in
      let experiment = try toyExperiment(
        "training.optimizer={type: \(optimizer)}", "training.early_stopping={patience: 3}")
      let whole = RunFolder(folder + "/whole")
      try Trainer(experiment, threads: 1).train(into: whole)
      // Stopped again and again: in the middle of epochs, and right at an epoch's end.
      let parts = RunFolder(folder + "/parts")
      var stops = 0
      for limit in [5, 3, 12, 1, 200] {
        let stop = StopFlag()
        var steps = 0
        let watcher = Watcher {
          guard case .advanced = $0 else { return }
          steps += 1
          if steps == limit { stop.set() }
        }
        let trainer = Trainer(experiment, threads: 1, progress: watcher, stop: stop)
        do {
          if stops == 0 { try trainer.train(into: parts) } else { try trainer.resume(parts) }
        } catch let error as TrainingError {
          stops += 1
          #expect(error.exitStatus == 130)
          #expect(error.description.contains("fusionkit train --resume \(parts.path)"))
          #expect(try RunSummary.read(from: parts).status == .interrupted)
        }
      }
      #expect(stops == 4)
      #expect(try outcome(parts) == outcome(whole))
      let timeless = { (row: [String: String]) in row.filter { !["seconds", "samples_per_s"].contains($0.key) } }
      #expect(try table(parts.history).map(timeless) == table(whole.history).map(timeless))
      let (a, b) = (try RunSummary.read(from: parts), try RunSummary.read(from: whole))
      #expect(a.splits == b.splits && a.bestEpoch == b.bestEpoch && a.status == .finished)
    }
  }

  /// What a schedule remembers is part of the checkpoint: here the rate falls after every epoch but the first.
  @Test func aScheduleThatFollowsAMetricGoesOnToTheSameBits() throws {
    try withFolder { folder in
      let experiment = try toyExperiment(
        "training.schedule={type: reduce_on_plateau, patience: 0, threshold: 100, factor: 0.5, warmup_epochs: 0.5}",
        "training.epochs=6")
      let whole = RunFolder(folder + "/whole")
      try Trainer(experiment, threads: 1).train(into: whole)
      let rates = try table(whole.history).compactMap { $0["learning_rate"].flatMap(Double.init) }
      #expect(Set(rates).count >= 5, "\(rates)")
      let parts = RunFolder(folder + "/parts")
      for limit in [9, 14, 200] {
        let stop = StopFlag()
        var steps = 0
        let watcher = Watcher {
          guard case .advanced = $0 else { return }
          steps += 1
          if steps == limit { stop.set() }
        }
        let trainer = Trainer(experiment, threads: 1, progress: watcher, stop: stop)
        do {
          if limit == 9 { try trainer.train(into: parts) } else { try trainer.resume(parts) }
        } catch is TrainingError {}
      }
      #expect(try outcome(parts) == outcome(whole))
      #expect(try table(parts.history).compactMap { $0["learning_rate"].flatMap(Double.init) } == rates)
    }
  }

  @Test func aRunKilledAtAnyMomentGoesOnToTheSameBits() throws {
    try withFolder { folder in
      let experiment = try toyExperiment()
      let whole = RunFolder(folder + "/whole")
      // A copy of the folder is what a kill leaves.
      var copies: [RunFolder] = []
      var events = 0
      let watcher = Watcher { _ in
        events += 1
        guard events % 6 == 0, FileManager.default.fileExists(atPath: whole.checkpoint) else { return }
        if let copied = try? copy(whole, to: folder + "/copy-\(events)") { copies.append(copied) }
      }
      try Trainer(experiment, threads: 1, progress: watcher).train(into: whole)
      #expect(copies.count > 8)
      for run in copies {
        #expect(run.state == .unfinished)
        try Trainer(experiment, threads: 1).resume(run)
        #expect(try outcome(run) == outcome(whole))
      }
    }
  }

  @Test func aKillBetweenTwoFilesLosesNothing() throws {
    try withFolder { folder in
      let experiment = try toyExperiment()
      let whole = RunFolder(folder + "/whole")
      var snapshots: [RunFolder] = []
      let watcher = Watcher {
        guard case .epoch(let record, _) = $0 else { return }
        if let copied = try? copy(whole, to: folder + "/epoch-\(record.epoch)") { snapshots.append(copied) }
      }
      try Trainer(experiment, threads: 1, progress: watcher).train(into: whole)
      // The checkpoint of epoch 3 beside the other files of epoch 2, and the reverse; half a file beside both.
      let (older, newer) = (snapshots[2], snapshots[3])
      for file in ["model.safetensors", "history.csv", "metrics.json"] {
        let data = [older, newer].map { try? bytes($0.path + "/" + file) }
        try data[1]?.write(to: URL(fileURLWithPath: older.path + "/" + file))
        try data[0]?.write(to: URL(fileURLWithPath: newer.path + "/" + file))
      }
      for run in [older, newer] {
        try Data(count: 100).write(to: URL(fileURLWithPath: run.checkpoint + ".partial-1-1"))
        try Trainer(experiment, threads: 1).resume(run)
        #expect(try outcome(run) == outcome(whole))
        #expect(try FileManager.default.contentsOfDirectory(atPath: run.checkpointFolder) == ["state.safetensors"])
      }
    }
  }

  @Test func aFinishedRunCanGetMoreEpochs() throws {
    try withFolder { folder in
      let (long, short) = (RunFolder(folder + "/long"), RunFolder(folder + "/short"))
      try Trainer(toyExperiment("training.epochs=5"), threads: 1).train(into: long)
      try Trainer(toyExperiment("training.epochs=2"), threads: 1).train(into: short)
      let again = try Experiment.load(path: short.configuration, registry: toyRegistry())
      let error = #expect(throws: TrainingError.self) { try Trainer(again, threads: 1).resume(short) }
      #expect(error?.description.contains("raise training.epochs") == true)
      let more = try Experiment.load(
        path: short.configuration, overrides: ["training.epochs=5"], registry: toyRegistry())
      try Trainer(more, threads: 1).resume(short)
      #expect(try outcome(short) == outcome(long))
      #expect(try bytes(short.configuration) == bytes(long.configuration))
    }
  }

  @Test func aCosineCannotBeStretched() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let cosine = "training.schedule={type: cosine, warmup_epochs: 0.5}"
      try Trainer(toyExperiment(cosine, "training.epochs=2"), threads: 1).train(into: run)
      #expect(
        throws: TrainingError.notResumable(
          run: run.path,
          reason: "its learning rate follows the schedule 'cosine' over 2 epochs, so training.epochs cannot become 5")
      ) { try Trainer(toyExperiment(cosine, "training.epochs=5"), threads: 1).resume(run) }
    }
  }

  @Test func anotherConfigurationIsRefused() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      try Trainer(toyExperiment("training.epochs=1"), threads: 1).train(into: run)
      let before = try outcome(run)
      let error = #expect(throws: CheckpointError.self) {
        try Trainer(toyExperiment("training.epochs=3", "training.batch_size=8"), threads: 1).resume(run)
      }
      #expect(error?.description.contains("only training.epochs may change") == true)
      #expect(error?.exitStatus == 1)
      #expect(try outcome(run) == before)
    }
  }

  @Test func earlyStoppingRemembersItsPatience() throws {
    try withFolder { folder in
      // A loss that cannot improve by that much: patience ends after the epoch that sets the mark, and two more.
      let run = RunFolder(folder + "/run")
      let summary = try Trainer(
        toyExperiment("training.epochs=9", "training.early_stopping={patience: 2, minimum_delta: 100}"), threads: 1
      ).train(into: run)
      #expect(summary.epochs == 3 && summary.status == .finished)
      #expect(try text(run.log).contains("stopped early: validation.loss has not improved since epoch 1"))
    }
  }
}
