import Foundation
import Testing

/// What `fusionkit compare` says of differences, on features written by hand.
@Suite struct CompareEvidenceTests {
  private let folder = Scratch()
  private static let samples = 120

  /// Two modalities of which both tell three classes, five samples a recording; `more` are files beside theirs.
  private func writeData(_ more: String = "", task: String = "{type: classification}") throws {
    func noise(_ i: Int) -> Float { Float((i &* 7919 &+ 104_729) % 1000) / 500 - 1 }
    let labels = (0..<Self.samples).map { $0 % 3 }
    for (name, sign) in [("a", Float(1)), ("b", -1)] {
      let values = (0..<Self.samples * 4).map { noise($0 + (sign > 0 ? 0 : 5000)) + sign * Float(labels[$0 / 4]) }
      try folder.write("\(name).npy", NpyFile.floats(values, [Self.samples, 4]))
    }
    let rows = labels.enumerated().map { "\($1),\(Float($1) + noise($0) / 4),recording \($0 / 5)" }
    try folder.write("y.csv", "class,value,recording\n" + rows.joined(separator: "\n") + "\n")
    let column = task.contains("regression") ? "value" : "class"
    try folder.write(
      "probe.yaml",
      """
      name: probe
      seed: 1
      data:
        dataset: arrays
        root: .
        files: {a: a.npy, b: b.npy, targets: "y.csv:\(column)"\(more)}
        test_fraction: 0.25
        validation: 0.2
      modalities:
        a: {type: vector, encoder: {type: mlp, hidden: [6], width: 4}}
        b: {type: vector, encoder: {type: mlp, hidden: [6], width: 4}}
      fusion: {type: concat}
      decoder: {type: linear}
      task: \(task)
      training: {epochs: 1, batch_size: 16, optimizer: {type: sgd, learning_rate: 0.1}}
      """)
  }

  private func compare(_ arguments: String...) throws -> (outcome: Outcome, table: [String: Any]) {
    let outcome = try Binary.run(["compare", "probe.yaml", "--output", "./out"] + arguments, in: folder.path)
    let data = try? bytes(folder / "out/table.json")
    let table = try data.map { try JSONSerialization.jsonObject(with: $0) } as? [String: Any]
    return (outcome, table ?? [:])
  }

  private func row(_ table: [String: Any], _ name: String) throws -> [String: Any] {
    try #require((table["rows"] as? [[String: Any]])?.first { $0["method"] as? String == name })
  }

  @Test func namesAreNoMarkupAndNoFormulas() throws {
    try writeData()
    let (outcome, _) = try compare(
      "--fusions", "concat,late_sum", "--no-single", "--seeds", "1", "--set", "name=m <b>| x", "--set",
      "compare.fusions.late_sum={type: add, width: 3}")
    try #require(outcome.status == 0, "\(outcome.errors)")
    let markdown = String(decoding: try bytes(folder / "out/table.md"), as: UTF8.self)
    #expect(markdown.hasPrefix("# Comparison: m \\<b>\\| x\n"), "\(markdown.prefix(60))")
    #expect(markdown.contains("| late_sum |"))
  }

  @Test func predictionsThatDoNotGiveTheRunsMetricAreRefused() throws {
    try writeData()
    let arguments = ["--fusions", "concat,add", "--no-single", "--seeds", "1,2,3,4,5"]
    func again() throws -> Outcome {
      try Binary.run(["compare", "probe.yaml", "--output", "./out"] + arguments, in: folder.path)
    }
    try #require(try again().status == 0)
    let command = try String(contentsOfFile: folder / "out/table.md", encoding: .utf8)
    #expect(command.contains(" --output ./out\n"))
    let file = folder / "out/runs/add/seed-2/predictions.csv"
    let lines = String(decoding: try bytes(file), as: UTF8.self).split(separator: "\n")
    // Cut at the end of a line, as a full disk may leave it: a table like any other.
    try (lines.prefix(12).joined(separator: "\n") + "\n").write(toFile: file, atomically: true, encoding: .utf8)
    let cut = try again()
    #expect(cut.status == 1 && cut.errors.contains("add/seed-2/predictions.csv"), "\(cut.errors)")
    #expect(cut.errors.contains("metrics.json tells"), "\(cut.errors)")
  }

  @Test func aRateWithWhichNothingIsANumberIsOut() throws {
    try writeData()
    let (outcome, table) = try compare(
      "--fusions", "concat", "--no-single", "--seeds", "1,2", "--rates", "1e-2,1e25", "--rate-seeds", "7", "--set",
      "training.batch_size=512")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect((try row(table, "concat")["rates"] as? [String: Any])?["rate"] as? Double == 0.01)
  }

