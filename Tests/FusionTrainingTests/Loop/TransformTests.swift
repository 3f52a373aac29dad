import FusionConfig
import FusionTraining
import Foundation
import Testing

/// Transforms in training: the same bits for any number of threads and for resumed runs, and nothing where there are none.
@Suite struct TransformTrainingTests {
  private static let noise = [
    "modalities.a.transforms=[{type: gaussian_noise, std: 0.5}]", "data.transforms=[{type: gaussian_noise, std: 0.2}]",
  ]

  private func model(_ overrides: [String], threads: Int = 1, in folder: String) throws -> Data {
    let run = RunFolder(folder + "/\(UUID().uuidString)")
    try Trainer(toyExperiment(overrides), threads: threads).train(into: run)
    return try bytes(run.model)
  }

  @Test func theBitsFollowFromTheConfigurationAlone() throws {
    try withFolder { folder in
      let plain = try model([], in: folder)
      let noisy = try model(Self.noise, in: folder)
      #expect(noisy != plain)
      #expect(try model(Self.noise, threads: 3, in: folder) == noisy)
      #expect(try model(Self.noise + ["seed=4"], in: folder) != noisy)
      // Of strength 0 it is the identity, and an empty list is none.
      #expect(try model(["modalities.a.transforms=[{type: gaussian_noise, std: 0}]"], in: folder) == plain)
      #expect(try model(["modalities.a.transforms=[]", "data.transforms=null"], in: folder) == plain)
      // Two transforms of one kind draw for themselves.
      let twice = "modalities.a.transforms=[{type: gaussian_noise, std: 0.5}, {type: gaussian_noise, std: 0.5}]"
      #expect(try model([twice], in: folder) != model([Self.noise[0]], in: folder))
    }
  }

  @Test func anInterruptedRunGoesOnToTheSameBits() throws {
    try withFolder { folder in
      let experiment = try toyExperiment(Self.noise)
      let whole = RunFolder(folder + "/whole")
      try Trainer(experiment, threads: 2).train(into: whole)
      let parts = RunFolder(folder + "/parts")
      for (index, limit) in [5, 14, 200].enumerated() {
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
      }
      #expect(try bytes(parts.model) == bytes(whole.model))
    }
  }

  @Test func theResolvedConfigurationSaysThemOnlyWhereTheyAre() throws {
    let plain = try toyExperiment()
    #expect(!plain.resolvedYAML.contains("transforms") && plain.transforms.isEmpty)
    let noisy = try toyExperiment(Self.noise)
    let again = try Experiment.load(text: noisy.resolvedYAML, registry: toyRegistry())
    #expect(again == noisy && noisy != plain)
    #expect(
      again.transforms.placed.map(\.path) == [["modalities", "a", "transforms", "0"], ["data", "transforms", "0"]])
  }

  /// Encodings that are kept would be those of the first epoch.
  @Test func frozenEncodersEncodeAnewInEveryEpoch() throws {
    try withFolder { folder in
      let stages = """
        training.stages=[{name: head, train: [fusion, decoder], cache: memory}]
        """
      var notes: [String] = []
      let watcher = Watcher { if case .note(let text) = $0 { notes.append(text) } }
      let run = RunFolder(folder + "/run")
      try Trainer(toyExperiment(Self.noise + [stages]), threads: 1, progress: watcher).train(into: run)
      #expect(notes.contains("encodings are not kept: transforms change the samples in every epoch"), "\(notes)")
      #expect(try bytes(run.model) != model([stages], in: folder))
    }
  }
}
