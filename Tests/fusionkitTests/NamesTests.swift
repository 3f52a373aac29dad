import Foundation
import Testing

/// Names of classes that could act on a terminal, a table or a spreadsheet.
@Suite struct NamesTests {
  /// A trained run over a table whose classes have these names.
  private func run(classes names: [String], _ overrides: [String] = []) throws -> Scratch {
    let folder = Scratch()
    let values = (0..<60).map { Float($0 % 3) }
    try folder.write("a.npy", NpyFile.floats(values, [60, 1]))
    let rows = (0..<60).map { "\($0),\"\(names[$0 % 3].replacing("\"", with: "\"\""))\"" }
    try folder.write("t.csv", "x,label\n" + rows.joined(separator: "\n") + "\n")
    let flags = (0..<60).flatMap { row -> [Int] in [min(row % 3, 1), row % 3 / 2, 1 - row % 2] }
    try folder.write("f.npy", NpyFile.integers(flags, [60, 3]))
    try folder.write(
      "c.yaml",
      """
      name: names
      data: {dataset: arrays, root: ., validation: 0, test_fraction: 0.5, files: {a: a.npy, targets: "t.csv:label"}}
      modalities:
        a: {type: vector, values: raw, encoder: {type: mlp, hidden: [8], width: 8}}
      fusion: {type: concat}
      decoder: {type: linear}
      training: {epochs: 40, batch_size: 8, optimizer: {type: adam, learning_rate: 0.05}}
      """)
    let outcome = try Binary.run(
      ["train", "c.yaml", "--output", "./run"] + overrides.flatMap { ["--set", $0] }, in: folder.path)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return folder
  }

  @Test func theyAreEscapedOnTheTerminalAndExactInTables() throws {
    let names = ["two\nlines", "a\tb\u{202E}c", "\u{1B}[31mred"]
    let folder = try run(classes: names)
    let evaluated = try Binary.run(["evaluate", "run"], in: folder.path)
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    for shown in [#"two\nlines"#, #"a\tb\u{202E}c"#, #"\u{1B}[31mred"#] { #expect(evaluated.output.contains(shown)) }
    for raw in ["\nlines", "\u{1B}", "\u{202E}"] { #expect(!evaluated.output.contains(raw)) }
    let json = try Binary.run(["evaluate", "run", "--json"], in: folder.path).output
    #expect(!json.unicodeScalars.contains("\u{202E}"))
    let report = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    let found = try #require(report["classes"] as? [[String: Any]]).compactMap { $0["name"] as? String }
    #expect(Set(found) == Set(names))
    #expect(try String(contentsOfFile: folder / "run/predictions.csv", encoding: .utf8).contains("\"two\nlines\""))
  }

  @Test func formulasAreTextsInPredictions() throws {
    let folder = try run(classes: ["=cmd|' /C calc'!A0", "@x", "-1"])
    for file in [
      try String(contentsOfFile: folder / "run/predictions.csv", encoding: .utf8),
      try Binary.run(["predict", "run", "--data", "."], in: folder.path).output,
    ] {
      let cells = file.split(separator: "\n").dropFirst().flatMap { $0.split(separator: ",").dropFirst() }
      #expect(Set(cells) == ["'=cmd|' /C calc'!A0", "'@x", "-1"])
    }
  }

  @Test func labelsWithBlanksStayApart() throws {
    let folder = try run(
      classes: ["a", "b", "c"],
      [
        "data.files.targets=f.npy", "task.type=multilabel", "data.class_names=[\"sad face\", \"joy|fear\", \"anger\"]",
      ])
    let text = try String(contentsOfFile: folder / "run/predictions.csv", encoding: .utf8)
    let labels = Set(
      text.split(separator: "\n").dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false)[1] })
    #expect(
      labels == [
        "", "anger", "sad face", "sad face|anger", #"sad face|joy\|fear"#, #"sad face|joy\|fear|anger"#,
      ])
  }

  @Test func namesThatStandTwiceAreRefusedAtTheirPlace() throws {
    let folder = Scratch()
    try folder.write(
      "c.yaml",
      """
      name: twice
      data:
        dataset: arrays
        files: {a: a.npy, targets: y.npy}
        class_names: [joy, fear, joy, ""]
      modalities:
        a: {type: vector, values: raw, encoder: {type: mlp}}
      fusion: {type: concat}
      decoder: {type: linear}
      """)
    let outcome = try Binary.run(["check", "c.yaml"], in: folder.path)
    #expect(outcome.status == 2)
    let all = outcome.output + outcome.errors
    #expect(all.contains("c.yaml:5:28: error: 'joy' stands twice in 'class_names'"), "\(all)")
    #expect(all.contains("c.yaml:5:33: error: 'class_names' holds an empty name"), "\(all)")
  }

  @Test func runFilesThatArePipesAreNotWaitedFor() throws {
    let folder = try run(classes: ["a", "b", "c"])
    for name in ["environment.json", "metrics.json", "config.yaml", "model.safetensors", "log.txt"] {
      let path = folder / "run/\(name)"
      let kept = try Data(contentsOf: URL(fileURLWithPath: path))
      try FileManager.default.removeItem(atPath: path)
      try #require(mkfifo(path, 0o600) == 0)
      let outcome = try Binary.run(["train", "--resume", "run"], in: folder.path)
      // What follows from the checkpoint is written again.
      let isWrittenAgain = ["metrics.json", "model.safetensors"].contains(name)
      #expect(isWrittenAgain || outcome.status != 0, "\(name)")
      try FileManager.default.removeItem(atPath: path)
      try kept.write(to: URL(fileURLWithPath: path))
    }
  }
}
