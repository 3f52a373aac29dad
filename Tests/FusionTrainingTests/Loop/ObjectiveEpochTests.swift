import FusionConfig
import FusionCore
import FusionTraining
import Foundation
import Testing

/// What an objective is told at an epoch's end, and what it does with it.
@Suite struct ObjectiveEpochTests {
  private func trained(_ experiment: Experiment, _ path: String) throws -> RunFolder {
    let run = RunFolder(path)
    try Trainer(experiment, threads: 1).train(into: run)
    return run
  }

  @Test(arguments: [
    [], ["data.holes=3"], ["data.targets=values", "task={type: regression, loss: mae, standardise: false}"],
    ["training.stages=[{train: [fusion, decoder], epochs: 4}]"],
  ])
  func itIsToldItsLossesOfBothParts(_ overrides: [String]) throws {
    try withFolder { folder in
      let experiment = try Experiment.load(
        text: toyExperiment().resolvedYAML, overrides: overrides + ["training.objective=[{type: blend}]"],
        registry: objectiveRegistry())
      let rows = try table(trained(experiment, folder + "/run").history)
      try #require(rows.count == 4)
      for (before, row) in zip(rows, rows.dropFirst()) {
        func value(_ row: [String: String], _ name: String) throws -> Double {
          try #require(row[name].flatMap(Double.init), "\(name)")
        }
        // The mean that history tells of the epoch before; the task's loss on validation, by another way.
        let training = try (value(row, "train.blend_told_training"), value(before, "train.blend"))
        let validation = try (value(row, "train.blend_told_validation"), value(before, "validation.loss"))
        #expect(abs(training.0 - training.1) < 1e-5 && abs(validation.0 - validation.1) < 1e-5)
        #expect(try value(row, "train.blend_told_epoch") == value(before, "epoch") - 1)
      }
      // Its count of steps is that of training: what it counted on validation batches was put back.
      let steps = rows.compactMap { $0["train.blend_steps"].flatMap(Double.init) }
      let perEpoch = 192.0 / 16
      for (epoch, mean) in steps.enumerated() {
        #expect(abs(mean - (Double(epoch) * perEpoch + (perEpoch + 1) / 2)) < 1e-4, "\(steps)")
      }
    }
  }

  @Test func anInterruptedRunGoesOnToTheSameBits() throws {
    try withFolder { folder in
      let experiment = try objectiveExperiment("[{type: blend}]")
      let whole = try trained(experiment, folder + "/whole")
      let short = RunFolder(folder + "/short")
      // In the first epoch, at the end of the second, in the third.
      for (index, limit) in [5, 19, 6, 500].enumerated() {
        let stop = StopFlag()
        var steps = 0
        let watcher = Watcher {
          guard case .advanced = $0 else { return }
          steps += 1
          if steps == limit { stop.set() }
        }
        let trainer = Trainer(experiment, threads: index + 1, progress: watcher, stop: stop)
        do {
          if index == 0 { try trainer.train(into: short) } else { try trainer.resume(short) }
          #expect(index == 3)
        } catch let error as TrainingError { #expect(error.exitStatus == 130 && index < 3) }
      }
      #expect(try bytes(whole.model) == bytes(short.model))
      let told = try [whole, short].map { run in
        try table(run.history).map { [$0["train.blend"], $0["train.blend_told_validation"], $0["validation.loss"]] }
      }
      #expect(told[0] == told[1])
    }
  }

  @Test func withoutAValidationPartItIsRefused() throws {
    let experiment = try objectiveExperiment("[{type: task}, {type: blend}]", "data.validation=0")
    let error = #expect(throws: (any Error).self) {
      try withFolder { folder in _ = try trained(experiment, folder + "/run") }
    }
    let text = "\(try #require(error))"
    #expect(text.contains("the objective 'blend' needs its losses on a validation part, there is none"), "\(text)")
    #expect(text.contains("set data.validation above 0"))
  }
}
