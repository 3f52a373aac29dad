import FusionData
import Foundation
import Testing

/// `training.accumulate` with an objective that changes gradients.
@Suite struct AccumulateObjectiveTests {
  /// Gradients of all batches of a step are added up, then changed by what the last of them gives.
  @Test func gradientsAreChangedOnceAStep() throws {
    let folder = Scratch()
    try VectorData.write(to: folder, epochs: 1)
    func weights(_ name: String, _ sets: [String]) throws -> [String: [Float]] {
      // 36 training samples in batches of 16, 16 and 4: one step.
      let common = ["training.accumulate=3", "training.select=last"]
      let outcome = try Binary.run(
        ["train", "tiny.yaml", "--output", "./\(name)"] + (common + sets).flatMap { ["--set", $0] }, in: folder.path)
      try #require(outcome.status == 0, "\(outcome.errors)")
      let file = try SafeTensors(opening: folder / "\(name)/model.safetensors")
      return try Dictionary(uniqueKeysWithValues: file.names.map { ($0, try file[$0]!.floats()) })
    }
    let start = try weights("start", ["training.epochs=0"])
    let plain = try weights("plain", [])
    let modulated = try weights(
      "modulated", ["training.objective=[{type: task}, {type: ogm_ge, alpha: 0.9, noise: false}]"])
    let history = try String(contentsOfFile: folder / "modulated/history.csv", encoding: .utf8)
    let rows = history.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let coefficients = try ["a", "b"].map { name in
      let column = try #require(rows[0].firstIndex { $0 == "train.ogm_ge_coefficient_\(name)" })
      return try #require(Float(rows[1][column]))
    }
    #expect(coefficients.contains { $0 < 0.9 } && coefficients.contains(1), "\(coefficients)")
    for (name, before) in start {
      let factor = name.hasPrefix("encoders.a.") ? coefficients[0] : name.hasPrefix("encoders.b.") ? coefficients[1] : 1
      for (index, value) in before.enumerated() {
        let (step, changed) = (plain[name]![index] - value, modulated[name]![index] - value)
        #expect(abs(changed - factor * step) < 1e-6, "\(name)")
      }
    }
  }
}
