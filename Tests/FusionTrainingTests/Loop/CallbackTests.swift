import FusionConfig
import FusionTraining
import Foundation
import Testing

/// Callbacks are told everything once, change nothing, and their errors cost nothing.
@Suite struct CallbackTests {
  @Test func theyAreToldInOrderAndChangeNoBit() throws {
    try withFolder { folder in
      let plain = RunFolder(folder + "/plain")
      try Trainer(toyExperiment(), threads: 1).train(into: plain)
      let run = RunFolder(folder + "/told")
      try Trainer(
        toyExperiment("training.callbacks=[{type: recorder}, {type: jsonl_logger, every_steps: 1}]"), threads: 1
      )
      .train(into: run)
      #expect(try bytes(run.model) == bytes(plain.model))
      let told = ToyCallback.told(run.path)
      // 192 of 240 samples train, in batches of 16.
      #expect(
        told.first == "onRunStart after nothing, 0 behind of 4; test 90 train 192 validation 48; name: toy", "\(told)")
      #expect(told.last == "onRunEnd finished true")
      #expect(
        told.filter { $0.hasPrefix("onEpochEnd") } == (1...4).map { "onEpochEnd \($0)/\($0 * 12) true" })
      #expect(
        told.filter { $0.hasPrefix("onStepEnd") }
          == (1...48).map { "onStepEnd \(($0 + 11) / 12)/\($0) true [\"default\": 0.02]" })
      #expect(
        told.filter { $0.hasPrefix("onCheckpointSaved") } == (1...4).map { "onCheckpointSaved \($0)/\($0 * 12)" })
    }
  }

  @Test(arguments: [0, 5]) func aLogOfAResumedRunHasNoLineTwiceAndNoneMissing(everySteps: Int) throws {
    try withFolder { folder in
      let experiment = try toyExperiment(
        "training.callbacks=[{type: jsonl_logger, every_steps: \(everySteps)}]", "training.checkpoint_every=2")
      let whole = RunFolder(folder + "/whole")
      try Trainer(experiment, threads: 1).train(into: whole)
      let parts = RunFolder(folder + "/parts")
      for (index, limit) in [17, 14, 200].enumerated() {
        let stop = StopFlag()
        var steps = 0
        let watcher = Watcher {
          guard case .advanced = $0 else { return }
          steps += 1
          if steps == limit { stop.set() }
        }
        let trainer = Trainer(experiment, threads: 1, progress: watcher, stop: stop)
        do {
          if index == 0 { try trainer.train(into: parts) } else { try trainer.resume(parts) }
          #expect(index == 2)
        } catch let error as TrainingError { #expect(error.exitStatus == 130) }
        // As a process leaves it that is killed after what it told, before its checkpoint.
        if index == 0 {
          let handle = try #require(FileHandle(forWritingAtPath: parts.path + "/log.jsonl"))
          try handle.seekToEnd()
          try handle.write(
            contentsOf: Data(#"{"epoch":2,"event":"epoch","step":24}"#.utf8 + [10] + #"{"epoch":3,"#.utf8))
        }
      }
      let lines = try keys(whole)
      #expect(lines.count == (everySteps == 0 ? 4 : 13))
      #expect(try keys(parts) == lines)
    }
  }

  /// What each line of a log is about.
  private func keys(_ run: RunFolder) throws -> [String] {
    try String(contentsOfFile: run.path + "/log.jsonl", encoding: .utf8).split(separator: "\n").map { line in
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let train = (object["train"] as? [String: Any])?["loss"] ?? object["loss"] ?? ""
      return "\(object["event"] ?? "") \(object["epoch"] ?? "") \(object["step"] ?? "") \(train)"
    }
  }

  @Test(arguments: ToyCallback.Configuration.Hook.allCases.dropFirst())
  func anErrorIsToldOnceAndTheRunGoesOn(_ hook: ToyCallback.Configuration.Hook) throws {
    try withFolder { folder in
      let plain = RunFolder(folder + "/plain")
      try Trainer(toyExperiment(), threads: 1).train(into: plain)
      let run = RunFolder(folder + "/run")
      var warnings: [String] = []
      let watcher = Watcher { if case .warning(let text) = $0 { warnings.append(text) } }
      let summary = try Trainer(
        toyExperiment("training.callbacks=[{type: recorder, fails: \(hook.rawValue)}]"), threads: 1, progress: watcher
      ).train(into: run)
      #expect(summary.status == .finished)
      #expect(try bytes(run.model) == bytes(plain.model))
      let told = warnings.filter { $0.contains("callback") }
      #expect(
        told.count == 1 && told[0].hasPrefix("the callback 'recorder' failed in \(hook.rawValue): no ink"), "\(told)")
      #expect(ToyCallback.told(run.path).last?.hasPrefix(hook.rawValue) == true)
    }
  }

  @Test(arguments: ToyCallback.Configuration.Hook.allCases.dropFirst().dropLast())
  func anErrorThatStopsLosesNothing(_ hook: ToyCallback.Configuration.Hook) throws {
    try withFolder { folder in
      let plain = RunFolder(folder + "/plain")
      try Trainer(toyExperiment(), threads: 1).train(into: plain)
      let run = RunFolder(folder + "/run")
      let failing = "training.callbacks=[{type: recorder, fails: \(hook.rawValue), on_error: stop}]"
      let overrides = [failing, "training.checkpoint_every=4"]
      let error = #expect(throws: CallbackError.self) {
        try Trainer(toyExperiment(overrides), threads: 1).train(into: run)
      }
      #expect(error?.hook == hook.rawValue && error?.exitStatus == 1)
      let summary = try RunSummary.read(from: run)
      #expect(summary.status == .failed && summary.error?.contains("'recorder' failed in \(hook.rawValue)") == true)
      let last = hook == .onRunStart ? 0 : hook == .onCheckpointSaved ? 4 : 1
      #expect(summary.epochs == last)
      // It goes on to the same bits, without the callback.
      if last < 4 {
        let experiment = try toyExperiment("training.checkpoint_every=4", "training.callbacks=[]")
        let more = try Trainer(experiment, threads: 1).resume(run)
        #expect(more.status == .finished)
        #expect(try bytes(run.model) == bytes(plain.model))
      }
    }
  }

  @Test func placesCountOverStages() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let stages = "training.stages=[{name: x, epochs: 1}, {name: y, epochs: 2}]"
      try Trainer(toyExperiment(stages, "training.callbacks=[{type: recorder}]"), threads: 1).train(into: run)
      #expect(
        ToyCallback.told(run.path).filter { $0.hasPrefix("onEpochEnd") } == [
          "onEpochEnd x1/12 true", "onEpochEnd y2/24 true", "onEpochEnd y3/36 true",
        ])
    }
  }

  @Test func theResolvedConfigurationSaysThemOnlyWhereTheyAre() throws {
    #expect(try !toyExperiment().resolvedYAML.contains("callbacks"))
    #expect(try !toyExperiment("training.callbacks=[]").resolvedYAML.contains("callbacks"))
    let yaml = try toyExperiment("training.callbacks=[{type: jsonl_logger}]").resolvedYAML
    #expect(yaml.contains("type: jsonl_logger") && yaml.contains("every_steps: 0") && yaml.contains("on_error: warn"))
  }
}
