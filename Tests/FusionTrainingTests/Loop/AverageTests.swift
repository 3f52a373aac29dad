import FusionConfig
import FusionCore
import FusionData
import FusionTraining
import Foundation
import Testing

/// `training.average`, frozen groups, and the keys of a configuration that they are.
@Suite struct AverageTests {
  private func weights(_ run: RunFolder) throws -> [String: [Float]] {
    let file = try SafeTensors(opening: run.model)
    return try Dictionary(uniqueKeysWithValues: file.names.map { ($0, try file[$0]!.floats()) })
  }

  /// Stops within epochs, before the average begins and after; validation is of the averaged weights.
  @Test func anAverageGoesOnToTheSameBits() throws {
    try withFolder { folder in
      let experiment = try toyExperiment([
        "training.average={decay: 0.9, start_epoch: 1}", "training.batch_size=20", "training.early_stopping=null",
      ])
      let whole = RunFolder(folder + "/whole")
      try Trainer(experiment, threads: 1).train(into: whole)
      let parts = RunFolder(folder + "/parts")
      for (limit, threads) in [(4, 2), (10, 1), (12, 3), (400, 2)] {
        let stop = StopFlag()
        var steps = 0
        let watcher = Watcher {
          guard case .advanced = $0 else { return }
          steps += 1
          if steps == limit { stop.set() }
        }
        let trainer = Trainer(experiment, threads: threads, progress: watcher, stop: stop)
        do {
          if limit == 4 { try trainer.train(into: parts) } else { try trainer.resume(parts) }
        } catch is TrainingError {}
      }
      #expect(try bytes(parts.model) == bytes(whole.model))
      // The columns that are no times.
      func results(_ run: RunFolder) throws -> [[String?]] {
        try table(run.history).map { row in ["train.loss", "validation.loss", "validation.accuracy"].map { row[$0] } }
      }
      #expect(try results(parts) == results(whole))
      let plain = RunFolder(folder + "/plain")
      try Trainer(try toyExperiment(["training.batch_size=20", "training.early_stopping=null"]), threads: 1)
        .train(into: plain)
      let (own, other) = (try table(whole.history), try table(plain.history))
      #expect(own.map { $0["train.loss"] } == other.map { $0["train.loss"] }, "training does not see the average")
      #expect(own[0]["validation.loss"] == other[0]["validation.loss"], "it begins with the second epoch")
      #expect(zip(own, other).dropFirst().allSatisfy { $0["validation.loss"] != $1["validation.loss"] })
    }
  }

  /// A constant model has itself as its average; without a validation part the last average is saved.
  @Test func theLastAverageIsSavedWhereNothingIsSelected() throws {
    try withFolder { folder in
      let common = ["training.select=last", "training.epochs=2", "modalities.a.encoder.dropout=0"]
      func trained(_ name: String, _ more: [String]) throws -> [String: [Float]] {
        let run = RunFolder(folder + "/\(name)")
        try Trainer(try toyExperiment(common + more), threads: 1).train(into: run)
        return try weights(run)
      }
      let plain = try trained("plain", [])
      let averaged = try trained("averaged", ["training.average={decay: 0.5}"])
      #expect(try trained("none", ["training.average={decay: 0}"]) == plain, "a decay of 0 keeps nothing")
      for (name, values) in plain { #expect((values == averaged[name]) == name.hasSuffix("running_mean"), "\(name)") }
      let start = try trained("start", ["training.epochs=0"])
      let still = try trained(
        "still", ["training.average={decay: 0.5}", "training.optimizer.learning_rate=0"])
      for (name, values) in start where !name.hasSuffix("running_mean") { #expect(still[name] == values, "\(name)") }
    }
  }

  @Test func aFrozenPartStaysAsItIs() throws {
    try withFolder { folder in
      func trained(_ name: String, _ more: [String]) throws -> (RunSummary, [String: [Float]]) {
        let run = RunFolder(folder + "/\(name)")
        let summary = try Trainer(try toyExperiment(more), threads: 1).train(into: run)
        return (summary, try weights(run))
      }
      let decay = ["training.optimizer={type: adamw, weight_decay: 0.5}"]
      let (_, start) = try trained("start", decay + ["training.epochs=0"])
      let (summary, one) = try trained("one", decay + ["training.groups={encoders.b: {frozen: true}, decoder: {}}"])
      for (name, values) in start {
        #expect((one[name] == values) == name.hasPrefix("encoders.b."), "\(name)")
      }
      #expect(summary.frozen == ["encoders.b"])
      #expect(
        summary.trainedParameters == summary.parameters
          - start.filter { $0.key.hasPrefix("encoders.b.") }
          .reduce(0) { $0 + ($1.key.hasSuffix("running_mean") ? 0 : $1.value.count) })
      // What a stage that trains the others does, but for the random numbers of stages.
      let (_, both) = try trained("both", decay + ["training.groups={encoders: {frozen: true}}"])
      for (name, values) in start { #expect((both[name] == values) == name.hasPrefix("encoders."), "\(name)") }
      let (_, stages) = try trained(
        "stages",
        [
          "training.groups={encoders.a: {frozen: true}}",
          "training.stages=[{epochs: 1}, {train: [decoder], epochs: 1}]",
        ])
      for (name, values) in start { #expect((stages[name] == values) == name.hasPrefix("encoders.a."), "\(name)") }
    }
  }

  @Test func aResolvedConfigurationIsReadToItself() throws {
    let experiment = try toyExperiment([
      "training.groups.encoders.a.frozen=true", "training.average.decay=0.9", "training.accumulate=2",
      "training.initialise_from={encoders.a: outputs/x, encoders.b: z, decoder: y.safetensors}",
      "training.initialise_from.encoders.b=null",
      "training.stages=[{epochs: 1}, {train: [encoders], groups: {}, average: null, accumulate: null}]",
    ])
    let again = try Experiment.load(text: experiment.resolvedYAML, registry: toyRegistry())
    #expect(again == experiment, "\(experiment.resolvedYAML)\n\(again.resolvedYAML)")
    #expect(again.training.groups.frozenParts == [.encoder("a")])
    #expect(again.training.stages[0].parts == [.encoder("b"), .fusion, .decoder])
    #expect(again.training.stages[1].parts == [.encoder("a"), .encoder("b")])
    #expect(again.training.stages.map(\.training.average?.decay) == [0.9, nil])
    #expect(again.training.stages.map(\.training.accumulate) == [2, nil])
    #expect(again.training.initialiseFrom.map(\.key) == ["encoders.a", "decoder"])
    // Runs of before these keys existed stay runs of their configuration.
    let plain = try toyExperiment([]).resolvedYAML
    #expect(!plain.contains("average") && !plain.contains("initialise_from") && !plain.contains("frozen"))
  }
}
