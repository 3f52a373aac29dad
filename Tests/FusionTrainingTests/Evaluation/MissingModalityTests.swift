import FusionConfig
import FusionCore
import FusionData
import FusionTraining
import Foundation
import Testing

/// `training.modality_dropout`, and what a run does with modalities that are not there.
@Suite struct MissingModalityTests {
  // MARK: What is dropped

  @Test(arguments: [
    (["a", "b"], ModalityDropout.all(0.3)), (["a", "b"], .each(["a": 0.7, "b": 0.3])), (["a", "b"], .each(["b": 0.5])),
    (["a", "b", "c"], .all(0.6)), (["a", "b", "c"], .each(["a": 0.9, "b": 0.9, "c": 0.1])),
    (["a", "b", "c", "d"], .all(0.1)),
  ])
  func modalitiesAreDroppedAtTheRateAskedForAndNeverAll(_ names: [String], _ dropout: ModalityDropout) throws {
    let thinning = try #require(ModalityDropoutMask(dropout, modalities: names, seed: 11))
    var missing = [Int](repeating: 0, count: names.count)
    let (steps, batch) = (200, 100)
    for step in 0..<steps {
      guard let presence = thinning.thinned(nil, count: batch, step: step) else { continue }
      #expect(presence.modalityCounts.allSatisfy { $0 > 0 })
      for modality in names.indices { missing[modality] += batch - (presence.rows(having: modality)?.count ?? batch) }
    }
    for (name, count) in zip(names, missing) {
      let (expected, samples) = (dropout.probability(name), Double(steps * batch))
      // Five standard errors.
      let error = 5 * (expected * (1 - expected) / samples).squareRoot()
      #expect(abs(Double(count) / samples - expected) <= error + 1e-9, "\(name): \(Double(count) / samples)")
    }
  }

  @Test func whatIsDroppedFollowsFromSeedAndStep() throws {
    let names = ["a", "b", "c"]
    let thinning = try #require(ModalityDropoutMask(.all(0.4), modalities: names, seed: 1))
    let other = try #require(ModalityDropoutMask(.all(0.4), modalities: names, seed: 2))
    let first = thinning.thinned(nil, count: 50, step: 7)
    #expect(thinning.thinned(nil, count: 50, step: 7) == first)
    #expect(thinning.thinned(nil, count: 50, step: 8) != first && other.thinned(nil, count: 50, step: 7) != first)
    // A sample's fate does not depend on how many follow.
    #expect(thinning.thinned(nil, count: 20, step: 7) == first?.samples(Array(0..<20)))
  }

  @Test func whatIsMissingStaysMissingAndTheLastOneStays() throws {
    let thinning = try #require(ModalityDropoutMask(.all(0.5), modalities: ["a", "b"], seed: 1))
    let lacking = Presence([(0..<100).map { $0 % 2 == 0 }, nil], count: 100)
    for step in 0..<20 {
      let presence = try #require(thinning.thinned(lacking, count: 100, step: step))
      for sample in 0..<100 where sample % 2 == 1 {
        #expect(!presence.has(0, sample: sample) && presence.has(1, sample: sample))
      }
      #expect(presence.modalityCounts.allSatisfy { $0 > 0 })
    }
  }

  @Test func nothingIsDroppedFromOneModalityOrWithoutProbability() {
    #expect(ModalityDropoutMask(.all(0.5), modalities: ["a"], seed: 1) == nil)
    #expect(ModalityDropoutMask(.all(0), modalities: ["a", "b"], seed: 1) == nil)
    #expect(ModalityDropoutMask(.each(["c": 0.5]), modalities: ["a", "b"], seed: 1) == nil)
  }

  // MARK: Runs

  private func model(_ run: RunFolder) throws -> Data { try bytes(run.model) }

  @Test func droppingIsTheSameForAnyNumberOfThreadsAndOnAResume() throws {
    try withFolder { folder in
      let experiment = try toyExperiment("training.modality_dropout=0.4")
      let (one, four, parts) = (RunFolder(folder + "/1"), RunFolder(folder + "/4"), RunFolder(folder + "/parts"))
      try Trainer(experiment, threads: 1).train(into: one)
      try Trainer(experiment, threads: 4).train(into: four)
      #expect(try model(one) == model(four))
      for (attempt, limit) in [5, 9, 14, 500].enumerated() {
        let stop = StopFlag()
        var steps = 0
        let watcher = Watcher {
          guard case .advanced = $0 else { return }
          steps += 1
          if steps == limit { stop.set() }
        }
        let trainer = Trainer(experiment, threads: 1, progress: watcher, stop: stop)
        do {
          if attempt == 0 { try trainer.train(into: parts) } else { try trainer.resume(parts) }
        } catch TrainingError.interrupted {}
      }
      #expect(try model(parts) == model(one) && bytes(parts.predictions) == bytes(one.predictions))
      let plain = RunFolder(folder + "/plain")
      try Trainer(toyExperiment(), threads: 1).train(into: plain)
      #expect(try model(plain) != model(one))
    }
  }

