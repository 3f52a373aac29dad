import FusionConfig
import FusionCore
import FusionData
import FusionTraining
import Foundation
import Testing

private let all = "[{type: task}, {type: heads, weight: 0.5}, {type: probe, weight: 0}]"

/// The seam of a training step: what objectives see, add and change.
@Suite struct ObjectiveTests {
  private func trained(_ experiment: Experiment, _ path: String, threads: Int = 1) throws -> RunFolder {
    let run = RunFolder(path)
    try Trainer(experiment, threads: threads).train(into: run)
    return run
  }

  @Test(arguments: [
    [], ["data.targets=values", "task={type: regression, loss: huber}"],
    ["training.stages=[{epochs: 2}, {train: [fusion, decoder], epochs: 2}]"], ["data.holes=3"],
  ])
  func theTaskAloneHasTheBitsOfNoObjective(_ overrides: [String]) throws {
    try withFolder { folder in
      func experiment(_ objective: [String]) throws -> Experiment {
        try Experiment.load(
          text: toyExperiment().resolvedYAML, overrides: overrides + objective, registry: objectiveRegistry())
      }
      let none = try trained(experiment([]), folder + "/none")
      let task = try trained(experiment(["training.objective=[{type: task}]"]), folder + "/task")
      #expect(try bytes(none.model) == bytes(task.model))
      let (a, b) = (try table(none.history), try table(task.history))
      #expect(a.map { $0["train.loss"] } == b.map { $0["train.loss"] })
      #expect(b.map { $0["train.task"] } == b.map { $0["train.loss"] } && a[0]["train.task"] == nil)
      let resolved = try text(none.configuration)
      #expect(overrides.joined().contains("stages") || !resolved.contains("objective:"))
    }
  }

