import Datasets
import Foundation
import FusionCore
import FusionData
import Testing

@Suite struct PresenceTests {
  let device = Device(threads: 2)
  let folder = TemporaryFolder()

  /// Six samples in the layout of avmnist; sample i holds i everywhere.
  private func writeSet(_ part: String = "test", audio: Bool = true, labels: Bool = true) throws {
    for (name, size) in [("image", 28 * 28), ("audio", 112 * 112)] where name == "image" || audio {
      try FileManager.default.createDirectory(atPath: folder(name), withIntermediateDirectories: true)
      let values = (0..<6).flatMap { [UInt8](repeating: UInt8($0), count: size) }
      try Npy.write(
        values.map(Float.init), shape: [6] + (name == "image" ? [28, 28] : [112, 112]),
        to: folder("\(name)/\(part)_data.npy"))
    }
    if labels { try Npy.write((0..<6).map { $0 }, shape: [6], to: folder("\(part)_labels.npy")) }
  }

  private func writeMask(_ modality: String, _ values: [Int], shape: [Int]? = nil, part: String = "test") throws {
    try Npy.write(values, shape: shape ?? [values.count], to: folder("\(modality)/\(part)_present.npy"))
  }

  private func open(_ modalities: [String] = ["image", "audio"]) throws(DataError) -> Dataset {
    try AVMNISTDataset.open(NoConfiguration(), root: folder.path, modalities: modalities)
  }

  @Test func masksGoWhereTheSamplesGo() throws {
    try writeSet()
    try writeMask("audio", [1, 0, 1, 0, 0, 1])
    let test = try open().split(.test)
    #expect(test.missingCounts == [0, 3])
    #expect(test.with(rows: [5, 1, 4]).missingCounts == [0, 2])
    #expect(test.presence(of: [0, 2][...]) == nil)
    #expect(test.presence(of: [3, 0][...])?.masks[1] == [false, true])
    let loader = BatchLoader(
      test.with(rows: [0, 2, 1, 5]), conversions: [.identity, ValueConversion(scale: 2, mean: -1)], batchSize: 2)
    let whole = try #require(try loader.next())
    #expect(whole.presence == nil && whole.modalities == ["image", "audio"])
    let partly = try #require(try loader.next())
    #expect(partly.presence?.masks[1] == [false, true] && partly.presence?.masks[0] == nil)
    // Missing values are zeros, whatever the file and the conversion say.
    let audio = partly.tensor(1, device: device).scalars
    #expect(audio.prefix(112 * 112).allSatisfy { $0 == 0 } && audio.suffix(112 * 112).allSatisfy { $0 == 11 })
  }

  @Test func aMaskThatMarksNothingIsNone() throws {
    try writeSet()
    try writeMask("audio", [1, 1, 1, 1, 1, 1])
    #expect(try open().split(.test).modalities.allSatisfy { $0.presence == nil })
  }