  @Test func dataThatLackSomethingAreTrainedOnAndResumeToTheSameBits() throws {
    try withFolder { folder in
      let keys = ["data.holes=3", "fusion.missing=mean", "training.modality_dropout={b: 0.2}"]
      let experiment = try toyExperiment(keys[0], keys[1], keys[2])
      let (whole, parts) = (RunFolder(folder + "/whole"), RunFolder(folder + "/parts"))
      let summary = try Trainer(experiment, threads: 2).train(into: whole)
      #expect(try #require(summary.splits["test"]?["accuracy"]) > 0.5)
      let stop = StopFlag()
      var steps = 0
      let watcher = Watcher { if case .advanced = $0 { steps += 1; if steps == 17 { stop.set() } } }
      #expect(throws: TrainingError.self) {
        try Trainer(experiment, threads: 1, progress: watcher, stop: stop).train(into: parts)
      }
      try Trainer(experiment, threads: 1).resume(parts)
      #expect(try model(parts) == model(whole))
      #expect(try SafeTensors(opening: whole.model).names.contains("missing.b.mean"))
    }
  }

  @Test func refusedSamplesAreNamedBeforeAnythingIsTrained() throws {
    try withFolder { folder in
      let experiment = try toyExperiment("data.holes=3", "fusion.missing=refuse")
      let error = #expect(throws: DataError.self) {
        try Trainer(experiment, threads: 1).train(into: RunFolder(folder + "/run"))
      }
      #expect(
        error?.description.contains("toy/b present: row ") == true && error?.description.contains("lacks 'b'") == true)
      #expect(!FileManager.default.fileExists(atPath: folder + "/run"))
    }
  }

  @Test func subsetsAgreeWithEvaluationsOfSamplesThatLackTheRest() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = Trainer(try toyExperiment("training.modality_dropout=0.3"), threads: 1)
      try trainer.train(into: run)
      let subsets = try trainer.evaluateSubsets(run)
      #expect(subsets.map(\.present) == [["a", "b"], ["a"], ["b"]])
      let whole = try trainer.evaluate(run)
      #expect(subsets[0].evaluation.outputs.scalars == whole.outputs.scalars)
      #expect(subsets[0].evaluation.report == whole.report)
      // The same model on the same samples, of which a file says that they lack b.
      for (index, name) in ["a", "b"].enumerated() {
        let lacking = try toyExperiment("training.modality_dropout=0.3", "data.only=\(name)")
        let other = try Trainer(lacking, threads: 1).evaluate(run)
        #expect(subsets[1 + index].evaluation.outputs.scalars == other.outputs.scalars)
        #expect(subsets[1 + index].evaluation.report == other.report && other.report != whole.report)
      }
    }
  }

  @Test func samplesThatHaveNothingOfASubsetAreLeftOut() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = Trainer(try toyExperiment("data.holes=3", "training.evaluate_batch_size=7"), threads: 1)
      try trainer.train(into: run)
      let subsets = try trainer.evaluateSubsets(run)
      // Every third of 90 test samples lacks b.
      #expect(subsets.map { $0.evaluation.split.count } == [90, 90, 60])
      #expect(subsets[2].evaluation.split.rows == (0..<90).filter { $0 % 3 != 2 })
      let all = subsets[0].evaluation.outputs.scalars
      let alone = subsets[1].evaluation.outputs.scalars
      let width = all.count / 90
      for row in 0..<90 {
        let same = all[row * width..<(row + 1) * width] == alone[row * width..<(row + 1) * width]
        #expect(same == (row % 3 == 2))
      }
    }
  }

  @Test func subsetsOfAFusionThatRefusesAreAnError() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = Trainer(try toyExperiment("fusion.missing=refuse"), threads: 1)
      try trainer.train(into: run)
      let error = #expect(throws: ConfigError.self) { try trainer.evaluateSubsets(run) }
      #expect(error?.description.contains("no subset can be seen") == true)
    }
  }
}
