import Foundation
import Testing

/// Tables and labels as people have them, through the built program.
@Suite struct TableDataTests {
  let folder = Scratch()

  /// Forty samples of two classes; `a` and `b` are numbers, `kind` a word.
  private func write(header: String = "a,b,kind,n", name: String = "t.csv") throws {
    let rows = (0..<40).map { row in "\(row % 2).\(row),\(row).5,\(["cat", "dog"][row % 2]),\(row % 2)\n" }
    try folder.write(name, header + "\n" + rows.joined())
  }

  private func experiment(_ files: String, _ more: String = "") throws {
    try folder.write(
      "a.yaml",
      """
      name: a
      seed: 1
      data: {dataset: arrays, root: ., test_fraction: 0.25, validation: 0.2, files: {\(files)}\(more)}
      modalities:
        x: {type: vector, values: raw, encoder: {type: mlp, hidden: [4], width: 4}}
        y: {type: vector, values: raw, encoder: {type: mlp, hidden: [4], width: 4}}
      fusion: {type: concat}
      decoder: {type: linear}
      training: {epochs: 1, batch_size: 8}

      """)
  }

  private func train(_ more: [String] = []) throws -> Outcome {
    try Binary.run(["train", "a.yaml", "--output", "./run", "--overwrite", "--threads", "1"] + more, in: folder.path)
  }

  private func environment() throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: try bytes(folder / "run/environment.json"))
    return try #require((object as? [String: Any])?["data"] as? [String: Any])
  }

  @Test func theHeaderIsAskedAboutSetAndRecorded() throws {
    try write(header: "0,1,2,0")
    try experiment("x: \"t.csv:1\", y: \"t.csv:1\", targets: \"t.csv:4\"")
    let asked = try train()
    #expect(asked.status == 2 && asked.errors.contains("t.csv:1: the first row (0, 1, 2, 0) may be a header"))
    try experiment("x: \"t.csv:1\", y: \"t.csv:1\", targets: \"t.csv:4\"", ", header: true")
    let trained = try train()
    try #require(trained.status == 0, "\(trained.errors)")
    let tables = try #require(try environment()["tables"] as? [String: [String: Any]])
    let table = try #require(tables["./t.csv"])
    #expect(table["header"] as? Bool == true && table["rows"] as? Int == 40)
    #expect(table["columns"] as? [String] == ["0", "1", "2", "0"])
    // The resolved configuration says it too, and is read again.
    #expect(try train(["--set", "data.header=true"]).status == 0)
    #expect(try Binary.run(["evaluate", "run"], in: folder.path).status == 0)
    let inspected = try Binary.run(["data", "inspect", "t.csv", "--header", "true"], in: folder.path)
    #expect(inspected.output.contains("table: 40 rows of 4 columns, header: the first row names the columns"))
    #expect(try Binary.run(["data", "inspect", "t.csv", "--header", "no"], in: folder.path).status == 2)
  }

  @Test func classesAreChosenByNameAndKeepTheirs() throws {
    try write()
    try experiment("x: \"t.csv:a\", y: \"t.csv:b\", targets: \"t.csv:kind\"", ", classes: [dog, cat]")
    let outcome = try train()
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(try environment()["classes"] as? [String] == ["dog", "cat"])
    #expect(try Binary.run(["evaluate", "run"], in: folder.path).status == 0)
    let unknown = try train(["--set", "data.classes=[dgo, cat]"])
    #expect(unknown.status == 1 && unknown.errors.contains("'dgo' cannot be chosen: did you mean 'dog'?"))
    let fraction = try train(["--set", "data.classes=[1.5]"])
    #expect(fraction.status == 1 && fraction.errors.contains("'1.5' cannot be chosen"), "\(fraction.errors)")
  }

  @Test func labelsFromOneAreSaidOnceAndRecorded() throws {
    let labels = (0..<40).map { $0 % 3 + 1 }
    try folder.write("y.npy", NpyFile.integers(labels))
    try write()
    try experiment("x: \"t.csv:a\", y: \"t.csv:b\", targets: y.npy")
    let outcome = try train()
    try #require(outcome.status == 0, "\(outcome.errors)")
    let words = "the labels count from 1: 3 classes, named by their labels"
    #expect(outcome.errors.components(separatedBy: words).count == 2)
    #expect(try environment()["classes"] as? [String] == ["1", "2", "3"])
    #expect((try environment()["notes"] as? [String])?.contains { $0.contains(words) } == true)
    #expect(String(decoding: try bytes(folder / "run/log.txt"), as: UTF8.self).contains(words))
    #expect(outcome.output.contains("auroc"))
  }

  @Test func aSingleClassAndAnUndefinedMetricAreTold() throws {
    try write()
    try folder.write("y.npy", NpyFile.integers([Int](repeating: 0, count: 40)))
    try experiment("x: \"t.csv:a\", y: \"t.csv:b\", targets: y.npy")
    let single = try train()
    #expect(single.status == 0 && single.errors.contains("the training part holds a single class, '0'"))
    try folder.write("y.npy", NpyFile.integers((0..<40).map { $0 == 7 ? 2 : $0 % 2 }))
    let undefined = try train(["--set", "training.select=best", "--set", "training.monitor=validation.auroc"])
    #expect(undefined.status == 2)
    #expect(
      undefined.errors.contains("'validation.auroc' is not defined: no sample of 'validation' is of class 2")
    )
  }

  @Test func aModalityThatTheCutLeftToTheTestPartIsRefused() throws {
    try write()
    try experiment("x: \"t.csv:a\", y: \"t.csv:b\", targets: \"t.csv:kind\"")
    try #require(try train().status == 0)
    let predictions = String(decoding: try bytes(folder / "run/predictions.csv"), as: UTF8.self)
    let tested = predictions.split(separator: "\n").dropFirst().compactMap { Int($0.prefix { $0 != "," }) }
    try folder.write("p.npy", NpyFile.integers((0..<40).map { tested.prefix(3).contains($0) ? 1 : 0 }))
    try experiment("x: \"t.csv:a\", x.present: p.npy, y: \"t.csv:b\", targets: \"t.csv:kind\"")
    let outcome = try train()
    #expect(outcome.status == 1 && outcome.errors.contains("p.npy: no training sample has 'x'"))
  }

  @Test func inspectShowsWhatCannotBeAnArray() throws {
    try write()
    let outcome = try Binary.run(["data", "inspect", "t.csv"], in: folder.path)
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("kind: text, 2 different: cat: 20, dog: 20"))
    #expect(outcome.output.contains("n: whole numbers, 0 to 1"))
    let json = try Binary.run(["data", "inspect", "t.csv", "--json"], in: folder.path).output
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    let columns = (object["table"] as? [String: Any])?["columns"] as? [[String: Any]]
    #expect(columns?.compactMap { $0["kind"] as? String } == ["numbers", "numbers", "text", "whole numbers"])
  }
}
