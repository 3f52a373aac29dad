import FusionConfig
import FusionCore
import FusionData
import FusionTraining
import Foundation
import Testing

/// A run meets folders that it was not trained on.
@Suite struct OtherFolderTests {
  private static let parts = """
    train: {a: train.npy, targets: train_y.npy}, test: {a: test.npy, targets: test_y.npy}
    """
  private static let files = "files: {a: x.npy, targets: y.npy}"

  private func experiment(_ root: String, _ data: String, _ overrides: String...) throws -> Experiment {
    var registry = try toyRegistry()
    try registry.registerDatasets()
    return try Experiment.load(
      text: """
        data: {dataset: arrays, root: \(root), \(data)}
        modalities: {a: {type: plain, encoder: {type: hidden, width: 4}}}
        fusion: {type: sum}
        decoder: {type: line}
        task: {type: classification}
        training: {epochs: 2, optimizer: {type: adam, learning_rate: 0.01}}
        """, overrides: overrides, registry: registry)
  }

  private func write(_ stem: String, _ labels: [Int]?, samples: Int, in folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let separate = stem.isEmpty ? ("x", "y") : (stem, stem + "_y")
    let values = (0..<samples * 2).map { Float($0 % 7) - 3 }
    try Npy.write(values, shape: [samples, 2], to: "\(folder)/\(separate.0).npy")
    if let labels { try Npy.write(labels, shape: [samples], to: "\(folder)/\(separate.1).npy") }
  }

  private func classes(_ count: Int) -> [Int] { (0..<count).map { $0 % 3 } }

  @Test func oneSetOfFilesIsPredictedAsAWhole() throws {
    try withFolder { folder in
      try write("", classes(60), samples: 60, in: folder)
      let (run, other) = (RunFolder(folder + "/run"), folder + "/other")
      let trainer = try Trainer(experiment(folder, Self.files), threads: 1)
      try trainer.train(into: run)
      try write("", nil, samples: 20, in: other)
      let unlabelled = try trainer.predict(run, folder: other)
      #expect(unlabelled.split.rows == Array(0..<20) && unlabelled.split.name == "test")
      try write("", classes(20), samples: 20, in: other)
      #expect(try trainer.predict(run, folder: other).csv() == unlabelled.csv())
      // The folder that it was trained on keeps its parts, however it is spelled.
      #expect(try trainer.predict(run, folder: folder + "/other/..").split.count == 12)
    }
  }

  @Test func aTestPartAloneIsEvaluated() throws {
    try withFolder { folder in
      try write("train", classes(60), samples: 60, in: folder)
      // The class 2 alone, and 0 and 1 alone: numbers stay those of the run.
      try write("test", [Int](repeating: 2, count: 30), samples: 30, in: folder)
      let (run, other) = (RunFolder(folder + "/run"), folder + "/other")
      for weights in ["none", "balanced"] {
        let override = "task.class_weights=\(weights)"
        let summary = try Trainer(experiment(folder, Self.parts, override), threads: 1).train(
          into: run, overwrite: true)
        try write("test", [Int](repeating: 2, count: 30), samples: 30, in: other)
        let there = try Trainer(experiment(other, Self.parts, override), threads: 1).evaluate(run)
        #expect(there.report?["loss"] == summary.splits["test"]?["loss"])
        #expect(there.report?["accuracy"] == summary.splits["test"]?["accuracy"])
      }
      let elsewhere = try Trainer(experiment(other, Self.parts), threads: 1)
      try write("test", (0..<30).map { $0 % 2 }, samples: 30, in: other)
      #expect(try elsewhere.evaluate(run).report?.confusion?.total == 30)
      try write("test", [Int](repeating: 3, count: 30), samples: 30, in: other)
      let unknown = #expect(throws: DataError.self) { try elsewhere.evaluate(run) }
      #expect(
        unknown?.description
          == "the part 'test': has samples of class 3\n  expected: the classes that the model was trained on: 0, 1, 2")
      try FileManager.default.removeItem(atPath: other + "/test_y.npy")
      let unlabelled = #expect(throws: DataError.self) { try elsewhere.evaluate(run) }
      #expect(unlabelled?.description == "\(other): the part 'test' has no targets\n  expected: labels to compare with")
    }
  }

  @Test func balancedWeightsAreNotTakenFromOtherData() throws {
    try withFolder { folder in
      try write("train", classes(60), samples: 60, in: folder)
      try write("test", classes(30), samples: 30, in: folder)
      let (run, other) = (RunFolder(folder + "/run"), folder + "/other")
      let balanced = "task.class_weights=balanced"
      try Trainer(experiment(folder, Self.parts, balanced), threads: 1).train(into: run)
      // As runs were recorded before class counts were.
      let environment = try JSONSerialization.jsonObject(with: bytes(run.environment)) as! [String: Any]
      var (changed, data) = (environment, environment["data"] as! [String: Any])
      #expect(data.removeValue(forKey: "classCounts") as? [Int] != nil)
      changed["data"] = data
      try JSONSerialization.data(withJSONObject: changed).write(to: URL(fileURLWithPath: run.environment))
      try write("train", (0..<60).map { max(0, $0 - 57) }, samples: 60, in: other)
      try write("test", classes(30), samples: 30, in: other)
      let error = #expect(throws: ConfigError.self) {
        try Trainer(experiment(other, Self.parts, balanced), threads: 1).evaluate(run)
      }
      #expect(error?.description.contains("'balanced' needs the class counts of the training part") == true)
      #expect(try Trainer(experiment(folder, Self.parts, balanced), threads: 1).evaluate(run).report != nil)
    }
  }

  @Test func whatDoesNotSuitTheTaskIsToldFirst() throws {
    try withFolder { folder in
      func complaint(_ task: String, _ more: String = "") throws -> String {
        let experiment = try experiment(folder, Self.files + more + ", validation: 0.1", "task={type: \(task)}")
        let run = RunFolder(folder + "/run")
        return try #require(#expect(throws: ConfigError.self) { try Trainer(experiment, threads: 1).train(into: run) })
          .description
      }
      // As many classes as samples: no part could be set aside.
      try write("", Array(0..<120), samples: 120, in: folder)
      let regression = try complaint("regression", ", target_type: classes")
      #expect(regression.contains("'regression' does not suit the data, which hold one class for each sample"))
      #expect(regression.contains("set data.target_type: values"))
      try Npy.write(classes(120).map(Float.init), shape: [120], to: folder + "/y.npy")
      #expect(try complaint("classification").contains("set data.target_type: classes"))
      #expect(try complaint("multilabel").contains("set data.target_type: multi_label"))
    }
  }

  @Test func aDrawnValidationPartIsForEvaluation() throws {
    try withFolder { folder in
      try write("", classes(100), samples: 100, in: folder)
      let run = RunFolder(folder + "/run")
      let trainer = try Trainer(experiment(folder, Self.files + ", validation: 0.25"), threads: 1)
      let summary = try trainer.train(into: run)
      let error = #expect(throws: DataError.self) { try trainer.predict(run, folder: folder, part: .validation) }
      #expect(error?.description.contains("the run's is drawn from the training part") == true)
      #expect(error?.description.contains("fusionkit evaluate RUN --split validation") == true)
      let evaluation = try trainer.evaluate(run, split: .validation)
      #expect(evaluation.split.count == 20)
      #expect(evaluation.report?["loss"] == summary.splits["validation"]?["loss"])
    }
  }
}