  @Test func whatIsMissingMayBeAnything() throws {
    var values = [Float](repeating: 0.5, count: 6)
    values[3] = .nan
    values[4] = -999
    values[1] = 0.25
    try Npy.write(values, shape: [6, 1], to: folder("x.npy"))
    let array = try Npy.open(folder("x.npy"))
    #expect(message { () throws(DataError) in try array.scanned(device: device) }.contains("row 4 holds NaN"))
    try Npy.write([1, 1, 1, 0, 0, 1], shape: [6, 1], to: folder("m.npy"))
    let mask = try PresenceMask(Npy.open(folder("m.npy")))
    #expect(try array.scanned(device: device, presence: mask).valueRange == 0.25...0.5)
    try Npy.write([0, 0, 0, 0, 0, 0], shape: [6], to: folder("n.npy"))
    #expect(try array.scanned(device: device, presence: PresenceMask(Npy.open(folder("n.npy")))).valueRange == nil)
    try Npy.write([1, 1, 1, 1, 0, 1], shape: [6], to: folder("o.npy"))
    let other = try PresenceMask(Npy.open(folder("o.npy")))
    #expect(
      message { () throws(DataError) in try array.scanned(device: device, presence: other) }.contains("row 4 holds NaN")
    )
  }

  @Test func brokenMasksAreRefusedByFileAndRow() throws {
    try writeSet()
    func text() -> String { message { () throws(DataError) in try open() } }
    try writeMask("audio", [1, 0, 1])
    #expect(text().contains("audio/test_present.npy: holds 3 values\n  expected: 6 values, one for each sample of"))
    try writeMask("audio", [1, 0, 2, 1, 1, -1])
    #expect(
      text().contains("audio/test_present.npy: row 3 holds 2\n  expected: 1 or true where the sample has the modality"))
    try Npy.write([1, 0.5, 1, 1, 1, 1] as [Float], shape: [6], to: folder("audio/test_present.npy"))
    #expect(text().contains("row 2 holds 0.5"))
    try Npy.write([1, .nan, 1, 1, 1, 1] as [Float], shape: [6], to: folder("audio/test_present.npy"))
    #expect(text().contains("row 2 holds nan"))
    try writeMask("audio", [1, 0, 1, 1, 0, 1], shape: [3, 2])
    #expect(text().contains("holds an array of shape [3, 2]\n  expected: 0 or 1 for each sample: [N]"))
    _ = folder.file("audio/test_present.npy", "no array")
    #expect(text().contains("audio/test_present.npy"))
  }

  @Test func aSampleWithoutAnythingIsNamedByFileAndRow() throws {
    try writeSet()
    try writeMask("audio", [1, 0, 1, 0, 1, 1])
    try writeMask("image", [0, 1, 1, 0, 1, 1])
    let text = message { () throws(DataError) in try open().refusingEmptySamples() }
    #expect(
      text.contains("image/test_present.npy, ") && text.contains("audio/test_present.npy: row 4 lacks every modality"))
    #expect(text.contains("expected: at least one of image, audio"))
    // Looked at alone, the image is missing in two samples: then they have nothing.
    #expect(
      message { () throws(DataError) in try open(["image"]).refusingEmptySamples() }
        .contains("row 1 lacks every modality"))
    let left = try open(["image"]).leavingOutEmptySamples().split(.test)
    #expect(left.rows == [1, 2, 4, 5] && left.missingCounts == [0])
    #expect(try open().leavingOutEmptySamples().split(.test).rows == [0, 1, 2, 4, 5])
    try writeMask("image", [0, 0, 0, 0, 0, 0])
    #expect(
      message { () throws(DataError) in try open(["image"]).leavingOutEmptySamples() }
        .contains("the part 'test': has no sample with any of image"))
  }

  @Test func trainingNeedsSomethingToLearnFrom() throws {
    try writeSet("train")
    try writeMask("audio", [0, 0, 0, 0, 0, 0], part: "train")
    #expect(message { () throws(DataError) in try open() }.contains("says that every sample lacks 'audio'"))
  }

  @Test func aFolderForPredictionMayLackAModality() throws {
    try writeSet(audio: false, labels: false)
    #expect(message { () throws(DataError) in try open() }.contains("audio/test_data.npy"))
    let set = try AVMNISTDataset.openForPrediction(
      NoConfiguration(), root: folder.path, modalities: ["image", "audio"])
    #expect(try set.split(.test).modalities.map(\.name) == ["image"])
    // A mask without its array is a mistake, not an absence.
    try FileManager.default.createDirectory(atPath: folder("audio"), withIntermediateDirectories: true)
    try writeMask("audio", [1, 1, 1, 1, 1, 1])
    let text = message { () throws(DataError) in
      try AVMNISTDataset.openForPrediction(NoConfiguration(), root: folder.path, modalities: ["image", "audio"])
    }
    #expect(text.contains("audio/test_data.npy"))
  }

  @Test func arraysNameTheirMasks() throws {
    try Npy.write((0..<4).map { Float($0) }, shape: [4, 1], to: folder("face.npy"))
    try Npy.write([.nan, 1, 2, 3] as [Float], shape: [4, 1], to: folder("voice.npy"))
    _ = folder.file("who.csv", "voice\n0\n1\n1\n1\n")
    var configuration = ArraysDataset.Configuration()
    configuration.test = ["face": "face.npy", "voice": "voice.npy", "voice.present": "who.csv:voice"]
    func open(_ modalities: [String] = ["face", "voice"]) throws(DataError) -> Dataset {
      try ArraysDataset.open(configuration, root: folder.path, modalities: modalities)
    }
    let test = try open().split(.test)
    #expect(test.missingCounts == [0, 1] && test.modalities[1].array.valueRange == 1...3)
    configuration.test["voic.present"] = "who.csv"
    #expect(message { () throws(DataError) in try open() }.contains("names a file for 'voic.present' in test"))
    configuration.test["voic.present"] = nil
    configuration.test["voice.presnt"] = "who.csv"
    #expect(message { () throws(DataError) in try open() }.contains("'voice.presnt'"))
    configuration.test = ["face": "face.npy", "voice": "nowhere.npy"]
    #expect(message { () throws(DataError) in try open() }.contains("nowhere.npy"))
    let partial = try ArraysDataset.openForPrediction(
      configuration, root: folder.path, modalities: ["face", "voice"])
    #expect(try partial.split(.test).modalities.map(\.name) == ["face"])
  }

  @Test func inspectionTellsWhatIsMissing() throws {
    try writeSet()
    try writeMask("audio", [1, 0, 1, 0, 0, 1])
    let inspection = try Inspection(of: folder.path, device: device)
    #expect(inspection.parts[0].arrays.map(\.missing) == [nil, 3])
    #expect(inspection.description.contains("audio: float32 [6, 112, 112], values 0 to 5, missing in 3 samples"))
  }
}
