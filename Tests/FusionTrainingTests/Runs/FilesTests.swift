import FusionConfig
import FusionCore
import FusionData
import FusionTraining
import Foundation
import Testing

/// From files of a user's own to predictions, through the data set `arrays`.
@Suite struct FilesTests {
  /// Two features of which the sign of the first decides: uint8 around 128, so that the scale of a part matters.
  private func write(_ part: String, samples: Int, in folder: String, labels: Bool = true) throws {
    let random = RandomStream(seed: 1).derived(part)
    let words = (0..<samples * 2).map { Int(random.block(UInt64($0))[0] >> 24) }
    try Npy.write(words.map { UInt8($0) }, shape: [samples, 2], to: "\(folder)/\(part).npy")
    guard labels else { return }
    let classes = stride(from: 0, to: words.count, by: 2).map { words[$0] > 127 ? 1 : 0 }
    try Npy.write(classes, shape: [samples], to: "\(folder)/\(part)_labels.npy")
  }

  private func experiment(_ folder: String) throws -> Experiment {
    var registry = try toyRegistry()
    try registry.registerDatasets()
    return try Experiment.load(
      text: """
        data:
          dataset: arrays
          root: \(folder)
          train: {a: train.npy, targets: train_labels.npy}
          test: {a: test.npy, targets: test_labels.npy}
        modalities: {a: {type: plain, encoder: {type: hidden, width: 4}}}
        fusion: {type: sum}
        decoder: {type: line}
        training: {epochs: 20, optimizer: {type: adam, learning_rate: 0.01}}
        """, registry: registry)
  }

  @Test func filesInPredictionsOut() throws {
    try withFolder { folder in
      try write("train", samples: 400, in: folder)
      try write("test", samples: 100, in: folder)
      let run = RunFolder(folder + "/outputs/run")
      let trainer = try Trainer(experiment(folder), threads: 2)
      let summary = try trainer.train(into: run)
      #expect(try #require(summary.splits["test"]?["accuracy"]) > 0.9)

      // Another folder, which holds samples and nothing else.
      let other = folder + "/other"
      try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
      try write("test", samples: 50, in: other, labels: false)
      let rows = try trainer.predict(run, folder: other).csv().split(separator: "\n")
      #expect(rows.count == 51 && rows[0] == "id,prediction")
      let first = try Npy.open(other + "/test.npy").floats()
      let right = (0..<50).count { rows[$0 + 1].hasSuffix(first[$0 * 2] > 127 ? ",1" : ",0") }
      #expect(right > 42)

      // One sample of another shape.
      try Npy.write([UInt8](repeating: 1, count: 3), shape: [1, 3], to: other + "/test.npy")
      let error = #expect(throws: DataError.self) { try trainer.predict(run, folder: other) }
      #expect(error?.description.contains("[3]\n  expected: [2], as the model was trained on") == true)
    }
  }

  @Test func everyBrokenFileIsToldBeforeAnythingIsWritten() throws {
    try withFolder { folder in
      try write("train", samples: 40, in: folder)
      try write("test", samples: 10, in: folder)
      for file in ["train.npy", "test.npy"] {
        try bytes(folder + "/" + file).dropLast(5).write(to: URL(fileURLWithPath: folder + "/" + file))
      }
      let run = RunFolder(folder + "/run")
      let error = #expect(throws: DataError.self) { try Trainer(experiment(folder), threads: 1).train(into: run) }
      #expect(error?.problems.map { $0.file } == [folder + "/train.npy", folder + "/test.npy"])
      #expect(error?.exitStatus == 1 && run.state == .vacant)
    }
  }

  @Test func aTestPartOfOtherClassesIsRefused() throws {
    try withFolder { folder in
      try write("train", samples: 40, in: folder)
      try write("test", samples: 10, in: folder)
      try Npy.write([Int](repeating: 2, count: 10), shape: [10], to: folder + "/test_labels.npy")
      let error = #expect(throws: DataError.self) {
        try Trainer(experiment(folder), threads: 1).train(into: RunFolder(folder + "/run"))
      }
      #expect(error?.exitStatus == 1)
    }
  }
}
