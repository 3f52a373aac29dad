import Datasets
import Foundation
import FusionCore
import FusionData
import Testing

/// Which samples belong together, as the files tell.
@Suite struct SampleGroupTests {
  private let folder = TemporaryFolder()

  private func arrays(_ groups: String?) throws(DataError) -> DataSplit {
    var configuration = ArraysDataset.Configuration()
    configuration.test = ["face": "face.npy", "targets": "y.csv"]
    configuration.test["groups"] = groups
    return try ArraysDataset.open(configuration, root: folder.path, modalities: ["face"]).split(.test)
  }

  @Test func arraysNameThem() throws {
    try Npy.write((0..<4).map { Float($0) }, shape: [4, 1], to: folder("face.npy"))
    _ = folder.file("y.csv", "label\n0\n1\n1\n0\n")
    _ = folder.file("who.csv", "speaker,age\nanna,3\nben,4\nanna,3\nclara,5\n")
    try Npy.write([7, 7, -2, 9], shape: [4], to: folder("who.npy"))
    #expect(try arrays(nil).groups == nil)
    let speakers = try #require(try arrays("who.csv:speaker").groups)
    #expect(speakers.names == ["anna", "ben", "clara"] && speakers.numbers == [0, 1, 0, 2] && speakers[3] == "clara")
    #expect(try arrays("who.npy").groups?.names == ["7", "-2", "9"])
    // They stay with their rows, whatever is chosen of them.
    let part = try arrays("who.csv:speaker").with(rows: [3, 1])
    #expect(part.rows.map { part.groups?[$0] } == ["clara", "ben"])
    #expect(try arrays("who.csv:speaker").selecting(classes: [1]).groups == speakers)
    let packed = try part.replacing(arrays: [
      ModalityArray("face", StoredArray([1, 2], shape: [2, 1], source: "memory"))
    ])
    #expect(packed.groups?.names == ["clara", "ben"] && packed.groups?.numbers == [0, 1])
  }

  private func named(_ ids: String) throws(DataError) -> DataSplit {
    var configuration = ArraysDataset.Configuration()
    configuration.test = ["face": "face.npy", "targets": "y.csv", "ids": ids]
    return try ArraysDataset.open(configuration, root: folder.path, modalities: ["face"]).split(.test)
  }

  @Test func samplesHaveTheNamesThatTheUserGives() throws {
    try Npy.write((0..<4).map { Float($0) }, shape: [4, 1], to: folder("face.npy"))
    _ = folder.file("y.csv", "label\n0\n1\n1\n0\n")
    _ = folder.file("who.csv", "patient,age\np7,3\n007,4\n=a,3\n\"x,y\",5\n")
    _ = folder.file("twice.csv", "patient\na\nb\nb\nc\n")
    try Npy.write([70, 7, -2, 9], shape: [4], to: folder("who.npy"))
    #expect(try arrays(nil).with(rows: [2, 0]).sampleIDs == ["2", "0"])
    #expect(try named("who.csv:patient").sampleIDs == ["p7", "007", "=a", "x,y"])
    #expect(try named("who.npy").with(rows: [3, 1]).sampleIDs == ["9", "7"])
    #expect(try named("who.csv:patient").selecting(classes: [1]).sampleIDs == ["007", "=a"])
    let packed = try named("who.csv:patient").with(rows: [3, 1]).replacing(arrays: [
      ModalityArray("face", StoredArray([1, 2], shape: [2, 1], source: "memory"))
    ])
    #expect(packed.sampleIDs == ["x,y", "007"])
    #expect(
      message { () throws(DataError) in try named("twice.csv:patient") }.contains("twice.csv:4: has the id 'b', as "))
    #expect(message { () throws(DataError) in try named("who.csv") }.contains("has 2 columns of ids"))
  }

  @Test func brokenOnesAreRefused() throws {
    try Npy.write((0..<4).map { Float($0) }, shape: [4, 1], to: folder("face.npy"))
    _ = folder.file("y.csv", "label\n0\n1\n1\n0\n")
    _ = folder.file("who.csv", "speaker,age\nanna,3\nben,4\nanna,3\n")
    try Npy.write([0.5, 1, 2, 3] as [Float], shape: [4], to: folder("who.npy"))
    #expect(message { () throws(DataError) in try arrays("who.csv:speaker") }.contains("who.csv: holds 3 samples"))
    #expect(message { () throws(DataError) in try arrays("who.csv") }.contains("has 2 columns of groups"))
    #expect(message { () throws(DataError) in try arrays("who.npy") }.contains("whole numbers [N]"))
    #expect(message { () throws(DataError) in try arrays("none.csv:speaker") }.contains("none.csv"))
  }
}