  @Test func fiveSeedsGiveAnIntervalATestAndAProbability() throws {
    try writeData(", groups: y.csv:recording")
    let (outcome, table) = try compare("--fusions", "concat,add", "--no-single", "--seeds", "1,2,3,4,5")
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(table["evidence"] as? String == "seeds_and_samples")
    let add = try row(table, "add")
    let interval = try #require(add["interval"] as? [String: Double])
    let difference = try #require(add["difference"] as? Double)
    #expect(interval["low"]! <= difference && difference <= interval["high"]! && interval["low"]! < interval["high"]!)
    // Alone in its family, a method's p is what it is.
    #expect(add["p"] as? Double == add["p_holm"] as? Double)
    #expect(0...1 ~= (add["probability_of_improvement"] as? Double ?? -1))
    let values = try #require(add["values"] as? [Double])
    let base = try #require(try row(table, "concat")["values"] as? [Double])
    #expect(abs(zip(values, base).reduce(0) { $0 + $1.0 - $1.1 } / 5 - difference) < 1e-12)
    #expect(add["seeds_won"] as? Int == zip(values, base).count { $0 > $1 })
    // Recordings are drawn, not samples; as many as lie in the test part.
    let predictions = String(decoding: try bytes(folder / "out/runs/add/seed-1/predictions.csv"), as: UTF8.self)
    let lines = predictions.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    let column = try #require(lines[0].firstIndex(of: "group"))
    let groups = Set(lines.dropFirst().map { $0[column] })
    #expect(groups.allSatisfy { $0.hasPrefix("recording ") } && table["groups"] as? Int == groups.count)
    #expect(outcome.output.contains("the \(groups.count) groups of test samples that belong together"))
    let csv = String(decoding: try bytes(folder / "out/table.csv"), as: UTF8.self)
    for name in ["difference_low", "difference_high", "p_holm", "probability_of_improvement", "seeds_won"] {
      #expect(csv.split(separator: "\n")[0].contains(name))
    }
    let markdown = String(decoding: try bytes(folder / "out/table.md"), as: UTF8.self)
    #expect(markdown.contains("| 95% interval | p | p (Holm) | P(better) |"))
  }

  @Test func aMetricThatNeedsMoreThanPredictionsIsJudgedBySeedsAlone() throws {
    try writeData(", groups: y.csv:recording")
    let (outcome, table) = try compare("--fusions", "concat,add", "--no-single", "--metric", "loss")
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(table["evidence"] as? String == "seeds" && table["groups"] == nil)
    #expect(try row(table, "add")["interval"] != nil)
    #expect(outcome.output.contains("'loss' cannot be computed from predictions"))
  }

  @Test func regressionsAreJudgedToo() throws {
    try writeData(task: "{type: regression}")
    let (outcome, table) = try compare("--fusions", "concat,add", "--no-single")
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(table["metric"] as? String == "r2" && table["evidence"] as? String == "seeds_and_samples")
    #expect(try row(table, "add")["interval"] != nil)
  }

