import Foundation
import Testing

/// What numbers on any scale come to: standardised by the training part, in the model, from then on.
@Suite struct StandardiseTests {
  /// Two classes told apart by the first column alone, which is small beside the second; the third is constant.
  private static func table(_ rows: Int, noise: Double = 0.1) -> String {
    let lines = (0..<rows).map { row -> String in
      let label = row % 2
      let wave = Double((row * 37) % 101) / 101 - 0.5
      return "\(0.001 * (Double(label) + noise * wave)),\(1e6 * wave + 4e6),7,\(label)"
    }
    return "small,large,same,label\n" + lines.joined(separator: "\n") + "\n"
  }

  private static func config(_ values: String = "", data: String = "", more: String = "") -> String {
    """
    name: scaled
    seed: 4
    data: {dataset: arrays, root: ., files: {x: "t.csv:small,large,same", targets: "t.csv:label"}\(data)}
    modalities: {x: {type: vector\(values), encoder: {type: identity}}}
    fusion: {type: concat}
    decoder: {type: linear}
    training: {epochs: 12, batch_size: 8, optimizer: {type: adam, learning_rate: 0.05}\(more)}
    """
  }

  private static func accuracy(_ folder: Scratch, _ run: String) throws -> Double {
    let metrics = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder / "\(run)/metrics.json")))
    let splits = try #require((metrics as? [String: Any])?["splits"] as? [String: [String: Double]])
    return try #require(splits["test"]?["accuracy"])
  }

  @Test func aVectorIsStandardisedUnlessItIsSaidOtherwise() throws {
    let folder = Scratch()
    try folder.write("t.csv", Self.table(160))
    try folder.write("auto.yaml", Self.config())
    try folder.write("raw.yaml", Self.config(", values: raw"))
    let auto = try Binary.run(["train", "auto.yaml", "--output", "./auto"], in: folder.path)
    try #require(auto.status == 0, "\(auto.errors)")
    #expect(
      auto.errors.contains("values are standardised by the training part's mean and deviation: 'x' (3 features)"))
    #expect(auto.errors.contains("warning: 'x': the feature 3 is the same in all training samples, and becomes zero"))
    #expect(try Self.accuracy(folder, "auto") > 0.95)
    let raw = try Binary.run(["train", "raw.yaml", "--output", "./raw"], in: folder.path)
    try #require(raw.status == 0, "\(raw.errors)")
    #expect(!raw.errors.contains("standardised"))
    #expect(try Self.accuracy(folder, "raw") < 0.8)
    let described = try Binary.run(["describe", "auto.yaml"], in: folder.path)
    #expect(described.output.contains("vector, values standardised by the training part"))
  }

  @Test func evaluatingPredictingAndResumingUseTheTrainingsStatistics() throws {
    let folder = Scratch()
    try folder.write("t.csv", Self.table(160))
    try folder.write("a.yaml", Self.config())
    let trained = try Binary.run(["train", "a.yaml", "--output", "./a", "--threads", "1"], in: folder.path)
    try #require(trained.status == 0, "\(trained.errors)")
    let model = try Data(contentsOf: URL(fileURLWithPath: folder / "a/model.safetensors"))
    for name in ["modalities.x.standardise.mean", "modalities.x.standardise.deviation"] {
      #expect(model.range(of: Data(name.utf8)) != nil)
    }
    let evaluated = try Binary.run(["evaluate", "a", "--json"], in: folder.path)
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    // One row alone has a mean of its own and no deviation: what counts is the training's.
    let other = Scratch()
    let rows = Self.table(160).split(separator: "\n")
    try other.write("t.csv", "\(rows[0])\n\(rows[2])\n")
    let one = try Binary.run(["predict", "a", "--data", other.path, "-o", "one.csv"], in: folder.path)
    try #require(one.status == 0, "\(one.errors)")
    #expect(try folder.read("one.csv").split(separator: "\n").last?.hasSuffix(",1") == true)
    // Fewer epochs, then resumed: the same bits as at once.
    let half = try Binary.run(
      ["train", "a.yaml", "--output", "./b", "--set", "training.epochs=5", "--threads", "2"], in: folder.path)
    try #require(half.status == 0, "\(half.errors)")
    let resumed = try Binary.run(["train", "--resume", "b", "--set", "training.epochs=12"], in: folder.path)
    try #require(resumed.status == 0, "\(resumed.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder / "b/model.safetensors")) == model)
  }

  @Test func aFoldIsStandardisedByItsOwnTrainingPart() throws {
    let folder = Scratch()
    try folder.write("t.csv", Self.table(160))
    let models = try ["1", "2"].map { fold in
      try folder.write(
        "f.yaml", Self.config(data: ", fold: {index: \(fold), of: 4}").replacing("epochs: 12", with: "epochs: 0"))
      let outcome = try Binary.run(["train", "f.yaml", "--output", "./\(fold)"], in: folder.path)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return try Data(contentsOf: URL(fileURLWithPath: folder / "\(fold)/model.safetensors"))
    }
    // Freshly drawn weights are the same: what differs is what was fitted.
    #expect(models[0] != models[1])
  }

  @Test func aMeanOfOnesOwnTakesThePlaceOfAutoAndContradictsStandardise() throws {
    let folder = Scratch()
    try folder.write("t.csv", Self.table(80))
    try folder.write("own.yaml", Self.config(", mean: 4e6, std: 1e6"))
    let own = try Binary.run(["train", "own.yaml", "--output", "./own"], in: folder.path)
    #expect(own.status == 0 && !own.errors.contains("standardised"))
    try folder.write("both.yaml", Self.config(", values: standardise, mean: 3"))
    let both = try Binary.run(["train", "both.yaml", "--output", "./both"], in: folder.path)
    #expect(both.status == 2)
    #expect(both.errors.contains("both.yaml:4:") && both.errors.contains("nothing left to subtract"))
  }

  @Test(arguments: ["mse", "mae", "huber"])
  func targetsAreStandardisedAndToldInTheirOwnUnits(loss: String) throws {
    let folder = Scratch()
    let rows = (0..<200).map { row -> String in
      let (a, b) = (Double((row * 37) % 101) / 101, Double((row * 53) % 97) / 97)
      // What cannot be learned is far above what predictions.csv rounds to.
      let noise = Double((row * 71) % 89) / 89 - 0.5
      return "\(a),\(b),\(2e6 + 3e4 * a - 5e4 * b + 3e3 * noise),\(1e-3 * (a + b + 0.1 * noise))"
    }
    try folder.write("t.csv", "a,b,y,z\n" + rows.joined(separator: "\n") + "\n")
    func config(_ scaling: String) -> String {
      """
      name: values
      data: {dataset: arrays, root: ., files: {x: "t.csv:a,b", targets: "t.csv:y,z"}}
      modalities: {x: {type: vector, encoder: {type: identity}}}
      fusion: {type: concat}
      decoder: {type: linear}
      task: {type: regression, loss: \(loss)\(scaling)}
      training: {epochs: 40, batch_size: 16, optimizer: {type: adam, learning_rate: 0.02}}
      """
    }
    try folder.write("auto.yaml", config(""))
    let auto = try Binary.run(["train", "auto.yaml", "--output", "./auto"], in: folder.path)
    try #require(auto.status == 0, "\(auto.errors)")
    #expect(auto.errors.contains("the targets (2) are standardised too"))
    let metrics = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder / "auto/metrics.json")))
    let splits = try #require((metrics as? [String: Any])?["splits"] as? [String: [String: Double]])
    let test = try #require(splits["test"])
    #expect(try #require(test["r2"]) > 0.95)
    // From predictions.csv, in the units of the table: the mean over both targets.
    let lines = try folder.read("auto/predictions.csv").split(separator: "\n").dropFirst()
    let misses = lines.map { line -> [Double] in
      let cells = line.split(separator: ",").map { $0.split(separator: " ").compactMap { Double($0) } }
      return zip(cells[1], cells[2]).map { $0 - $1 }
    }
    let mae = misses.flatMap { $0 }.reduce(0) { $0 + abs($1) } / Double(misses.count * 2)
    let mse = misses.flatMap { $0 }.reduce(0) { $0 + $1 * $1 } / Double(misses.count * 2)
    #expect(abs(mae - test["mae"]!) < 1e-2 * mae && abs(mse - test["mse"]!) < 1e-2 * mse)
    if loss == "mse" { #expect(abs(test["loss"]! - test["mse"]!) < 1e-5 * mse) }
    if loss == "mae" { #expect(abs(test["loss"]! - test["mae"]!) < 1e-5 * mae) }
    // All misses are within a deviation, where Huber's loss is half the square.
    if loss == "huber" { #expect(abs(test["loss"]! - test["mse"]! / 2) < 1e-4 * mse) }
    // The losses of training are told in the same units as those of validation.
    let history = try folder.read("auto/history.csv").split(separator: "\n").map { $0.split(separator: ",") }
    let row = Dictionary(uniqueKeysWithValues: zip(history[0], history[history.count - 1]))
    let train = try #require(row["train.loss"].flatMap { Double($0) })
    let validation = try #require(row["validation.loss"].flatMap { Double($0) })
    #expect(train / validation > 0.05 && train / validation < 20)
    let predicted = try Binary.run(["predict", "auto", "--data", ".", "-o", "p.csv"], in: folder.path)
    try #require(predicted.status == 0, "\(predicted.errors)")
    let first = try folder.read("p.csv").split(separator: "\n")[1].split(separator: ",")[1].split(separator: " ")[0]
    let value = try #require(Double(first))
    #expect(abs(value - 2e6) < 1e5)

    try folder.write("plain.yaml", config(", standardise: false"))
    let plain = try Binary.run(["train", "plain.yaml", "--output", "./plain"], in: folder.path)
    #expect(!plain.errors.contains("the targets"))
    try folder.write("wrong.yaml", config(", standardise: sometimes"))
    let wrong = try Binary.run(["check", "wrong.yaml"], in: folder.path)
    #expect(wrong.status == 2 && wrong.errors.contains("unknown value 'sometimes' for 'standardise'"))
    #expect(wrong.errors.contains("available: auto, true or false"))
  }

  @Test(arguments: [
    ([Float](repeating: 16, count: 8), "byte"), ([0, 254.5, 3, 1, 2, 3, 4, 5], "byte"),
    ([-3, 1, 2, 3, 4, 5, 6, 7], "raw"),
  ])
  func imagesOnAnUnclearScaleAreAskedAbout(values: [Float], advice: String) throws {
    let folder = Scratch()
    try folder.write("x.npy", NpyFile.floats((0..<20).flatMap { _ in values }, [20, 1, 2, 4]))
    try folder.write("y.npy", NpyFile.integers((0..<20).map { $0 % 2 }))
    try folder.write(
      "a.yaml",
      """
      data: {dataset: arrays, root: ., files: {x: x.npy, targets: y.npy}}
      modalities: {x: {type: image, encoder: {type: identity}}}
      fusion: {type: concat}
      decoder: {type: linear}
      training: {epochs: 1}
      """)
    let outcome = try Binary.run(["train", "a.yaml", "--output", "./run"], in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("the stored values go from") && outcome.errors.contains("say 'values: \(advice)'"))
    let said = try Binary.run(
      ["train", "a.yaml", "--output", "./run", "--set", "modalities.x.values=\(advice)"], in: folder.path)
    #expect(said.status == 0, "\(said.errors)")
  }
}

extension Scratch {
  /// A file as text.
  fileprivate func read(_ name: String) throws -> String { try String(contentsOfFile: self / name, encoding: .utf8) }
}
