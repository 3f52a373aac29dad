import Foundation
import Testing

/// Callbacks by name: of this package and of a library, good and bad.
@Suite struct CallbackCommandTests {
  private static let example = Binary.package + "/Examples/OutOfTreeCallback"

  @Test func theExampleKeepsTheRulesAndIsTrainedWith() throws {
    let folder = Scratch()
    let library = folder / ".build/libMarkdownLog.so"
    try folder.write(".build/.keep", "")
    let built = try Binary.run(["plugin", "build", Self.example, "-o", library])
    try #require(built.status == 0, "\(built.errors)")
    #expect(built.output == "\(library): callback markdown_log\n")
    #expect(built.errors == "", "it compiles without warnings")
    let source = Self.example + "/Sources/MarkdownLog/MarkdownLog.swift"
    #expect(try String(contentsOfFile: source, encoding: .utf8).split(separator: "\n").count < 60)
    let rules = try Binary.run(["conformance", "--plugin", library])
    #expect(rules.status == 0, "\(rules.output)")
    #expect(rules.output.contains("✔ callback markdown_log "))
    #expect(try Binary.run(["list", "callbacks", "--plugin", library]).output.contains("\n  markdown_log "))
    #expect(try Binary.run(["schema", "--plugin", library]).output.contains("\"markdown_log\""))

    try folder.write("configs/log.yaml", bytes(Self.example + "/configs/markdown_log.yaml"))
    let set = ["--set", "data.root=\(try DemoData.folder())", "--set", "training.batch_size=20"]
    let first = try Binary.run(
      ["train", "configs/log.yaml", "--output", "./run", "--set", "training.epochs=1"] + set, in: folder.path)
    try #require(first.status == 0, "\(first.errors)")
    let second = try Binary.run(["train", "--resume", "run", "--set", "training.epochs=2"], in: folder.path)
    try #require(second.status == 0, "\(second.errors)")
    let log = try String(contentsOfFile: folder / "run/log.md", encoding: .utf8)
    let rows = log.split(separator: "\n").filter { $0.contains(/^\| \d/) }
    #expect(rows.count == 2 && rows[0].hasPrefix("| 1 | ") && rows[1].hasPrefix("| 2 | "), "\(log)")
    #expect(log.hasPrefix("# markdown_log\n") && log.hasSuffix("\nThe run is finished.\n"))
    let lines = try String(contentsOfFile: folder / "run/log.jsonl", encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 2)

    // Without the library the name is unknown, at its place.
    let text = try String(contentsOfFile: folder / "configs/log.yaml", encoding: .utf8)
    try folder.write("configs/bare.yaml", text.replacing("plugins: [../.build/libMarkdownLog.so]", with: ""))
    let unknown = try Binary.run(["check", "configs/bare.yaml"], in: folder.path)
    #expect(unknown.status == 2)
    #expect(
      unknown.errors.contains("configs/bare.yaml:12:42: error: unknown callback 'markdown_log'"), "\(unknown.errors)")
  }

  @Test(arguments: [
    ("[{type: jsonl_loger}]", "unknown callback 'jsonl_loger'", "did you mean 'jsonl_logger'?"),
    ("[jsonl_logger]", "expected a map with 'type' for 'training.callbacks.0'", "write {type: jsonl_logger}"),
    ("{type: jsonl_logger}", "expected a list of callbacks for 'training.callbacks', got a map", "write it as a list"),
    ("[{type: jsonl_logger, every_steps: -1}]", "every_steps", "-1"),
    ("[{type: jsonl_logger, on_error: go}]", "on_error", "warn, stop"),
    ("[{type: jsonl_logger, fil: a}]", "unknown key 'fil'", "did you mean 'file'?"),
    (
      "[{type: jsonl_logger}, {type: jsonl_logger, every_steps: 2}]", "two callbacks write 'log.jsonl'",
      "training.callbacks.0 and training.callbacks.1"
    ),
    ("[{type: jsonl_logger, file: history.csv}]", "'history.csv' is a file of the run itself", "choose another name"),
    ("[{type: jsonl_logger, file: ../a}]", "'../a' cannot name a file of a run's folder", "letters"),
    ("[{type: sgd}]", "'sgd' is an optimizer, not a callback", "jsonl_logger"),
  ]) func badInputIsToldAtItsPlace(_ value: String, _ message: String, _ more: String) throws {
    let folder = Scratch()
    try VectorData.write(to: folder)
    let text = try String(contentsOfFile: folder / "tiny.yaml", encoding: .utf8)
    try #require(text.contains("\ntraining: {"), "\(text)")
    try folder.write("bad.yaml", text.replacing("\ntraining: {", with: "\ntraining: {callbacks: \(value), "))
    let outcome = try Binary.run(["check", "bad.yaml"], in: folder.path)
    #expect(outcome.status == 2, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.errors.contains(#/bad\.yaml:\d+:\d+: error: /#), "\(outcome.errors)")
    #expect(outcome.errors.contains(message) && outcome.errors.contains(more), "\(outcome.errors)")
  }

  @Test func aFileThatCannotBeWrittenIsAWarning() throws {
    let folder = Scratch()
    try VectorData.write(to: folder)

    let set = ["--set", "training.callbacks=[{type: jsonl_logger}]"]
    let begun = try Binary.run(["train", "tiny.yaml", "--output", "./run2"] + set, in: folder.path)
    try #require(begun.status == 0, "\(begun.errors)")
    #expect(FileManager.default.fileExists(atPath: folder / "run2/log.jsonl"))
    try FileManager.default.removeItem(atPath: folder / "run2/log.jsonl")
    // A folder in the place of the file: not even root can write it.
    try folder.write("run2/log.jsonl/.keep", "")
    let again = try Binary.run(["train", "tiny.yaml", "--output", "./run2", "--overwrite"] + set, in: folder.path)
    #expect(again.status == 0, "\(again.errors)")
    #expect(
      again.errors.split(separator: "\n").count {
        $0.contains("warning: the callback 'jsonl_logger' failed in onRunStart:")
      }
        == 1, "\(again.errors)")
    #expect(try String(contentsOfFile: folder / "run2/log.txt", encoding: .utf8).contains("jsonl_logger"))
    let stopped = try Binary.run(
      [
        "train", "tiny.yaml", "--output", "./run2", "--overwrite", "--set",
        "training.callbacks=[{type: jsonl_logger, on_error: stop}]",
      ], in: folder.path)
    #expect(stopped.status == 1)
    #expect(stopped.errors.contains("on_error: stop") && stopped.errors.contains("jsonl_logger"), "\(stopped.errors)")
  }
}
