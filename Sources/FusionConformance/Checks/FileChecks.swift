import Foundation
import FusionCore
import FusionTraining
import Optimizers

extension Check {
  static let files = [
    Check(
      "SER-1", "save and load give the same bits, and a file that does not fit is refused with every name",
      protects: "state outside of the parameters, which is gone when a model is loaded", level: .configuration
    ) { specimen, findings in
      let file = FileManager.default.temporaryDirectory.appending(path: "conformance-\(UUID().uuidString).safetensors")
        .path
      defer { try? FileManager.default.removeItem(atPath: file) }
      let trained = BuiltComponent(specimen, seed: findings.seed)
      guard trained.store.duplicateNames.isEmpty else { return }  // PAR-1
      var settings = SGD.Configuration()
      settings.learningRate = 0.01
      let optimizer = SGD(settings, parameters: trained.store.trainable)
      for step in 0..<2 {
        trained.store.clearGradients()
        trained.backward(trained.inputs(batch: 4, draw: step), step: step)
        optimizer.step()
      }
      // A step on random data may be too long; what counts here is that every value is another than at first.
      for parameter in trained.store.parameters {
        for (index, value) in parameter.value.storage.values.enumerated() where !value.isFinite {
          parameter.value.storage.values[index] = 0.5
        }
      }
      let inputs = trained.inputs(batch: 3, draw: 9)
      let expected = specimen.isStochastic ? [] : trained.evaluate(inputs).scalars
      try ModelFile.save(trained.store, to: file)
      let loaded = BuiltComponent(specimen, seed: findings.seed &+ 1)
      try ModelFile.load(file, into: loaded.store)
      let values = loaded.values
      for (name, saved) in trained.values.sorted(by: { $0.key < $1.key }) {
        findings.expectSameBits(values[name] ?? [], saved, "'\(name)' after it was loaded")
      }
      if !specimen.isStochastic {
        findings.expectSameBits(
          loaded.evaluate(inputs).scalars, expected, "the output of the loaded component, made with another seed",
          hint: "what training changes or a seed decides belongs into context.parameter or context.buffer")
      }
      try refusal(of: loaded, file, &findings)
    }
  ]

  /// A file with a name missing, one too many and one misshapen: all three are told of.
  private static func refusal(of trial: BuiltComponent, _ file: String, _ findings: inout Findings) throws {
    let store = trial.store
    guard let first = store.parameters.first, let last = store.parameters.last, store.parameters.count > 1 else {
      return
    }
    let strange = ParameterStore()
    let context = BuildContext(store: strange, device: trial.device, seed: 0)
    _ = context.parameter("unknown_name_of_the_kit", [1], .zeros)
    _ = context.parameter(last.name, last.value.shape + [2], .zeros)
    for parameter in store.parameters.dropFirst().dropLast() {
      _ = context.parameter(parameter.name, parameter.value.shape, .zeros)
    }
    try ModelFile.save(strange, to: file)
    do {
      try ModelFile.load(file, into: store)
      findings.fail("a file that does not fit was loaded")
    } catch let error as CheckpointError {
      findings.expectEqual(error.missing, [first.name], "names reported missing")
      findings.expectEqual(error.extra, ["unknown_name_of_the_kit"], "names reported unknown")
      findings.expectEqual(error.misshapen.count, 1, "names reported misshapen")
    }
  }
}
