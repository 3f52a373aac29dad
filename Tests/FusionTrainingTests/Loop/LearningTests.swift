import FusionConfig
import FusionTraining
import Foundation
import Testing

@Suite struct LearningTests {
  @Test func aClassifierLearns() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let summary = try Trainer(toyExperiment("training.epochs=8"), threads: 1).train(into: run)
      #expect(summary.status == .finished && summary.epochs == 8 && summary.seed == 3)
      #expect(try #require(summary.splits["test"]?["accuracy"]) > 0.95)
      #expect(try #require(summary.splits["validation"]?["f1_macro"]) > 0.9)
      #expect(try #require(summary.trainSamplesPerSecond) > 0)
      #expect(try RunSummary.read(from: run) == summary)

      let history = try table(run.history)
      let losses = history.compactMap { Double($0["train.loss"] ?? "") }
      #expect(losses.count == 8 && losses[7] < losses[0] / 2)
      #expect(
        history.allSatisfy { Double($0["validation.accuracy"] ?? "") != nil && Double($0["seconds"] ?? "") != nil })
      #expect(history.map { $0["step"] } == (1...8).map { "\($0 * 12)" })

      let predictions = try table(run.predictions)
      let right = predictions.count { $0["label"] == $0["prediction"] }
      #expect(predictions.count == 90)
      #expect(Double(right) / 90 == summary.splits["test"]?["accuracy"])
      #expect(Set(predictions.compactMap { $0["label"] }) == ["red", "green", "blue"])
      #expect(
        Set(try FileManager.default.contentsOfDirectory(atPath: run.path)) == [
          "config.yaml", "environment.json", "metrics.json", "history.csv", "model.safetensors", "checkpoint",
          "predictions.csv", "log.txt",
        ])
      #expect(try FileManager.default.contentsOfDirectory(atPath: run.checkpointFolder) == ["state.safetensors"])
    }
  }

  @Test func theResolvedConfigurationRepeatsTheRun() throws {
    try withFolder { folder in
      let first = RunFolder(folder + "/first")
      let second = RunFolder(folder + "/second")
      try Trainer(toyExperiment(), threads: 1).train(into: first)
      let again = try Experiment.load(path: first.configuration, registry: toyRegistry())
      try Trainer(again, threads: 1).train(into: second)
      #expect(try bytes(first.model) == bytes(second.model))
      #expect(try bytes(first.configuration) == bytes(second.configuration))
    }
  }

  @Test func theSeedMatters() throws {
    try withFolder { folder in
      let runs = try ["seed=1", "seed=2"].map { seed in
        let run = RunFolder(folder + "/" + seed)
        try Trainer(toyExperiment(seed, "training.epochs=1"), threads: 1).train(into: run)
        return try bytes(run.model)
      }
      #expect(runs[0] != runs[1])
    }
  }

  @Test func theNumberOfThreadsChangesNoBit() throws {
    try withFolder { folder in
      let models = try [1, 2, 3].map { threads in
        let run = RunFolder(folder + "/\(threads)")
        try Trainer(toyExperiment("training.gradient_clip=1"), threads: threads).train(into: run)
        return try bytes(run.model) + bytes(run.predictions)
      }
      #expect(models[0] == models[1] && models[0] == models[2])
    }
  }

  @Test(arguments: [7, 64, 1000]) func theEvaluationsBatchSizeChangesNoResult(size: Int) throws {
    try withFolder { folder in
      let usual = try Trainer(toyExperiment(), threads: 1).train(into: RunFolder(folder + "/usual"))
      let other = try Trainer(toyExperiment("training.evaluate_batch_size=\(size)"), threads: 1)
        .train(into: RunFolder(folder + "/other"))
      for (name, value) in try #require(usual.splits["test"]) {
        #expect(abs(try #require(other.splits["test"]?[name]) - value) < 1e-5)
      }
    }
  }

  @Test func severalLabelsAreLearned() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let experiment = try toyExperiment("data.targets=flags", "task={type: multilabel}", "training.epochs=10")
      let summary = try Trainer(experiment, threads: 1).train(into: run)
      #expect(try #require(summary.splits["test"]?["subset_accuracy"]) > 0.9)
      #expect(try #require(summary.splits["test"]?["auroc"]) > 0.95)
      // Two of three coordinates are positive in every centre.
      let rows = try table(run.predictions)
      #expect(Set(rows.compactMap { $0["label"] }) == ["x|y", "y|z", "x|z"])
      #expect(rows.count { $0["label"] == $0["prediction"] } > 80)
    }
  }

  @Test(arguments: ["mse", "mae", "huber"]) func valuesAreLearned(loss: String) throws {
    try withFolder { folder in
      let experiment = try toyExperiment(
        "data.targets=values", "task={type: regression, loss: \(loss)}", "training.epochs=30")
      let summary = try Trainer(experiment, threads: 1).train(into: RunFolder(folder + "/run"))
      let test = try #require(summary.splits["test"])
      #expect(try #require(test["r2"]) > 0.95)
      if loss == "mse" { #expect(abs(try #require(test["mse"]) - test["loss"]!) < 1e-6) }
      if loss == "mae" { #expect(abs(try #require(test["mae"]) - test["loss"]!) < 1e-6) }
    }
  }

  @Test func zeroEpochsSaveTheFirstWeights() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let summary = try Trainer(toyExperiment("training.epochs=0"), threads: 1).train(into: run)
      #expect(summary.status == .initialised && summary.epochs == 0 && summary.splits.isEmpty)
      #expect(summary.parameters == (3 * 8 + 8 + 72) + (2 * 8 + 8 + 72) + (8 * 3 + 3))
      let evaluation = try Trainer(toyExperiment("training.epochs=0"), threads: 1).evaluate(run)
      #expect(evaluation.report?["accuracy"] != nil)
      #expect(throws: TrainingError.self) { try Trainer(toyExperiment(), threads: 1).resume(run) }
    }
  }
}
