import Foundation
import Testing

/// Every experiment in configs/ trains to its end, on a few generated digits: a mistake in any of them is found here.
@Suite struct ShippedExperimentTests {
  /// Paths below configs/; a base is no experiment.
  static let experiments = ["", "fusions/", "compare/", "study/"].flatMap { folder in
    ((try? FileManager.default.contentsOfDirectory(atPath: Binary.package + "/configs/" + folder)) ?? [])
      .filter { $0.hasSuffix(".yaml") }.map { folder + $0 }.sorted()
  }

  private static let digits = Scratch.shared / "few"
  private static let made = Result {
    try Binary.run(["data", "demo", "--out", digits, "--train", "80", "--test", "20"])
  }

  /// Tiny sources of the digit study.
  static let sources = Binary.package + "/Tests/Fixtures/data/mini"
  private static let spoken = Scratch.shared / "few-spoken"
  private static let built = Result {
    try Binary.run(
      ["data", "build", "written-spoken", "--mnist", sources + "/mnist", "--fsdd", sources + "/fsdd", "--out", spoken])
  }

  /// The folder of the digits that an experiment is made for.
  private func digits(for file: String) throws -> String {
    let isStudy = file.hasPrefix("study/")
    let data = try (isStudy ? Self.built : Self.made).get()
    try #require(data.status == 0, "\(data.errors)")
    return isStudy ? Self.spoken : Self.digits
  }

  @Test func thereAreExperiments() {
    #expect(Self.experiments.contains("late_fusion.yaml"))
    #expect(Self.experiments.contains("fusions/mean.yaml"))
    #expect(Self.experiments.contains("study/end_to_end.yaml"))
  }

  @Test(arguments: experiments) func anExperimentTrainsAndEnds(_ file: String) throws {
    let folder = Scratch()
    let few = ["data.root=\(try digits(for: file))", "data.limit=40", "training.epochs=1", "training.batch_size=20"]
      .flatMap {
        ["--set", $0]
      }
    let outcome = try Binary.run(["train", "configs/\(file)", "--output", folder / "run"] + few)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let metrics = try #require(
      try JSONSerialization.jsonObject(with: bytes(folder / "run/metrics.json")) as? [String: Any])
    #expect(metrics["status"] as? String == "finished")
    let splits = try #require(metrics["splits"] as? [String: [String: Double]])
    #expect(splits.keys.sorted() == ["test", "validation"])
    for (split, values) in splits {
      #expect(values["loss"]?.isFinite == true, "\(split)")
      #expect((0...1).contains(try #require(values["accuracy"])), "\(split)")
    }
    // One epoch, of each stage where there are stages.
    let stages = (metrics["stages"] as? [Any])?.count ?? 1
    let history = try String(contentsOfFile: folder / "run/history.csv", encoding: .utf8)
    #expect(history.split(separator: "\n").count == 1 + stages)
    // An experiment is told apart by its name, which is that of its file.
    let config = try String(contentsOfFile: folder / "run/config.yaml", encoding: .utf8)
    let name = URL(filePath: file).deletingPathExtension().lastPathComponent
    #expect(config.contains("name: \(name)\n"))
  }
}
