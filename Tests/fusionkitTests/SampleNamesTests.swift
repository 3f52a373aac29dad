import Foundation
import Testing

/// Samples keep the names that the user's table gives them, through every table that tells of samples.
@Suite struct SampleNamesTests {
  private let folder = Scratch()
  // No spreadsheet takes one of them for a formula.
  private static let names = (0..<24).map { $0.isMultiple(of: 2) ? "=\($0)+1" : "patient \($0 * 7)" }

  private func write(ids: String) throws {
    try folder.write("a.npy", NpyFile.floats((0..<72).map { Float($0 % 7) - 3 }, [24, 3]))
    let rows = Self.names.enumerated().map { "\($1),\($0 % 2 == 0 ? "ill" : "well"),\($0 % 5)" }
    try folder.write("who.csv", "patient,state,ward\n" + rows.joined(separator: "\n") + "\n")
    try folder.write(
      "c.yaml",
      """
      name: named
      data:
        dataset: arrays
        root: .
        files: {a: a.npy, targets: "who.csv:state", ids: "\(ids)"}
        test_fraction: 0.25
        validation: 0.2
      modalities:
        a: {type: vector, encoder: {type: mlp, hidden: [4], width: 4}}
      fusion: {type: concat}
      decoder: {type: linear}
      training: {epochs: 1, batch_size: 8}
      """)
  }

  private func column(_ csv: String) -> [String] {
    csv.split(separator: "\n").map { String($0.prefix { $0 != "," }) }
  }

  @Test func tablesOfPredictionsHoldThem() throws {
    try write(ids: "who.csv:patient")
    let trained = try Binary.run(["train", "c.yaml", "--output", "./run", "--quiet"], in: folder.path)
    try #require(trained.status == 0, "\(trained.errors)")
    let written = column(try String(contentsOfFile: folder / "run/predictions.csv", encoding: .utf8))
    #expect(written.count == 7 && written[0] == "id")
    #expect(written.dropFirst().allSatisfy { $0.hasPrefix("patient ") || $0.hasPrefix("'=") }, "\(written)")
    let predicted = try Binary.run(["predict", "run", "--data", ".", "--header", "who,state"], in: folder.path)
    #expect(predicted.status == 0, "\(predicted.errors)")
    #expect(column(predicted.output) == ["who"] + written.dropFirst())
  }

  @Test func namesThatCannotBeAreRefusedAtTheirLine() throws {
    try write(ids: "who.csv:pateint")
    let checked = try Binary.run(["check", "c.yaml"], in: folder.path)
    #expect(checked.status == 2 && checked.errors.contains("c.yaml:5:"), "\(checked.errors)")
    #expect(checked.errors.contains("did you mean 'patient'?"), "\(checked.errors)")
    try write(ids: "who.csv:ward")
    let twice = try Binary.run(["train", "c.yaml", "--output", "./run", "--quiet"], in: folder.path)
    #expect(twice.status == 1 && twice.errors.contains("who.csv:7: has the id '0', as "), "\(twice.errors)")
  }
}
