import FusionConfig
import FusionCore
import FusionExperiments
import FusionTraining
import Foundation
import Testing

/// What the keys of a configuration change.
@Suite struct ChoiceTests {
  private func model(_ overrides: [String], in folder: String) throws -> (Data, RunSummary) {
    let run = RunFolder(folder + "/" + UUID().uuidString)
    let experiment = try Experiment.load(
      text: toyExperiment().resolvedYAML, name: "toy.yaml", overrides: overrides, registry: toyRegistry())
    let summary = try Trainer(experiment, threads: 1).train(into: run)
    return (try bytes(run.model), summary)
  }

  @Test func balancedWeightsHelpRareClasses() throws {
    try withFolder { folder in
      // 20 times as many samples of class 0; so few steps that the prior still dominates.
      let skewed = ["data.imbalance=20", "training.epochs=2"]
      let (_, plain) = try model(skewed, in: folder)
      let (_, balanced) = try model(skewed + ["task.class_weights=balanced"], in: folder)
      let recall = try [plain, balanced].map { try #require($0.splits["test"]?["recall_macro"]) }
      #expect(recall[1] > recall[0])
    }
  }

  @Test func balancedWeightsAreScikitLearns() throws {
    try withFolder { folder in
      // Without a validation part class 0 has 120 of 240 samples, the others 60: weights 2/3, 4/3, 4/3.
      let base = ["data.imbalance=2", "data.validation=0", "training.epochs=2"]
      let (balanced, _) = try model(base + ["task.class_weights=balanced"], in: folder)
      let (given, _) = try model(base + ["task.class_weights=[\(2.0 / 3), \(4.0 / 3), \(4.0 / 3)]"], in: folder)
      let (none, _) = try model(base, in: folder)
      #expect(balanced == given && balanced != none)
    }
  }

  @Test(arguments: [
    "task.label_smoothing=0.1", "training.gradient_clip=0.01", "training.shuffle=false",
    "training.schedule={type: step, step_size: 1, gamma: 0.5}", "training.drop_last=true", "data.limit=100",
    "modalities.a.encoder.dropout=0.5",
  ]) func everyKeyChangesTheModel(override: String) throws {
    try withFolder { folder in
      // 12 batches of 16 leave none over: a batch size of 17 does.
      let base = ["training.epochs=2", "training.batch_size=17"]
      let models = try [base, base + [override]].map { try model($0, in: folder).0 }
      #expect(models[0] != models[1])
    }
  }

  @Test func theBestOrTheLastEpochIsKept() throws {
    try withFolder { folder in
      // Steps so long that the loss jumps up and down.
      let base = ["training.optimizer={type: adam, learning_rate: 0.5}", "training.epochs=6"]
      let (best, summary) = try model(base, in: folder)
      let (last, other) = try model(base + ["training.select=last"], in: folder)
      #expect(other.bestEpoch == 6)
      #expect(summary.bestEpoch != 6 && best != last)
      let (byAccuracy, chosen) = try model(base + ["training.monitor=validation.accuracy"], in: folder)
      #expect((chosen.bestEpoch == summary.bestEpoch) == (byAccuracy == best))
    }
  }

  @Test func chosenClassesKeepTheirNames() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let summary = try Trainer(toyExperiment("data.classes=[2, 0]"), threads: 1).train(into: run)
      #expect(try #require(summary.splits["test"]?["accuracy"]) > 0.95)
      let rows = try table(run.predictions)
      #expect(rows.count == 60 && Set(rows.compactMap { $0["prediction"] }) == ["red", "blue"])
      #expect(try RunEnvironment.read(from: run).data.classes == ["blue", "red"])
    }
  }

  @Test func aTestPartWithoutTargetsIsPredicted() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = try Trainer(toyExperiment("data.testTargets=false"), threads: 1)
      let summary = try trainer.train(into: run)
      #expect(summary.splits["test"] == nil && summary.splits["validation"] != nil)
      #expect(try text(run.predictions).hasPrefix("id,prediction\n0,red\n1,green\n2,blue\n"))
      let prediction = try trainer.predict(run, folder: "anywhere")
      #expect(prediction.csv().hasPrefix("id,prediction\n0,red\n"))
      let header = prediction.csv(logits: true).split(separator: "\n")[0]
      #expect(header == "id,prediction,logit_red,logit_green,logit_blue")
    }
  }

  @Test func predictionNeedsOnlyTheRunAndTheSamples() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = try Trainer(toyExperiment(), threads: 1)
      try trainer.train(into: run)
      let evaluation = try trainer.evaluate(run)
      #expect(evaluation.report?.confusion?.total == 90)
      let trained = try RunSummary.read(from: run)
      #expect(evaluation.report?["accuracy"] == trained.splits["test"]?["accuracy"])
      // One sample alone gives what it gave among others, and the training part is not opened.
      let one = evaluation.split.with(rows: [41])
      let alone = try trainer.predict(run, one)
      #expect(alone.outputs.shape == [1, 3] && alone.classes == ["red", "green", "blue"])
      for column in 0..<3 {
        #expect(abs(alone.outputs.scalars[column] - evaluation.outputs.scalars[41 * 3 + column]) < 1e-5)
      }
    }
  }

  @Test func seedsGiveMeanAndDeviation() throws {
    try withFolder { folder in
      let trainer = try Trainer(toyExperiment("training.epochs=1"), threads: 1)
      let summary = try trainer.train(seeds: [1, 2, 5], into: folder + "/runs", registry: toyRegistry())
      let single = try [1, 2, 5].map { seed in
        let run = try RunSummary.read(from: RunFolder(folder + "/runs/seed-\(seed)"))
        #expect(run.seed == UInt64(seed))
        return try #require(run.splits["test"]?["loss"])
      }
      let statistics = try #require(summary.splits["test"]?["loss"])
      #expect(statistics.values == single && Set(single).count == 3)
      let alone = try model(["training.epochs=1", "seed=2"], in: folder).1
      #expect(alone.splits["test"]?["loss"] == single[1])
      // Another experiment does not mix with these runs; the same one takes those that are done as they are.
      let longer = try Trainer(toyExperiment("training.epochs=2"), threads: 1)
      #expect(throws: RunFolderError.self) {
        try longer.train(seeds: [9, 2], into: folder + "/runs", registry: toyRegistry())
      }
      var trained: [Int] = []
      let watcher = Watcher { if case .epoch(let record, _) = $0 { trained.append(record.epoch) } }
      let again = try Trainer(toyExperiment("training.epochs=1"), threads: 1, progress: watcher)
        .train(seeds: [5, 7], into: folder + "/runs", registry: toyRegistry())
      #expect(again.splits["test"]?["loss"]?.values[0] == single[2] && trained == [1])
      #expect(RunFolder(folder + "/runs/seed-9").state == .vacant)
    }
  }

  @Test func statisticsAreThoseOfASample() {
    // numpy: mean 5, std(ddof=1) 2.138089935299395
    let statistics = SeedsSummary.Statistics([2, 4, 4, 4, 5, 5, 7, 9])
    #expect(statistics.mean == 5 && abs(statistics.deviation! - 2.138089935299395) < 1e-12)
    #expect(SeedsSummary.Statistics([1]).deviation == nil)
  }
}