  @Test func ratesAreChosenByTheValidationPartAlikeForAll() throws {
    try writeData()
    let arguments = ["--fusions", "concat,add", "--rates", "1e-9,0.1,1e30", "--rate-seeds", "11,12", "--seeds", "1,2"]
    let outcome = try Binary.run(["compare", "probe.yaml", "--output", "./out"] + arguments, in: folder.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    let table = try #require(try JSONSerialization.jsonObject(with: bytes(folder / "out/table.json")) as? [String: Any])
    #expect(table["rate_seeds"] as? [Int] == [11, 12])
    for name in ["concat", "add", "a alone", "b alone"] {
      let rates = try #require(try row(table, name)["rates"] as? [String: Any])
      let trials = try #require(rates["trials"] as? [[String: Any]])
      #expect(trials.map { $0["rate"] as? Double } == [1e-9, 0.1, 1e30])
      // The largest diverges, which takes it out and nothing else.
      #expect(trials[2]["score"] == nil && (trials[2]["failure"] as? String)?.contains("training diverged") == true)
      var best: (rate: Double, score: Double)?
      for trial in trials.prefix(2) {
        let rate = try #require(trial["rate"] as? Double)
        let scores = try [11, 12].map { seed in
          let run = folder / "out/rates/\(name.replacing(" ", with: "-"))/rate-\(rate)/seed-\(seed)/metrics.json"
          let metrics = try JSONSerialization.jsonObject(with: bytes(run)) as? [String: Any]
          return try #require((metrics?["splits"] as? [String: [String: Double]])?["validation"]?["accuracy"])
        }
        #expect(abs(try #require(trial["score"] as? Double) - (scores[0] + scores[1]) / 2) < 1e-12)
        if (scores[0] + scores[1]) / 2 > best?.score ?? -1 { best = (rate, (scores[0] + scores[1]) / 2) }
      }
      let rate = try #require(rates["rate"] as? Double)
      #expect(rate == best?.rate)
      let run = folder / "out/runs/\(name.replacing(" ", with: "-"))/rate-\(rate)/seed-1/config.yaml"
      let line = String(decoding: try bytes(run), as: UTF8.self).firstMatch(of: /learning_rate: (?<rate>\S+)/)
      #expect(line.flatMap { Double($0.rate) } == rate)
    }
    #expect(outcome.output.contains("chosen for every method alike"))
    // Nothing is run again, not even what diverged.
    let again = try Binary.run(["compare", "probe.yaml", "--output", "./out"] + arguments, in: folder.path)
    #expect(again.status == 0 && again.output == outcome.output)
    #expect(!again.errors.contains("failed") && again.errors.contains("16 of 16 runs are done already"))
  }

  @Test func aModalityAloneIsComparedOnTheSamplesThatHaveIt() throws {
    try writeData(", b.present: b_present.npy")
    try folder.write("b_present.npy", NpyFile.bytes((0..<Self.samples).map { $0 % 4 == 0 ? 0 : 1 }, [Self.samples]))
    let (outcome, table) = try compare("--fusions", "concat,add")
    try #require(outcome.status == 0, "\(outcome.errors)")
    let alone = try row(table, "b alone")
    let count = try #require(alone["samples"] as? Int)
    #expect(count < table["test_samples"] as! Int && count > 0)
    #expect(outcome.output.contains("on the \(count) test samples that have it"))
    #expect(try row(table, "a alone")["samples"] == nil)
    // The baseline's share on these samples is another than on all: the difference is of the same samples.
    func share(_ method: String, _ seed: Int, among ids: Set<String>?) throws -> (share: Double, ids: Set<String>) {
      let text = String(decoding: try bytes(folder / "out/runs/\(method)/seed-\(seed)/predictions.csv"), as: UTF8.self)
      let rows = text.split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
        .filter { ids?.contains(String($0[0])) != false }
      return (Double(rows.count { $0[1] == $0[2] }) / Double(rows.count), Set(rows.map { String($0[0]) }))
    }
    var sum = 0.0
    for seed in 1...5 {
      let own = try share("b-alone", seed, among: nil)
      #expect(own.ids.count == count)
      sum += own.share - (try share("concat", seed, among: own.ids).share)
    }
    #expect(abs(try #require(alone["difference"] as? Double) - sum / 5) < 1e-9)
  }

  @Test func resplittingDrawsAnotherTestPartForEachSeed() throws {
    try writeData()
    let (outcome, table) = try compare("--fusions", "concat,add", "--no-single", "--resplit")
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(table["resplit"] as? Bool == true && table["evidence"] as? String == "seeds_and_samples")
    func ids(_ path: String) throws -> [Substring] {
      try String(decoding: bytes(folder / "out/\(path)/predictions.csv"), as: UTF8.self).split(separator: "\n")
        .dropFirst().map { $0.split(separator: ",")[0] }
    }
    #expect(try ids("runs-resplit/concat/seed-1") == ids("runs-resplit/add/seed-1"))
    #expect(try ids("runs-resplit/concat/seed-1") != ids("runs-resplit/concat/seed-2"))
    #expect(outcome.output.contains("corrected for training parts that overlap"))
    // Without the word the test part is one, for a fold that stands for it, too.
    let fold = try compare(
      "--fusions", "concat,add", "--no-single", "--seeds", "1,2", "--set", "data.outer_fold={index: 1, of: 4}")
    try #require(fold.outcome.status == 0, "\(fold.outcome.errors)")
    #expect(try ids("runs/concat/seed-1") == ids("runs/concat/seed-2"))
  }

  #if os(Linux)
    @Test func aNarrowTerminalGetsABlockAMethod() throws {
      try writeData()
      let command = "'\(Binary.path)' compare probe.yaml --output ./out --fusions concat,add --seeds 1,2 --quiet"
      let wide = try Binary.shell(command, in: folder.path)
      try #require(wide.status == 0, "\(wide.errors)")
      try folder.write("narrow.sh", "stty cols 60\n\(command)\n")
      // A terminal of its own, 60 characters wide; it ends lines with a carriage return, too.
      let shown = try Binary.shell("script -qec 'sh narrow.sh' /dev/null < /dev/null", in: folder.path)
      let narrow = shown.output.replacing("\r\n", with: "\n")
      #expect(narrow.split(separator: "\n").allSatisfy { $0.count <= 60 }, "\(narrow)")
      #expect(wide.output.split(separator: "\n").contains { $0.count > 100 })
      #expect(narrow.contains("add\n  accuracy    "), "\(narrow)")
      // No word is broken: both say the same, but for the header of a column that is empty.
      func words(_ text: String) -> Set<Substring> { Set(text.split { $0.isWhitespace }) }
      #expect(words(narrow).union(["options"]) == words(wide.output))
    }
  #endif

  @Test func aModalityNamedLikeAFusionHasARowOfItsOwn() throws {
    try writeData()
    let text = String(decoding: try bytes(folder / "probe.yaml"), as: UTF8.self)
      .replacing("files: {a: ", with: "files: {mean: ").replacing("  a: {type", with: "  mean: {type")
    try folder.write("probe.yaml", text)
    let (outcome, table) = try compare("--fusions", "concat,mean", "--seeds", "1,2")
    try #require(outcome.status == 0, "\(outcome.errors)")
    let names = (table["rows"] as? [[String: Any]] ?? []).compactMap { $0["method"] as? String }
    #expect(names.sorted() == ["b alone", "concat", "mean", "mean alone"])
    let columns = outcome.output.split(separator: "\n")[0]
    #expect(columns.contains("without mean"))
  }
}
