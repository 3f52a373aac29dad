import Foundation
import Testing

/// Metrics by name: in reports, early stopping, sweeps and comparisons, of this package and of a library.
@Suite struct MetricCommandTests {
  private let folder = Scratch()

  private func summary(_ run: String) throws -> [String: [String: Double]] {
    struct Summary: Decodable { let splits: [String: [String: Double]] }
    // JSONSerialization is off by a bit for most numbers.
    return try JSONDecoder().decode(Summary.self, from: bytes(folder / "\(run)/metrics.json")).splits
  }

  private func evaluate(_ arguments: String...) throws -> [String: Any] {
    let outcome = try Binary.run(["evaluate", "run", "--json"] + arguments, in: folder.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
  }

  private func evaluatedMetrics() throws -> [String: Double] {
    struct Report: Decodable { let metrics: [String: Double] }
    let outcome = try Binary.run(["evaluate", "run", "--json"], in: folder.path)
    return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8)).metrics
  }

  private func train(_ settings: String...) throws -> Outcome {
    try Binary.run(
      ["train", "tiny.yaml", "--output", "./run"] + settings.flatMap { ["--set", $0] }, in: folder.path)
  }

  @Test func whatIsNotAskedForIsNotReported() throws {
    try VectorData.write(to: folder)
    try #require(try train().status == 0)
    let usual = [
      "accuracy", "auroc", "f1_macro", "f1_micro", "f1_weighted", "loss", "precision_macro", "recall_macro",
    ]
    #expect(try summary("run")["test"]?.keys.sorted() == usual)
    #expect(!(try String(contentsOfFile: folder / "run/config.yaml", encoding: .utf8).contains("metrics")))
    let more = try evaluate("--metrics", "brier_score,top_3_accuracy,cohens_kappa")
    let metrics = try #require(more["metrics"] as? [String: Double])
    #expect(metrics.keys.sorted() == (usual + ["brier_score", "cohens_kappa"]).sorted())
    // Three classes: nobody can miss the best three.
    #expect((more["undefined"] as? [String: String])?["top_3_accuracy"]?.contains("with 3 classes it is 1") == true)
    let wrong = try Binary.run(["evaluate", "run", "--metrics", "brier_scor,pearson"], in: folder.path)
    #expect(wrong.status == 2 && wrong.output == "")
    #expect(wrong.errors.contains("there is no metric 'brier_scor' for this task: did you mean 'brier_score'?"))
    #expect(wrong.errors.contains("the metric 'pearson' needs values, which a classification task does not give"))
  }

  @Test func theConfigurationAsksForMore() throws {
    try VectorData.write(to: folder, epochs: 6)
    let trained = try train(
      "training.metrics=[matthews_correlation]", "training.monitor=validation.brier_score",
      "training.early_stopping={metric: validation.expected_calibration_error, patience: 4}",
      "training.schedule={type: reduce_on_plateau, metric: validation.cohens_kappa}")
    try #require(trained.status == 0, "\(trained.errors)")
    let rows = try String(contentsOfFile: folder / "run/history.csv", encoding: .utf8).split(separator: "\n")
      .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    func column(_ name: String) throws -> [Double] {
      let place = try #require(rows[0].firstIndex { $0 == name })
      return rows.dropFirst().compactMap { Double($0[place]) }
    }
    _ = try column("validation.expected_calibration_error")
    _ = try column("validation.matthews_correlation")
    _ = try column("validation.cohens_kappa")
    // The kept epoch is the one with the smallest score, not the largest.
    let scores = try column("validation.brier_score")
    let best = try #require(scores.min())
    #expect(try summary("run")["validation"]?["brier_score"] == best)
    // The run's own reports hold all three, and so do later ones.
    let test = try #require(try summary("run")["test"])
    #expect(test["brier_score"] != nil && test["expected_calibration_error"] != nil)
    #expect(try evaluatedMetrics() == test)
  }

  @Test func mistakesAreShownAtTheirPlace() throws {
    try VectorData.write(to: folder)
    let outcome = try train("training.metrics=[brier_scor, mse, accuracy]", "training.monitor=validation.f1_marco")
    #expect(outcome.status == 2)
    for words in [
      "there is no metric 'brier_scor' for this task: did you mean 'brier_score'?",
      "the metric 'mse' needs values, which a classification task does not give",
      "there is no metric 'validation.f1_marco' for this task: did you mean 'validation.f1_macro'?",
    ] { #expect(outcome.errors.contains(words), "\(outcome.errors)") }
    let twice = try train("training.metrics=[auroc, auroc]")
    #expect(twice.status == 2, "\(twice.errors)")
  }

  @Test func groupsHaveValuesOfTheirOwn() throws {
    try VectorData.write(to: folder)
    try folder.write("g.csv", "speaker\n" + (0..<60).map { "speaker \($0 % 4 == 0 ? "A" : "B")\n" }.joined())
    let text = String(decoding: try bytes(folder / "tiny.yaml"), as: UTF8.self)
    try #require(try train().status == 0)
    let without = try Binary.run(["evaluate", "run", "--by-group"], in: folder.path)
    #expect(without.status != 0 && without.errors.contains("names no groups for the part 'test'"))
    try folder.write(
      "tiny.yaml", text.replacing("targets: y.npy}", with: "targets: y.npy, groups: g.csv:speaker}"))
    let trained = try Binary.run(["train", "tiny.yaml", "--output", "./run", "--overwrite"], in: folder.path)
    try #require(trained.status == 0, "\(trained.errors)")
    let report = try evaluate("--by-group", "--metrics", "balanced_accuracy")
    let groups = try #require(report["groups"] as? [[String: Any]])
    #expect(Set(groups.compactMap { $0["group"] as? String }) == ["speaker A", "speaker B"])
    let sizes = groups.compactMap { $0["samples"] as? Int }
    let accuracies = groups.compactMap { ($0["metrics"] as? [String: Double])?["accuracy"] }
    let whole = try #require((report["metrics"] as? [String: Double])?["accuracy"])
    #expect(sizes.reduce(0, +) == report["samples"] as? Int && accuracies.count == 2)
    let mean = zip(sizes, accuracies).reduce(0) { $0 + Double($1.0) * $1.1 } / Double(sizes.reduce(0, +))
    #expect(abs(mean - whole) < 1e-12)
    let table = try Binary.run(["evaluate", "run", "--by-group"], in: folder.path).output
    #expect(table.contains("speaker A") && table.contains("group"))
    let both = try Binary.run(["evaluate", "run", "--by-group", "--subsets"], in: folder.path)
    #expect(both.status == 2 || both.status == 64)
  }

  @Test func sweepsAndComparisonsGoByAnyMetric() throws {
    try VectorData.write(
      to: folder, more: "sweep: {metric: validation.log_loss, parameters: {training.epochs: [1, 4]}}")
    let swept = try Binary.run(["sweep", "tiny.yaml", "--output", "./sweep"], in: folder.path)
    try #require(swept.status == 0, "\(swept.errors)")
    let winner = try String(contentsOfFile: folder / "sweep/winner.yaml", encoding: .utf8)
    #expect(winner.contains("log_loss"))
    let compared = try Binary.run(
      ["compare", "tiny.yaml", "--fusions", "concat,add", "--seeds", "1,2", "--metric", "log_loss", "--json"],
      in: folder.path)
    try #require(compared.status == 0, "\(compared.errors)")
    let table = try #require(
      try JSONSerialization.jsonObject(with: Data(compared.output.utf8)) as? [String: Any])
    #expect(table["metric"] as? String == "log_loss" && table["higher_is_better"] as? Bool == false)
    let means = (table["rows"] as? [[String: Any]] ?? []).compactMap {
      ($0["result"] as? [String: Any])?["mean"] as? Double
    }
    #expect(means.count == 4 && means == means.sorted(), "the smallest loss first")
    let wrong = try Binary.run(["compare", "tiny.yaml", "--metric", "mathews_correlation"], in: folder.path)
    #expect(wrong.status == 2 && wrong.errors.contains("did you mean 'matthews_correlation'?"))
  }

  @Test func aMetricOfALibraryIsTakenByItsName() throws {
    let example = Binary.package + "/Examples/OutOfTreeMetric"
    let built = try Binary.run(
      ["plugin", "build", example, "-o", folder / "libGeometricMeanRecall.so"], in: folder.path)
    try #require(built.status == 0, "\(built.errors)")
    #expect(built.output.hasSuffix("metric geometric_mean_recall\n") && built.errors == "")
    let library = folder / "libGeometricMeanRecall.so"
    let list = try Binary.run(["list", "metrics", "--plugin", library])
    #expect(list.output.contains("\n  geometric_mean_recall "))
    let kept = try Binary.run(["conformance", "--plugin", library])
    #expect(kept.status == 0 && kept.output.hasPrefix("✔ metric geometric_mean_recall "), "\(kept.output)")
    try VectorData.write(
      to: folder,
      more: "plugins: [libGeometricMeanRecall.so]")
    let trained = try train("training.monitor=validation.geometric_mean_recall")
    try #require(trained.status == 0, "\(trained.errors)")
    let test = try #require(try summary("run")["test"]?["geometric_mean_recall"])
    #expect((0...1).contains(test))
    #expect(try evaluatedMetrics()["geometric_mean_recall"] == test)
  }
}
