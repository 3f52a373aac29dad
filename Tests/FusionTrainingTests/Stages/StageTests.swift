import FusionConfig
import FusionCore
import FusionData
import FusionTraining
import Foundation
import Testing

extension ToyEncoder: AutoencodableEncoder {
  static func mirror(_ configuration: Configuration, input: Shape, context: BuildContext) -> any ReconstructionDecoder {
    PerceptronMirror(hidden: [configuration.width], width: configuration.width, input: input, context: context)
  }
}

/// The toy experiment in stages; `training.epochs` holds for those that do not say how many.
func stagedExperiment(_ stages: String, _ overrides: String...) throws -> Experiment {
  try Experiment.load(
    text: toyExperiment().resolvedYAML, overrides: ["training.stages=[\(stages)]"] + overrides, registry: toyRegistry())
}

private let pretrain = "{name: pretrain, objective: reconstruction, train: [encoders], epochs: 3}"
private let classifier = "{name: classifier, train: [fusion, decoder]}"

@Suite struct StageTests {
  /// The model's values by name.
  private func weights(_ run: RunFolder) throws -> [String: [Float]] {
    let file = try SafeTensors(opening: run.model)
    return Dictionary(uniqueKeysWithValues: try file.names.map { ($0, try #require(file[$0]).floats()) })
  }

  @Test func pretrainedEncodersStayAsTheyAreToTheBit() throws {
    try withFolder { folder in
      let (first, both) = (RunFolder(folder + "/first"), RunFolder(folder + "/both"))
      let alone = try Trainer(stagedExperiment(pretrain), threads: 1).train(into: first)
      let summary = try Trainer(stagedExperiment("\(pretrain), \(classifier)"), threads: 1).train(into: both)
      // Weights, and the statistics that the encoder's training passes keep.
      let (before, after) = (try weights(first), try weights(both))
      let encoders = before.keys.filter { $0.hasPrefix("encoders.") }
      #expect(encoders.contains("encoders.a.running_mean") && encoders.count == 10)
      for name in encoders {
        #expect(before[name]?.map(\.bitPattern) == after[name]?.map(\.bitPattern), "\(name)")
      }
      #expect(before["decoder.weight"] != after["decoder.weight"])
      // Nothing of a mirror is kept in the model.
      #expect(Set(before.keys) == Set(after.keys) && !before.keys.contains { $0.contains("mirror") })
      // The encoders learned, and so did what stands on them.
      let rows = try table(both.history)
      #expect(
        rows.map { $0["stage"] } == Array(repeating: "pretrain", count: 3) + Array(repeating: "classifier", count: 4))
      #expect(rows.map { $0["epoch"] } == ["1", "2", "3", "1", "2", "3", "4"])
      let losses = rows.prefix(3).compactMap { Double($0["validation.loss"] ?? "") }
      #expect(losses.count == 3 && losses[2] < losses[0])
      let parts = rows.prefix(3).map { Double($0["validation.mse_a"] ?? "")! + Double($0["validation.mse_b"] ?? "")! }
      for (loss, sum) in zip(losses, parts) { #expect(abs(loss - sum) < 1e-12) }
      #expect(try #require(summary.splits["test"]?["accuracy"]) > 0.8)
      #expect(summary.epochs == 7 && summary.status == .finished)
      let stages = try #require(summary.stages)
      #expect(stages.map(\.name) == ["pretrain", "classifier"] && stages.map(\.epochs) == [3, 4])
      #expect(stages[0].trained == ["encoders.a", "encoders.b"] && stages[0].objective == "reconstruction")
      #expect(stages[0].validation["mse_a"] != nil && stages[1].validation["accuracy"] != nil)
      #expect(stages.allSatisfy { ($0.trainSamplesPerSecond ?? 0) > 0 })
      #expect(try RunSummary.read(from: both) == summary)
      // A reconstruction that comes last is judged by itself, and predicts nothing.
      #expect(alone.splits["test"]?["mse_a"] != nil && alone.splits["test"]?["accuracy"] == nil)
      #expect(!FileManager.default.fileExists(atPath: first.predictions))
      #expect(try text(first.log).contains("warning: no stage trains decoder"))
      #expect(try text(both.log).contains("stage 2 of 2, 'classifier': trains fusion, decoder by the task"))
    }
  }

  @Test func oneFrozenEncoderStaysWhileTheOtherLearns() throws {
    try withFolder { folder in
      let (first, both) = (RunFolder(folder + "/first"), RunFolder(folder + "/both"))
      try Trainer(stagedExperiment(pretrain), threads: 1).train(into: first)
      try Trainer(stagedExperiment("\(pretrain), {train: [encoders.a, decoder]}"), threads: 1).train(into: both)
      let (before, after) = (try weights(first), try weights(both))
      for (name, values) in before {
        #expect(
          (values.map(\.bitPattern) == after[name]?.map(\.bitPattern)) == name.hasPrefix("encoders.b."), "\(name)")
      }
    }
  }

  @Test func aFrozenDecoderStaysWhileGradientsFlowThroughIt() throws {
    try withFolder { folder in
      let (first, both) = (RunFolder(folder + "/first"), RunFolder(folder + "/both"))
      let whole = "{name: whole, epochs: 1}"
      try Trainer(stagedExperiment(whole), threads: 1).train(into: first)
      try Trainer(stagedExperiment("\(whole), {train: [encoders]}"), threads: 1).train(into: both)
      let (before, after) = (try weights(first), try weights(both))
      for (name, values) in before {
        #expect((values.map(\.bitPattern) == after[name]?.map(\.bitPattern)) == name.hasPrefix("decoder."), "\(name)")
      }
    }
  }

  @Test func encodersLearnTheTaskAloneThroughHeadsOfTheirOwn() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let summary = try Trainer(
        stagedExperiment(
          "{name: alone, objective: unimodal, epochs: 6, head: [5], monitor: validation.accuracy_a}, \(classifier)"),
        threads: 1
      ).train(into: run)
      let alone = try #require(summary.stages?[0])
      let (a, b) = (try #require(alone.validation["accuracy_a"]), try #require(alone.validation["accuracy_b"]))
      #expect(a > 0.9 && b > 0.5)
      #expect(abs(try #require(alone.validation["accuracy"]) - (a + b) / 2) < 1e-12)
      #expect(alone.train["loss_a"] != nil && alone.train["accuracy_b"] != nil)
      let losses = ["loss_a", "loss_b"].compactMap { alone.validation[$0] }
      #expect(abs(try #require(alone.validation["loss"]) - losses.reduce(0, +)) < 1e-12)
      #expect(try #require(summary.splits["test"]?["accuracy"]) > 0.9)
      #expect(!(try weights(run)).keys.contains { $0.contains("heads") })
    }
  }

  @Test(arguments: ["classes", "flags", "values"]) func keptEncodingsChangeNoBit(targets: String) throws {
    try withFolder { folder in
      let task = ["classes": "classification", "flags": "multilabel", "values": "regression"][targets]!
      var outcomes: [String: [Data]] = [:]
      var histories: [[[String: String]]] = []
      for cache in ["none", "auto", "memory", "file"] {
        let run = RunFolder(folder + "/" + cache)
        let experiment = try stagedExperiment(
          "\(pretrain), {name: rest, train: [fusion, decoder], cache: \(cache), batch_size: 7}",
          "data.targets=\(targets)", "task={type: \(task)}")
        try Trainer(experiment, threads: 1).train(into: run)
        outcomes[cache] = try [run.model, run.predictions].map(bytes)
        histories.append(
          try table(run.history).map { row in row.filter { !["seconds", "samples_per_s"].contains($0.key) } })
        let place = ["auto": "memory", "memory": "memory", "file": "a temporary file"][cache]
        #expect(try text(run.log).contains("MB in") == (place != nil))
        if let place { #expect(try text(run.log).contains("MB in \(place), computed in")) }
        #expect(!(try FileManager.default.contentsOfDirectory(atPath: run.path)).contains { $0.contains("encodings") })
      }
      for cache in ["auto", "memory", "file"] { #expect(outcomes[cache] == outcomes["none"], "\(cache)") }
      #expect(histories.allSatisfy { $0 == histories[0] })
    }
  }

  @Test(arguments: ["reconstruction", "unimodal"])
  func samplesThatLackAModalityTrainTheOtherEncodersAndStayReplaced(objective: String) throws {
    try withFolder { folder in
      var outcomes: [Data] = []
      let pretrain = "{name: pretrain, objective: \(objective), train: [encoders], epochs: 2, batch_size: 5}"
      for cache in ["none", "memory"] {
        let experiment = try stagedExperiment(
          "\(pretrain), {train: [fusion, decoder], cache: \(cache)}", "data.holes=2", "fusion.missing=mean")
        let run = RunFolder(folder + "/" + cache)
        let summary = try Trainer(experiment, threads: 1).train(into: run)
        outcomes.append(try bytes(run.model) + bytes(run.predictions))
        #expect(try #require(summary.splits["test"]?["accuracy"]) > 0.5)
        let measure = objective == "unimodal" ? "accuracy_b" : "mse_b"
        #expect(summary.stages?[0].validation[measure]?.isFinite == true)
      }
      #expect(outcomes[0] == outcomes[1])
    }
  }

  @Test func anEncoderAloneSeesOnlyTheSamplesThatHaveItsModality() throws {
    try withFolder { folder in
      // 240 samples less a fifth, of which two thirds have b: what drop_last leaves of them in steps of 16.
      let experiment = try stagedExperiment(
        "{objective: reconstruction, train: [encoders.b], epochs: 1, drop_last: true}, \(classifier)", "data.holes=3")
      let run = RunFolder(folder + "/run")
      let steps = try Trainer(experiment, threads: 1).train(into: run)
      #expect(steps.stages?[0].train["mse_b"] != nil)
      let first = try #require(try table(run.history).first?["step"].flatMap { Int($0) })
      #expect(first >= 7 && first <= 9)
      let error = #expect(throws: ConfigError.self) {
        try Trainer(
          stagedExperiment(
            "{objective: reconstruction, train: [encoders.b]}, {objective: unimodal, drop_last: true, batch_size: 33}",
            "data.holes=3", "data.limit=2", "data.validation=0"), threads: 1
        ).train(into: RunFolder(folder + "/few"))
      }
      let text = error?.description ?? ""
      #expect(text.contains("no batch is left: 2 training samples do not fill one of 33") == true)
    }
  }

  @Test func anEncoderThatNoSampleCanTrainIsRefusedAtItsPlace() throws {
    try withFolder { folder in
      for objective in ["reconstruction", "unimodal"] {
        let error = #expect(throws: ConfigError.self) {
          try Trainer(
            stagedExperiment(
              "{objective: \(objective), train: [encoders]}, \(classifier)", "data.holes=1", "fusion.missing=mean"),
            threads: 1
          ).train(into: RunFolder(folder + "/run"))
        }
        #expect(
          error?.description.contains("none of the 192 training samples has 'b'") == true,
          "\(error?.description ?? "")")
        #expect(!FileManager.default.fileExists(atPath: folder + "/run"))
      }
    }
  }