  @Test func eachTermIsAColumnAndTheLossTheirWeightedSum() throws {
    try withFolder { folder in
      var lines: [String] = []
      let run = RunFolder(folder + "/run")
      let summary = try Trainer(
        objectiveExperiment(all), threads: 1, progress: PlainProgress { lines.append($0) }
      ).train(into: run)
      for row in try table(run.history) {
        func value(_ name: String) throws -> Double { try #require(row["train.\(name)"].flatMap(Double.init)) }
        let (loss, task, heads) = (try value("loss"), try value("task"), try value("heads"))
        #expect(abs(loss - task - 0.5 * heads) < 1e-5)
        // What a step is told: the epoch, and each sample of the training part once.
        let (epoch, epochs, rows) = (try value("probe_epoch"), try value("probe_epochs"), try value("probe_rows"))
        #expect("\(Int(epoch) + 1)" == row["epoch"] && epochs == 4)
        let mean = try rowMean
        #expect(rows == mean)
        // Encoders are not run again: the same features give the same output, others another one, off the tape.
        let (same, alone, tracked) = (try value("probe_same"), try value("probe_alone"), try value("probe_tracked"))
        #expect(same == 0 && alone > 0.01 && tracked == 0)
      }
      #expect(
        lines.contains { $0.contains(/epoch 1\/4  train loss [\d.]+ task [\d.]+ heads [\d.]+ probe [\d.]+ accuracy/) },
        "\(lines)")
      #expect(
        lines.contains { $0.contains("minimised: task + 0.5 · heads + 0.0 · probe; 54 parameters of their own") },
        "\(lines)")
      #expect(summary.splits["train"]?["heads"] != nil)
      // Of the objectives' parameters nothing is in the model.
      let names = try SafeTensors(opening: run.model).names
      #expect(!names.contains { $0.contains("objectives") })
      #expect(try SafeTensors(opening: run.checkpoint).names.contains("model/objectives.heads.mean"))
    }
  }

  /// The mean row of the training part: with all samples seen once an epoch it is that of the probe.
  private var rowMean: Double {
    get throws {
      let data = try ToyData.open(.init(), root: nil, modalities: ["a", "b"])
      let random = RandomStream(seed: 3).derived("data")
      let rows = try #require(
        data.prepared(classes: nil, limit: nil, random: random).prepared(validation: 0.2, random: random).train
      ).rows
      return Double(rows.reduce(0, +)) / Double(rows.count)
    }
  }

  @Test func rowsAreThoseOfTheDataWhereEncodingsAreKept() throws {
    try withFolder { folder in
      let stages =
        "training.stages=[{epochs: 1}, {train: [fusion, decoder], objective: [{type: task}, {type: probe}], epochs: 1}]"
      let run = try trained(objectiveExperiment(nil, stages), folder + "/run")
      let row = try #require(try table(run.history).last)
      let mean = try rowMean
      #expect(row["stage"] == "stage_2" && mean == Double(row["train.probe_rows"] ?? ""))
      #expect(try #require(RunSummary.read(from: run).stages).map(\.objective) == ["task", "task + probe"])
    }
  }

  @Test func anInterruptedRunGoesOnToTheSameBits() throws {
    try withFolder { folder in
      let experiment = try objectiveExperiment(all, "data.holes=4", "training.modality_dropout=0.2")
      let whole = try trained(experiment, folder + "/whole")
      let parts = RunFolder(folder + "/parts")
      for (index, limit) in [5, 3, 12, 200].enumerated() {
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
          #expect(index == 3)
        } catch let error as TrainingError { #expect(error.exitStatus == 130 && index < 3) }
      }
      #expect(try bytes(parts.model) == bytes(whole.model))
      let timeless = { (row: [String: String]) in row.filter { !["seconds", "samples_per_s"].contains($0.key) } }
      #expect(try table(parts.history).map(timeless) == table(whole.history).map(timeless))
      let (a, b) = (try SafeTensors(opening: parts.checkpoint), try SafeTensors(opening: whole.checkpoint))
      #expect(a.names == b.names)
      for name in a.names where name.contains("objectives") {
        #expect(try a[name]?.floats().map(\.bitPattern) == b[name]?.floats().map(\.bitPattern), "\(name)")
      }
      #expect(try #require(b["model/objectives.heads.mean"]?.floats()[0]) != 1)
    }
  }

  @Test func threadsChangeNoBit() throws {
    try withFolder { folder in
      let experiment = try objectiveExperiment(all)
      let (one, three) = (
        try trained(experiment, folder + "/one"), try trained(experiment, folder + "/three", threads: 3)
      )
      #expect(try bytes(one.model) == bytes(three.model))
    }
  }

  /// Gradients are changed before they are clipped: however large they are made, a step is no longer than clipping allows.
  @Test func gradientsChangeBeforeTheyAreClipped() throws {
    try withFolder { folder in
      func weights(_ factor: String, epochs: Int = 1) throws -> [Float] {
        let experiment = try objectiveExperiment(
          "[{type: task}, {type: probe, weight: 0, factor: \(factor)}]", "training.batch_size=192",
          "training.gradient_clip=0.125", "training.optimizer={type: sgd, learning_rate: 1}",
          "training.epochs=\(epochs)")
        let run = try trained(experiment, folder + "/\(factor)-\(epochs)")
        return try SafeTensors(opening: run.model)["decoder.weight"]!.floats()
      }
      func distance(_ a: [Float], _ b: [Float]) -> Float {
        zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      }
      let first = try weights("1", epochs: 0)
      let (plain, large, zero) = try (weights("1"), weights("1e6"), weights("0"))
      #expect(distance(first, large) > distance(first, plain) * 1.05)
      #expect(distance(first, large) <= 0.1251)
      #expect(zero == first, "gradients of zero leave the decoder as it was drawn")
    }
  }

  @Test func aLossThatIsNoNumberIsNamed() throws {
    try withFolder { folder in
      let experiment = try objectiveExperiment("[{type: task}, {type: probe, loss: 1e30}]")
      let error = #expect(throws: TrainingError.self) { try trained(experiment, folder + "/run") }
      #expect(error?.description.contains("the loss 'probe'") == true, "\(String(describing: error))")
    }
  }

  @Test func theLossOfAnObjectiveSelectsTheBestEpoch() throws {
    try withFolder { folder in
      let run = try trained(objectiveExperiment(all, "training.monitor=train.heads"), folder + "/run")
      let losses = try table(run.history).compactMap { Double($0["train.heads"] ?? "") }
      let best = try #require(RunSummary.read(from: run).bestEpoch)
      #expect(losses[best - 1] == losses.min())
      let error = #expect(throws: ConfigError.self) {
        try trained(objectiveExperiment(all, "training.monitor=train.heds"), folder + "/other")
      }
      #expect(error?.description.contains("did you mean 'train.heads'?") == true)
    }
  }

  @Test func encodersAreTrainedByAnObjectiveAloneInAStage() throws {
    try withFolder { folder in
      let stages =
        "training.stages=[{train: [encoders], objective: [{type: heads}], epochs: 2}, {train: [fusion, decoder], epochs: 2}]"
      let run = try trained(objectiveExperiment(nil, stages), folder + "/run")
      #expect(try #require(RunSummary.read(from: run).splits["test"]?["accuracy"]) > 0.6)
      // The file that a run keeps says the same.
      let again = try Experiment.load(path: run.configuration, registry: objectiveRegistry())
      let kept = try text(run.configuration)
      #expect(again.resolvedYAML == kept)
    }
  }
}

