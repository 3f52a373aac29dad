import Foundation
import Testing

/// One sample whose values are beyond what can be computed with: nothing is answered for it, and it is named.
@Suite struct OutlierTests {
  private static let config = """
    name: outlier
    data:
      dataset: arrays
      root: clean
      validation: 0
      train: {a: a.npy, b: b.npy, targets: y.npy}
      test: {a: a.npy, b: b.npy, targets: y.npy}
    modalities:
      a: {type: vector, values: raw, std: 0.1, encoder: {type: mlp, hidden: [1], width: 4}}
      b: {type: vector, values: raw, encoder: {type: mlp, hidden: [4], width: 4}}
    fusion: {type: concat}
    decoder: {type: linear}
    training: {epochs: 1, batch_size: 8}
    """

  /// Folders with the same data, but for one value of row 7 in `wild`.
  private func scratch() throws -> Scratch {
    let folder = Scratch()
    let values = (0..<60).map { Float($0 % 7) - 3 }
    for name in ["clean", "wild"] {
      var a = values
      if name == "wild" { a[6 * 3 + 1] = 3e38 }
      try folder.write("\(name)/a.npy", NpyFile.floats(a, [20, 3]))
      try folder.write("\(name)/b.npy", NpyFile.floats(values, [20, 3]))
      try folder.write("\(name)/y.npy", NpyFile.integers((0..<20).map { $0 % 2 }))
    }
    try folder.write("c.yaml", Self.config)
    return folder
  }

  @Test func theSampleIsNamedAndNothingIsWritten() throws {
    let folder = try scratch()
    let trained = try Binary.run(["train", "c.yaml", "--output", "./run", "--quiet"], in: folder.path)
    try #require(trained.status == 0, "\(trained.errors)")
    for arguments in [
      ["predict", "run", "--data", "wild", "-o", "out.csv"], ["predict", "run", "--data", "wild", "--index", "6"],
      ["evaluate", "run", "--data", "wild"], ["evaluate", "run", "--data", "wild", "--subsets"],
    ] {
      let outcome = try Binary.run(arguments, in: folder.path)
      #expect(outcome.status == 1 && outcome.output.isEmpty, "\(arguments): \(outcome.output)")
      #expect(outcome.errors.contains("row 7 of the part 'test' is not finite"), "\(outcome.errors)")
      #expect(outcome.errors.contains("the data of 'a' gives"), "\(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder / "out.csv"))
  }

  @Test func trainingEndsWhereAnEvaluationIsNoNumber() throws {
    let folder = try scratch()
    let outcome = try Binary.run(
      [
        "train", "c.yaml", "--output", "./run", "--quiet", "--set",
        "data.validation_files={a: ../wild/a.npy, b: b.npy, targets: y.npy}",
      ], in: folder.path)
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("row 7 of the part 'validation' is not finite"), "\(outcome.errors)")
    let summary = try String(contentsOfFile: folder / "run/metrics.json", encoding: .utf8)
    #expect(summary.contains("\"status\" : \"failed\""))
  }
}
