import FusionConfig
import FusionCore
import FusionData
import Foundation
import FusionTraining
import Testing

/// What is not a number is no answer.
@Suite struct NotFiniteTests {
  /// A run of one epoch whose weights under a prefix are multiplied, and all that can be asked of it.
  private func answers(scaling prefix: String, by factor: Float) throws -> [NotFiniteError?] {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = try Trainer(toyExperiment("training.epochs=1", "fusion.missing=zero"), threads: 1)
      try trainer.train(into: run)
      let file = try SafeTensors(opening: run.model)
      let items = try file.names.map { name in
        let values = try file[name]!.floats().map { name.hasPrefix(prefix) ? $0 * factor : $0 }
        return SafeTensors.Item(name, values, shape: file[name]!.shape, .float32)
      }
      try SafeTensors.write(items, to: run.model)
      let data = try trainer.experiment.openData(root: nil)
      func error(_ body: () throws -> Void) -> NotFiniteError? {
        do { try body() } catch { return error as? NotFiniteError }
        return nil
      }
      return [
        error { _ = try trainer.evaluate(run) }, error { _ = try trainer.evaluateSubsets(run) },
        error { _ = try trainer.predict(run, data.split(.test)) }, error { _ = try trainer.encode(run) },
      ]
    }
  }

  @Test func theFirstPartAndTheSampleAreNamed() throws {
    // An overflow in the encoder's first layer, and what its second one makes of it.
    for error in try answers(scaling: "encoders.b.", by: 1e30) {
      guard case .part(let place)? = error else {
        Issue.record("expected an error, got \(String(describing: error))")
        continue
      }
      #expect(place.part == "the encoder 'hidden' of 'b'" && place.data == "test" && place.row == 0)
      #expect(error?.description.contains("row 1 of the part 'test'") == true && error?.exitStatus == 1)
    }
  }

  @Test func aDecoderThatOverflowsIsNamed() throws {
    let errors = try answers(scaling: "decoder.", by: 3e38)
    for error in errors.dropLast() {
      guard case .part(let place)? = error else {
        Issue.record("expected an error, got \(String(describing: error))")
        continue
      }
      #expect(place.part == "the decoder 'line'")
    }
    // Encodings do not need it.
    #expect(errors.last == .some(nil))
  }

  @Test func aLossOfFiniteOutputsThatIsNoneIsTold() throws {
    try withFolder { folder in
      let run = RunFolder(folder + "/run")
      let trainer = try Trainer(
        toyExperiment(
          "training.epochs=1", "data.targets=values", "task.type=regression", "task.standardise=false"), threads: 1)
      try trainer.train(into: run)
      let file = try SafeTensors(opening: run.model)
      let items = try file.names.map { name in
        // Squares of 1e25 are beyond float32.
        let values = try file[name]!.floats().map { name == "decoder.bias" ? 1e25 : $0 }
        return SafeTensors.Item(name, values, shape: file[name]!.shape, .float32)
      }
      try SafeTensors.write(items, to: run.model)
      let error = #expect(throws: NotFiniteError.self) { try trainer.evaluate(run) }
      #expect(error == .loss(part: "test", row: 0, output: 1e25))
    }
  }

  @Test func aNegativeVarianceIsRefusedWhereItIsRead() throws {
    try withFolder { folder in
      let store = ParameterStore()
      let device = Device(threads: 1)
      _ = BatchNorm(channels: 2, context: BuildContext(store: store, device: device, seed: 0).scope("norm"))
      let path = folder + "/model.safetensors"
      try ModelFile.save(store, to: path)
      try ModelFile.load(path, into: store)
      store["norm.running_var"]!.value.storage.base[1] = -0.25
      try ModelFile.save(store, to: path)
      let error = #expect(throws: CheckpointError.self) { try ModelFile.load(path, into: store) }
      #expect(error?.other == ["'norm.running_var' holds -0.25, and can hold nothing below 0"])
      // The mean of what was seen may be anything.
      store["norm.running_var"]!.value.storage.base[1] = 0.25
      store["norm.running_mean"]!.value.storage.base[1] = -0.25
      try ModelFile.save(store, to: path)
      try ModelFile.load(path, into: store)
    }
  }
}