  @Test func aStageOfItsOwnStopsEarlyAndIsJudgedByItsOwnLoss() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let summary = try Trainer(
        stagedExperiment(
          "{objective: reconstruction, early_stopping: {patience: 2, minimum_delta: 100}, epochs: 9}, \(classifier)",
          "training.monitor=validation.accuracy"), threads: 1
      ).train(into: run)
      #expect(summary.stages?.map(\.epochs) == [3, 4])
      #expect(try text(run.log).contains("stopped early: validation.loss has not improved since epoch 1"))
    }
  }

  @Test func aStageWithoutParametersIsRefusedAtItsPlace() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let error = #expect(throws: ConfigError.self) {
        try Trainer(
          stagedExperiment("{name: nothing, train: [fusion]}, {train: [decoder], monitor: validation.acuracy}"),
          threads: 1
        ).train(into: run)
      }
      #expect(error?.description.contains("the stage 'nothing' trains nothing: fusion has no parameters") == true)
      #expect(error?.description.contains("did you mean 'validation.accuracy'?") == true)
      #expect(run.state == .vacant)
    }
  }
}

/// Wherever a run in stages stops, it goes on to the same bits.
@Suite struct StageResumeTests {
  private func outcome(_ run: RunFolder) throws -> [Data] { try [run.model, run.predictions].map(bytes) }

