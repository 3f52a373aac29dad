import FusionConfig
import FusionCore
import FusionData
import FusionTraining
import Foundation
import Testing

/// `training.groups` and `training.accumulate`.
@Suite struct GroupTests {
  private func weights(_ run: RunFolder) throws -> [String: [Float]] {
    let file = try SafeTensors(opening: run.model)
    return try Dictionary(uniqueKeysWithValues: file.names.map { ($0, try file[$0]!.floats()) })
  }

  private func trained(_ folder: String, _ overrides: [String]) throws -> [String: [Float]] {
    let run = RunFolder(folder + "/\(UUID().uuidString)")
    try Trainer(try toyExperiment(overrides), threads: 1).train(into: run)
    return try weights(run)
  }

  private static let plain = [
    "modalities.a.encoder.dropout=0", "modalities.b.encoder.dropout=0", "training.early_stopping=null",
    "training.select=last",
  ]

  /// Three batches of 20 and one of 60 are the same step, but for the rounding of sums.
  @Test func accumulatedGradientsAreThoseOfTheLargeBatch() throws {
    try withFolder { folder in
      for schedule in ["{type: constant}", "{type: cosine, warmup_epochs: 1}"] {
        let common =
          Self.plain + ["training.epochs=3", "training.schedule=\(schedule)", "training.gradient_clip=0.5"] + [
            "training.optimizer={type: sgd, learning_rate: 0.1, momentum: 0.9}"
          ]
        let large = try trained(folder, common + ["training.batch_size=60"])
        let small = try trained(folder, common + ["training.batch_size=20", "training.accumulate=3"])
        let other = try trained(folder, common + ["training.batch_size=20"])
        #expect(large.keys.sorted() == small.keys.sorted())
        for (name, values) in large where !name.hasSuffix("running_mean") {
          let difference = zip(values, small[name] ?? []).map { abs($0 - $1) }.max() ?? .infinity
          #expect(difference < 1e-5, "\(name)")
        }
        #expect(other != large)
      }
    }
  }

  @Test func aGroupHasALearningRateOfItsOwn() throws {
    try withFolder { folder in
      let common = Self.plain + ["training.epochs=2", "training.optimizer={type: adam, weight_decay: 0.1}"]
      let start = try trained(folder, common + ["training.epochs=0"])
      let still = try trained(folder, common + ["training.groups={encoders.a: {learning_rate: 0}}"])
      for (name, values) in start where !name.hasSuffix("running_mean") {
        #expect((still[name] == values) == name.hasPrefix("encoders.a."), "\(name)")
      }
      // A group that differs in nothing changes nothing; a warm-up of its own does.
      let whole = try trained(folder, common)
      #expect(try trained(folder, common + ["training.groups={encoders: {}, decoder: {weight_decay: 0.1}}"]) == whole)
      #expect(try trained(folder, common + ["training.groups={fusion: {}, decoder: {warmup_epochs: 1}}"]) != whole)
    }
  }

  @Test func groupsAndAccumulatedGradientsGoOnToTheSameBits() throws {
    try withFolder { folder in
      let experiment = try toyExperiment([
        "training.optimizer={type: adam}", "training.batch_size=20", "training.accumulate=3", "training.epochs=4",
        "training.groups={encoders.b: {learning_rate: 0.01, betas: [0.8, 0.99], warmup_epochs: 1}}",
        "training.early_stopping=null",
      ])
      let whole = RunFolder(folder + "/whole")
      try Trainer(experiment, threads: 1).train(into: whole)
      let parts = RunFolder(folder + "/parts")
      for limit in [4, 10, 200] {
        let stop = StopFlag()
        var steps = 0
        let watcher = Watcher {
          guard case .advanced = $0 else { return }
          steps += 1
          if steps == limit { stop.set() }
        }
        let trainer = Trainer(experiment, threads: 1, progress: watcher, stop: stop)
        do {
          if limit == 4 { try trainer.train(into: parts) } else { try trainer.resume(parts) }
        } catch is TrainingError {}
      }
      #expect(try weights(parts) == weights(whole))
    }
  }

  @Test(arguments: [
    ("{encoders.c: {learning_rate: 1}}", "the pipeline has no part 'encoders.c'"),
    ("{encoders: {}, encoders.a: {}}", "'encoders.a' is in two groups: 'encoders' and 'encoders.a'"),
    ("{fusion: {learning_rat: 1}}", "unknown key 'learning_rat' in training.groups.fusion"),
    ("{fusion: {learning_rate: -1}}", "expected a number of at least 0 for 'learning_rate', got -1"),
    ("{fusion: {betas: [0.5]}}", "expected two numbers for 'betas', got 1"),
    ("{fusion: {warmup_epochs: -2}}", "expected a number of at least 0 for 'warmup_epochs', got -2"),
    ("[fusion]", "expected a map of parts for 'training.groups', got a list"),
  ])
  func badGroupsAreRefusedAtTheirPlace(_ groups: String, _ message: String) throws {
    do {
      _ = try toyExperiment(["training.groups=\(groups)"])
      Issue.record("\(groups) was accepted")
    } catch let error as ConfigError {
      #expect(error.description.contains(message), "\(error)")
      #expect(error.description.contains("--set training.groups="), "\(error)")
    }
  }

  @Test func aResolvedConfigurationKeepsItsGroups() throws {
    let experiment = try toyExperiment([
      "training.groups={encoders: {learning_rate: 0.01, warmup_epochs: 2}, decoder: {weight_decay: 0}}",
      "training.accumulate=4",
    ])
    let again = try Experiment.load(text: experiment.resolvedYAML, registry: toyRegistry())
    #expect(again == experiment)
    #expect(again.training.groups.map(\.part) == [.encoder("a"), .encoder("b"), .decoder])
    #expect(again.training.groups.map(\.warmupEpochs) == [2, 2, nil])
    #expect(again.training.accumulate == 4)
    // Runs of before these keys existed stay runs of their configuration.
    let plain = try toyExperiment([]).resolvedYAML
    #expect(!plain.contains("groups") && !plain.contains("accumulate"))
  }
}
