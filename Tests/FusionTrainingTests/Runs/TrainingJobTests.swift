import Foundation
import FusionConfig
import FusionExperiments
import FusionTraining
import Testing

/// What is left of a training is read off its folder.
@Suite struct TrainingJobTests {
  private func job(_ folder: String, _ overrides: String..., options: [String] = []) throws -> TrainingJob {
    let experiment = try Experiment.load(
      text: toyExperiment().resolvedYAML, overrides: overrides, registry: toyRegistry())
    return TrainingJob("toy", experiment, run: RunFolder(folder + "/runs/toy"), options: options)
  }

  @Test func anUntouchedOneBegins() throws {
    try withFolder { folder in
      let job = try job(folder, options: ["--plugin", "x.so"])
      #expect(try job.state() == .untouched)
      let arguments = try job.command(threads: 3)
      #expect(
        arguments == [
          "train", "\(folder)/runs/toy.yaml", "--output", "\(folder)/runs/toy", "--threads", "3", "--quiet",
          "--plugin", "x.so",
        ])
      #expect(try text(folder + "/runs/toy.yaml") == toyExperiment().resolvedYAML)
    }
  }

  @Test func anUnfinishedOneGoesOnAndAFinishedOneIsLeftAlone() throws {
    try withFolder { folder in
      let (job, stop) = (try job(folder), StopFlag())
      let watcher = Watcher { if case .epoch = $0 { stop.set() } }
      #expect(throws: TrainingError.self) {
        try Trainer(toyExperiment(), threads: 1, progress: watcher, stop: stop).train(into: job.run)
      }
      #expect(try job.state() == .unfinished)
      #expect(
        try job.command(threads: 1) == ["train", "--resume", job.run.path, "--threads", "1", "--quiet"])
      let summary = try Trainer(toyExperiment(), threads: 1).resume(job.run)
      #expect(try job.state() == .done(RunSummary.read(from: job.run)))
      #expect(summary.status == .finished)
      #expect(try job.command(threads: 1) == nil)
      // Nothing is started for it, either: the program does not exist.
      let pool = ProcessPool(executable: "/nowhere/fusionkit", places: 1)
      #expect(
        try pool.train([job], threads: 1, progress: SilentProgress()) == [.finished(RunSummary.read(from: job.run))])
    }
  }

  @Test func oneWithoutACheckpointIsReplaced() throws {
    try withFolder { folder in
      let job = try job(folder)
      try Trainer(toyExperiment(), threads: 1).train(into: job.run)
      try FileManager.default.removeItem(atPath: job.run.checkpoint)
      try FileManager.default.removeItem(atPath: job.run.metrics)
      #expect(try job.state() == .untouched)
      #expect(try #require(try job.command(threads: 1)).contains("--overwrite"))
    }
  }

  @Test func theRunOfAnotherConfigurationIsInTheWay() throws {
    try withFolder { folder in
      let (job, other) = (try job(folder), try job(folder, "seed=4"))
      try Trainer(toyExperiment(), threads: 1).train(into: job.run)
      #expect(throws: RunFolderError.other(path: job.run.path)) { try other.state() }
      try "mine".write(toFile: job.run.configuration + ".txt", atomically: true, encoding: .utf8)
      try FileManager.default.removeItem(atPath: job.run.configuration)
      #expect(throws: RunFolderError.foreign(path: job.run.path)) { try job.state() }
    }
  }

  @Test func aFailureKeepsNoOtherJobFromBeingDone() throws {
    try withFolder { folder in
      // Stands for fusionkit: fails for the first seed, does nothing that counts for the second.
      let script = folder + "/program"
      try "#!/bin/sh\necho $2 >> \(folder)/calls\necho 'error: no luck' >&2\nexit 1\n".write(
        toFile: script, atomically: true, encoding: .utf8)
      chmod(script, 0o755)
      let jobs = try (1...2).map {
        TrainingJob("toy \($0)", try toyExperiment("seed=\($0)"), run: RunFolder("\(folder)/seed-\($0)"))
      }
      var lines: [String] = []
      let outcomes = try ProcessPool(executable: script, places: 1).train(
        jobs, threads: 1, progress: Watcher { if let line = $0.line { lines.append(line) } })
      for outcome in outcomes {
        guard case .failed(let child) = outcome else { Issue.record("\(outcome)"); continue }
        #expect(child.status == 1)
        #expect(child.errors == "error: no luck")
      }
      #expect(try text(folder + "/calls") == "\(folder)/seed-1.yaml\n\(folder)/seed-2.yaml\n")
      #expect(lines[0] == "warning: [1/2] toy 1 failed with status 1\nerror: no luck")
    }
  }
}