  private func experiment() throws -> Experiment {
    try stagedExperiment(
      "\(pretrain), {name: alone, objective: unimodal, train: [encoders.b], epochs: 1}, "
        + "{name: rest, train: [fusion, decoder], epochs: 2, optimizer: {type: sgd, momentum: 0.9}}")
  }

  @Test func aRunKilledAtAnyMomentGoesOnToTheSameBits() throws {
    try withFolder { folder in
      let whole = RunFolder(folder + "/whole")
      // A copy of the folder is what a kill leaves; every note is one of a stage's border.
      var copies: [RunFolder] = []
      var events = 0
      let watcher = Watcher { event in
        events += 1
        var isBorder = false
        if case .note = event { isBorder = true }
        guard isBorder || events % 9 == 0, FileManager.default.fileExists(atPath: whole.checkpoint) else { return }
        let copy = RunFolder(folder + "/copy-\(events)")
        if (try? FileManager.default.copyItem(atPath: whole.path, toPath: copy.path)) != nil { copies.append(copy) }
      }
      try Trainer(experiment(), threads: 1, progress: watcher).train(into: whole)
      #expect(copies.count > 12)
      let timeless = { (row: [String: String]) in row.filter { !["seconds", "samples_per_s"].contains($0.key) } }
      for run in copies {
        #expect(run.state == .unfinished)
        try Trainer(experiment(), threads: 2).resume(run)
        #expect(try outcome(run) == outcome(whole))
        #expect(try table(run.history).map(timeless) == table(whole.history).map(timeless))
        #expect(
          try RunSummary.read(from: run).stages?.map(\.bestEpoch)
            == RunSummary.read(from: whole).stages?.map(\.bestEpoch))
      }
    }
  }

  @Test func anInterruptedRunGoesOnToTheSameBits() throws {
    try withFolder { folder in
      let (whole, parts) = (RunFolder(folder + "/whole"), RunFolder(folder + "/parts"))
      try Trainer(experiment(), threads: 1).train(into: whole)
      var stops = 0
      for limit in [5, 31, 3, 9, 1, 200] {
        let stop = StopFlag()
        var steps = 0
        let watcher = Watcher {
          guard case .advanced = $0 else { return }
          steps += 1
          if steps == limit { stop.set() }
        }
        let trainer = Trainer(try experiment(), threads: 1, progress: watcher, stop: stop)
        do {
          if stops == 0 { try trainer.train(into: parts) } else { try trainer.resume(parts) }
        } catch let error as TrainingError {
          stops += 1
          #expect(error.exitStatus == 130)
        }
      }
      #expect(stops == 5)
      #expect(try outcome(parts) == outcome(whole))
    }
  }

  @Test func theLastStageCanGetMoreEpochsAndNoOtherCan() throws {
    try withFolder { folder in
      func stages(_ first: Int, _ last: Int) throws -> Experiment {
        try stagedExperiment(
          "{objective: reconstruction, epochs: \(first)}, {train: [fusion, decoder], epochs: \(last)}")
      }
      let (long, short) = (RunFolder(folder + "/long"), RunFolder(folder + "/short"))
      try Trainer(stages(2, 5), threads: 1).train(into: long)
      try Trainer(stages(2, 3), threads: 1).train(into: short)
      let error = #expect(throws: TrainingError.self) { try Trainer(stages(2, 3), threads: 1).resume(short) }
      #expect(error?.description.contains("raise training.stages.1.epochs") == true)
      #expect(throws: CheckpointError.self) { try Trainer(stages(4, 3), threads: 1).resume(short) }
      try Trainer(stages(2, 5), threads: 1).resume(short)
      #expect(try outcome(short) == outcome(long))
    }
  }

  @Test func theNumberOfThreadsChangesNoBit() throws {
    try withFolder { folder in
      let models = try [1, 3].map { threads in
        let run = RunFolder(folder + "/\(threads)")
        try Trainer(experiment(), threads: threads).train(into: run)
        return try outcome(run)
      }
      #expect(models[0] == models[1])
    }
  }
}
