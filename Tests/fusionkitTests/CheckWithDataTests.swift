import Foundation
import Testing

/// `check` where the data are there: everything at its place in the configuration, from headers and small tables alone.
@Suite struct CheckWithDataTests {
  private static func scratch() throws -> Scratch {
    let folder = Scratch()
    let rows = (0..<40).map { "\($0),\($0 % 7),\($0 % 3),\(Double($0) / 7)" }
    try folder.write("d/t.csv", "height,weight,diagnosis,score\n" + rows.joined(separator: "\n") + "\n")
    try folder.write("d/face.npy", NpyFile.floats([Float](repeating: 0.5, count: 40 * 16), [40, 4, 4]))
    return folder
  }

  static func config(
    _ files: String = "a: \"t.csv:height,weight\", face: face.npy, targets: \"t.csv:diagnosis\"", task: String = "",
    more: String = "", encoder: String = "{type: conv, channels: [3], kernel: 3}"
  ) -> String {
    """
    name: probe
    data:
      dataset: arrays
      root: d
      files: {\(files)}
    modalities:
      a: {type: vector, encoder: {type: identity}}
      face: {type: image, encoder: \(encoder)}
    fusion: {type: concat}
    decoder: {type: linear}
    task: {type: classification\(task)}
    training: {epochs: 1, batch_size: 8\(more)}
    """
  }

  @Test func columnsAndFilesThatAreNotThereAreToldAtOnceByCheckAndTrain() throws {
    let folder = try Self.scratch()
    try folder.write(
      "a.yaml", CheckWithDataTests.config("a: \"t.csv:height,wieght\", face: fase.npy, targets: \"t.csv:diagnosys\""))
    for arguments in [["check", "a.yaml"], ["train", "a.yaml", "--output", "./run", "--quiet"]] {
      let outcome = try Binary.run(arguments, in: folder.path)
      #expect(outcome.status == 2)
      for (column, words) in [(14, "no column 'wieght'"), (43, "no such file: did you mean 'd/face.npy'?")] {
        #expect(outcome.errors.contains("a.yaml:5:\(column): error:"), "\(outcome.errors)")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
      }
      #expect(outcome.errors.contains("no column 'diagnosys'") && outcome.errors.contains("diagnosis"))
      #expect(!FileManager.default.fileExists(atPath: folder / "run"))
    }
  }

  @Test func membersOfArchivesAreLookedFor() throws {
    let folder = try Self.scratch()
    let archive = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/data/npz_stored.npz")
    try folder.write("d/x.npz", Data(contentsOf: archive))
    try folder.write(
      "a.yaml", CheckWithDataTests.config("a: \"x.npz:nothing\", face: face.npy, targets: \"t.csv:diagnosis\""))
    let outcome = try Binary.run(["check", "a.yaml"], in: folder.path)
    #expect(outcome.status == 2 && outcome.errors.contains("a.yaml:5:14: error: d/x.npz: holds no array 'nothing'"))
  }

  @Test(arguments: [
    (
      "task", CheckWithDataTests.config("a: \"t.csv:height\", face: face.npy, targets: \"t.csv:score\""),
      "does not suit the data"
    ),
    (
      "weights", CheckWithDataTests.config(task: ", class_weights: [1, 2]"), "2 weights do not fit the data's 3 classes"
    ),
    ("shape", CheckWithDataTests.config(encoder: "{type: lenet, channels: 2, blocks: 9}"), "too small to pool"),
    (
      "metric", CheckWithDataTests.config(more: ", monitor: validation.acuracy"),
      "did you mean 'validation.accuracy'?"
    ),
    (
      "norm",
      Self.config(more: "", encoder: "{type: conv, channels: [3], kernel: 4, padding: 0, pool: none}")
        .replacing("batch_size: 8", with: "batch_size: 1"), "the batch norm of 'encoders.face.convs.0'"
    ),
  ])
  func whatDoesNotSuitTheDataIsToldAtItsPlace(_ name: String, _ config: String, _ words: String) throws {
    let folder = try Self.scratch()
    try folder.write("a.yaml", config)
    for arguments in [["check", "a.yaml"], ["train", "a.yaml", "--output", "./run", "--quiet"]] {
      let outcome = try Binary.run(arguments, in: folder.path)
      #expect(outcome.status == 2, "\(name)")
      #expect(outcome.errors.hasPrefix("a.yaml:") && outcome.errors.contains(words), "\(outcome.errors)")
    }
  }

  @Test func aMisspeltFolderOfDigitsIsToldWithTheNearestSpelling() throws {
    let folder = Scratch()
    try FileManager.default.copyItem(atPath: DemoData.folder(), toPath: folder / "d")
    try FileManager.default.moveItem(atPath: folder / "d/audio", toPath: folder / "d/audoi")
    try folder.write("a.yaml", DemoData.config(epochs: 1))
    for (command, status) in [(["check", "a.yaml"], 2), (["train", "a.yaml", "--output", "./run", "--quiet"], 1)] {
      let outcome = try Binary.run(command + ["--set", "data.root=d"], in: folder.path)
      #expect(outcome.status == status, "\(outcome.errors)")
      let words = "d/audio/train_data.npy: there is no such file: did you mean 'd/audoi/train_data.npy'?"
      #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
  }

  @Test func soundDataAreSoundAndValuesAreNotRead() throws {
    let folder = try Self.scratch()
    try folder.write("a.yaml", CheckWithDataTests.config())
    let sound = try Binary.run(["check", "a.yaml"], in: folder.path)
    #expect(sound.status == 0 && sound.output == "ok  a.yaml\n", "\(sound.errors)")
    // Training refuses what is not a number; a glance at headers does not come across it.
    try folder.write("d/face.npy", NpyFile.floats([Float](repeating: .nan, count: 40 * 16), [40, 4, 4]))
    #expect(try Binary.run(["check", "a.yaml"], in: folder.path).status == 0)
    #expect(try Binary.run(["train", "a.yaml", "--output", "./run"], in: folder.path).status == 1)
  }

  @Test func withoutDataTheRestIsCheckedAndTheLineSaysSo() throws {
    let folder = Scratch()
    try folder.write("a.yaml", CheckWithDataTests.config())
    let outcome = try Binary.run(["check", "a.yaml"], in: folder.path)
    #expect(outcome.status == 0 && outcome.output == "ok  a.yaml   without data: there is no folder d\n")
    try folder.write("b.yaml", CheckWithDataTests.config(more: ", monitor: validation.acuracy"))
    #expect(try Binary.run(["check", "b.yaml"], in: folder.path).status == 2)
    // A folder that is nearly called so is what was meant.
    try folder.write("data/mine/x", "")
    try folder.write("c.yaml", CheckWithDataTests.config().replacing("root: d", with: "root: data/mien"))
    let misspelt = try Binary.run(["check", "c.yaml"], in: folder.path)
    #expect(misspelt.status == 2)
    #expect(misspelt.errors.contains("c.yaml:4:9: error: there is no folder 'data/mien': did you mean 'data/mine'?"))
  }

  @Test func aBatchNormThatSeesOneValueInTheLastBatchIsWarnedOf() throws {
    let folder = try Self.scratch()
    let encoder = "{type: conv, channels: [3], kernel: 4, padding: 0, pool: none}"
    try folder.write(
      "a.yaml",
      Self.config(encoder: encoder).replacing("files:", with: "validation: 0\n  test_fraction: 0.175\n  files:"))
    let outcome = try Binary.run(["train", "a.yaml", "--output", "./run"], in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("warning: the last batch of an epoch holds one sample, of which the batch norm of"))
  }
}
