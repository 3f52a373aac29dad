import Foundation
import Testing

/// `fusionkit compare` on a few generated digits.
@Suite struct CompareTests {
  private static let options =
    "compare: {fusions: {add: {width: 5}, scalar: {type: bimodal_interaction, form: scalar}}}"

  private func compare(_ folder: Scratch, _ more: [String] = [], config: String? = nil) throws -> Outcome {
    try folder.write("tiny.yaml", config ?? DemoData.config(epochs: 2, more: Self.options))
    return try Binary.run(["compare", "tiny.yaml"] + more, in: folder.path)
  }

  private func table(_ folder: Scratch, _ path: String = "outputs/compare-tiny") throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: bytes(folder / path + "/table.json")) as? [String: Any])
  }

  @Test func oneTableOfFusionsAndSingleModalities() throws {
    let folder = Scratch()
    let outcome = try compare(folder, ["--fusions", "late,add,decision_average", "--seeds", "1,2"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let table = try table(folder)
    let rows = try #require(table["rows"] as? [[String: Any]])
    let names = rows.compactMap { $0["method"] as? String }
    #expect(names.sorted() == ["add", "audio alone", "concat", "decision_average", "image alone"])
    #expect(table["baseline"] as? String == "concat")
    let means = rows.compactMap { ($0["result"] as? [String: Any])?["mean"] as? Double }
    #expect(means == means.sorted(by: >))
    for row in rows {
      let name = try #require(row["method"] as? String)
      // What the table says is what the runs say.
      let values = try #require(row["values"] as? [Double])
      for (seed, value) in zip([1, 2], values) {
        let run = folder / "outputs/compare-tiny/runs/\(name.replacing(" ", with: "-"))/seed-\(seed)"
        let metrics = try #require(
          try JSONSerialization.jsonObject(with: bytes(run + "/metrics.json")) as? [String: Any])
        #expect((metrics["splits"] as? [String: [String: Double]])?["test"]?["accuracy"] == value)
        #expect(metrics["parameters"] as? Int == row["parameters"] as? Int)
        #expect(try #require(metrics["peak_memory_bytes"] as? Int) > 1 << 20)
      }
      let result = try #require(row["result"] as? [String: Double])
      // Two values a and b: t(0.975, 1) = 12.7062, and s / √2 = |a − b| / 2.
      #expect(abs(result["half_width"]! - 12.7062047 * abs(values[0] - values[1]) / 2) < 1e-6)
      // Two seeds tell a mean, and nothing of how sure it is.
      #expect((row["difference"] == nil) == (name == "concat"))
      #expect(row["p"] == nil && row["interval"] == nil && row["probability_of_improvement"] == nil)
      #expect(outcome.output.contains(name))
    }
    let average = try #require(rows.first { $0["method"] as? String == "decision_average" })
    #expect(average["note"] as? String == "decides by itself: no decoder 'mlp'")
    #expect(rows.first { $0["method"] as? String == "add" }?["options"] as? String == "width: 5")
    #expect(outcome.output.contains("generated"))
    #expect(table["evidence"] as? String == "too_few_seeds")
    #expect(
      outcome.output.contains("There is no p value and no interval of a difference: that takes 5 seeds, for 2 runs"))
    let markdown = String(decoding: try bytes(folder / "outputs/compare-tiny/table.md"), as: UTF8.self)
    #expect(markdown.contains("| concat |"))
    #expect(markdown.contains("fusionkit compare tiny.yaml --fusions late,add,decision_average --seeds 1,2\n"))
    let csv = String(decoding: try bytes(folder / "outputs/compare-tiny/table.csv"), as: UTF8.self).split(
      separator: "\n")
    #expect(csv.count == 6)
    // Nothing is trained again, and the table is the same to the byte; more seeds are trained beside those there are.
    let before = try bytes(folder / "outputs/compare-tiny/table.json")
    let again = try compare(folder, ["--fusions", "late,add,decision_average", "--seeds", "1,2", "--json"])
    #expect(again.status == 0)
    #expect(again.errors.contains("10 of 10 runs are done already"))
    #expect(try bytes(folder / "outputs/compare-tiny/table.json") == before)
    #expect(Data(again.output.utf8) == before)
    let more = try compare(folder, ["--fusions", "concat,add", "--seeds", "1,2,3", "--no-single"])
    #expect(more.errors.contains("4 of 6 runs are done already"))
  }

  @Test(arguments: [SIGINT, SIGHUP, SIGKILL])
  func anInterruptedComparisonGoesOn(_ signal: Int32) throws {
    let folder = Scratch()
    let config = try DemoData.config(epochs: 25)
    let arguments = ["--fusions", "concat,multiply", "--seeds", "1,2", "--jobs", "2"]
    try folder.write("tiny.yaml", config)
    try #require(
      try Binary.run(["compare", "tiny.yaml", "--output", "./whole"] + arguments, in: folder.path).status == 0)
    let child = try Child(Binary.path, ["compare", "tiny.yaml", "--output", "./cut"] + arguments, in: folder.path)
    while child.isRunning, !child.errorsSoFar.contains("[2/8]") { usleep(5000) }
    child.signal(signal)
    let cut = try child.outcome()
    #expect(cut.status == (signal == SIGKILL ? 128 + signal : 130))
    #expect(cut.output == "")
    #expect(!FileManager.default.fileExists(atPath: folder / "cut/table.json"))
    if signal == SIGINT { #expect(cut.errors.contains("the same command does the rest")) }
    // At once: trainings whose parent was killed end, too, and are waited for.
    let rest = try Binary.run(["compare", "tiny.yaml", "--output", "./cut"] + arguments, in: folder.path)
    try #require(rest.status == 0, "\(rest.errors)")
    #expect(rest.errors.contains("of 8 runs are done already"))
    for method in ["concat", "multiply", "image-alone", "audio-alone"] {
      for seed in 1...2 {
        let file = "/runs/\(method)/seed-\(seed)/model.safetensors"
        #expect(try bytes(folder / "cut" + file) == bytes(folder / "whole" + file), "\(method), seed \(seed)")
      }
    }
  }

  @Test func oneSeedHasNoInterval() throws {
    let folder = Scratch()
    let outcome = try compare(
      folder,
      [
        "--fusions", "concat,scalar", "--seeds", "7", "--no-single", "--metric", "loss", "--set", "training.epochs=1",
        "--set", "training.gradient_clip=1",
      ])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let table = try table(folder)
    let rows = try #require(table["rows"] as? [[String: Any]])
    let losses = rows.compactMap { ($0["result"] as? [String: Any])?["mean"] as? Double }
    #expect(losses == losses.sorted())  // Less of it is better.
    #expect(rows.allSatisfy { ($0["result"] as? [String: Any])?["half_width"] == nil && $0["p"] == nil })
    #expect(outcome.output.contains("one seed tells nothing of the spread"))
    #expect(outcome.output.contains("There is no p value"))
  }

  @Test func whatCannotBeRunIsSaidBeforeAnythingIsTrained() throws {
    let folder = Scratch()
    // What lies where a run is to go ends the command before the first one begins.
    try folder.write("outputs/compare-tiny/runs/concat/seed-1/mine.txt", "mine")
    let cut = try compare(folder, config: DemoData.config())
    #expect(cut.status == 1)
    #expect(cut.errors.contains("runs/concat/seed-1 exists and is not a run of FusionKit"))
    let lines = cut.errors.split(separator: "\n")
    let place = try #require(lines.firstIndex { $0.contains(" at a time, in ") })
    #expect(
      lines[..<place].contains { $0.hasPrefix("not compared: trimodal_interaction: ") && $0.contains("exactly 3") })
    #expect(lines[..<place].contains { $0.hasPrefix("not compared: perceiver: ") && $0.contains("tokens: true") })
  }

  @Test func aRunThatFailsIsInTheTable() throws {
    let folder = Scratch()
    let diverged = try compare(
      folder, ["--fusions", "concat,add", "--seeds", "1", "--no-single", "--output", "./wild"],
      config: DemoData.config().replacing("learning_rate: 0.05", with: "learning_rate: 1e30"))
    #expect(diverged.status == 1)
    #expect(diverged.output.contains("failed: seed 1: training diverged"))
    #expect(diverged.errors.contains("runs of 2 methods failed"))
  }

  @Test(arguments: [
    (["--fusions", "concat,tensr_fusion"], "unknown fusion 'tensr_fusion': did you mean 'tensor_fusion'?"),
    (["--fusions", "concat,late"], "'concat' is named twice, once as 'late'"),
    (["--fusions", "add,multiply"], "the baseline 'concat' is not among the methods that are compared"),
    (["--fusions", "concat,trimodal_interaction"], "'trimodal_interaction' cannot be run with this configuration: "),
    (["--fusions", "concat,fusion_transformer"], "takes tokens [T, D] of every modality"),
    (
      ["--fusions", "concat", "--metric", "acuracy"],
      "there is no metric 'acuracy' for this task: did you mean 'accuracy'?"
    ),
    (["--fusions", ""], "--fusions takes names"), (["--fusions", "concat,,add"], "--fusions takes names"),
    (["--rates", "0.1,0.1"], "--rates"), (["--rates", "0"], "--rates"), (["--rates", "1e-3,inf"], "--rates"),
    (["--rates", "0.1,0.2", "--rate-seeds", "9,3"], "the seed 3 is among --seeds and --rate-seeds"),
    (["--rates", "0.1", "--set", "data.validation=0"], "--rates chooses by the validation part, and there is none"),
    (["--resplit"], "--resplit draws the test part anew, and that of"),
    (["--set", "compare.fusions.add.training.epoch=3"], "unknown key 'epoch' in training"),
    (["--seeds", "1,1"], "--seeds"), (["--seeds", ""], "--seeds"), (["--jobs", "0"], "--jobs takes a number"),
    (["--output", ""], "--output is empty"),
    (["--set", "compare.fusions.add.widht=3"], "unknown key 'widht' in fusion"),
    (["--set", "compare.fusions.mine.width=3"], "unknown fusion 'mine'"),
    (["--set", "compare.fusons.add.width=3"], "unknown key 'fusons' in compare"),
    (["--set", "compare.fusions.late.missing=zero"], "'late' is another name of 'concat'"),
  ])
  func badInputIsRefusedBeforeAnythingIsTrained(_ arguments: [String], _ message: String) throws {
    let folder = Scratch()
    let outcome = try compare(folder, arguments)
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder / "outputs"))
  }

  @Test func theRunsOfAnotherConfigurationAreNotMixedIn() throws {
    let folder = Scratch()
    let arguments = ["--fusions", "concat", "--seeds", "1", "--no-single"]
    try #require(try compare(folder, arguments).status == 0)
    let other = try compare(folder, arguments + ["--set", "training.batch_size=10"])
    #expect(other.status == 1)
    #expect(
      other.errors.contains(
        "outputs/compare-tiny/runs/concat/seed-1 holds a run of another configuration; choose another --output"))
  }
}