/// What is refused before anything is trained, each at its place.
@Suite struct ObjectiveProblemTests {
  private func problems(_ objectives: String, _ overrides: String...) -> String {
    do {
      _ = try Experiment.load(
        text: toyExperiment().resolvedYAML, overrides: ["training.objective=\(objectives)"] + overrides,
        registry: objectiveRegistry())
      return "none"
    } catch { return "\(error)" }
  }

  @Test(arguments: [
    ("[]", "expected a list of objectives for 'training.objective', got none"),
    ("task", "expected a list of objectives for 'training.objective', got 'task'"),
    ("{type: task}", "write it as a list"),
    ("[task]", "write {type: task}"),
    ("[{weight: 1}]", "missing key 'type' in training.objective.0"),
    ("[{type: tusk}]", "did you mean 'task'?"),
    ("[{type: hidden}]", "'hidden' is an encoder, not an objective"),
    ("[{type: task, weight: -0.5}]", "expected a number of at least 0 for 'weight', got -0.5"),
    ("[{type: task, weight: .nan}]", "expected a number for 'weight', got .nan"),
    ("[{type: task, weight: much}]", "expected a number for 'weight', got 'much'"),
    ("[{type: task, weight: 0}]", "nothing is minimised"),
    ("[{type: picky}]", "'picky' needs 1 to 1"),
    ("[{type: task}, {type: task}]", "'task' stands twice in the list"),
    ("[{type: heads}]", "no objective of the list trains 'decoder'"),
    ("[{type: reader}]", "reads 'weights' of the fusion, which gives no side outputs"),
    ("[{type: task}, {type: heads, nose: 1}]", "did you mean 'noise'?"),
    ("[{type: task}, {type: heads, noise: -1}]", "expected a number of at least 0 for 'noise'"),
  ])
  func aListThatCannotBeIsRefused(_ objectives: String, _ words: String) {
    let found = problems(objectives)
    guard objectives != "[{type: picky}]" else {
      return #expect(found.contains("exactly 1 modality, the pipeline has 2") || found.contains("1 to 1"), "\(found)")
    }
    #expect(found.contains(words), "\(found)")
  }

  @Test func everythingIsToldAtOnceAtItsPlace() throws {
    let yaml = try toyExperiment("data.targets=values", "task={type: regression}").resolvedYAML
      .replacing("  batch_size: 16\n", with: "  batch_size: 1\n")
    let text =
      yaml + "  objective:\n    - {type: task, weight: -1}\n    - {type: picky, weight: 2}\n    - {type: probe}\n"
    let line = text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex(of: "  objective:")! + 1
    let error = try #require(throws: ConfigError.self) {
      _ = try Experiment.load(text: text, name: "a.yaml", registry: objectiveRegistry())
    }
    let found = error.description
    for (row, column, words) in [
      (1, 28, "expected a number of at least 0 for 'weight'"), (2, 29, "has no loss to be weighted"),
      (2, 14, "is for classification, the task is regression"), (2, 14, "the pipeline has 2"),
      (3, 14, "needs batches of 2 samples or more, training.batch_size is 1"),
    ] {
      #expect(found.contains("a.yaml:\(line + row):\(column): error: ") && found.contains(words), "\(words): \(found)")
    }
  }

  @Test func whatAnObjectiveRefusesOfAModelIsToldBeforeTraining() throws {
    let yaml = "[{type: task}, {type: picky}]"
    let one = try Experiment.load(
      text: toyExperiment().resolvedYAML, overrides: ["modalities.b=null", "training.objective=\(yaml)"],
      registry: objectiveRegistry())
    let error = #expect(throws: ConfigError.self) { _ = try Trainer(one, threads: 1).outline() }
    #expect(error?.description.contains("no fused features of eight values") == true)
    #expect(try one.survey().problems.contains { $0.message == "no fused features of eight values" })
  }

  @Test func aStageRefusesObjectivesOfPartsThatItFreezes() {
    let found = problems(
      all, "training.stages=[{epochs: 1}, {name: last, train: [fusion, decoder], epochs: 1}]")
    #expect(
      found.contains("the objective 'heads' is for encoders, and none of it is trained, in the stage 'last'"),
      "\(found)")
    #expect(found.contains("objective: task"))
    #expect(
      problems(all, "training.stages=[{epochs: 1}, {objective: task, train: [fusion, decoder], epochs: 1}]") == "none")
    #expect(
      problems(all, "training.stages=[{epochs: 1}, {objective: [{type: heads}], epochs: 1}]")
        .contains("no objective of the list trains 'decoder'"))
  }
}
