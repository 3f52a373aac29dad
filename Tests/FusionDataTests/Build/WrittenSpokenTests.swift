import Datasets
import Foundation
import FusionCore
import FusionData
import Testing

private let mini = "\(fixtures)/mini"

@Suite struct WrittenSpokenBuilderTests {
  let folder = TemporaryFolder()
  let device = Device(threads: 2)

  private func builder(_ name: String = "out") -> WrittenSpokenBuilder {
    WrittenSpokenBuilder(mnist: "\(mini)/mnist", fsdd: "\(mini)/fsdd", output: folder(name))
  }

  private func open(_ name: String = "out", _ modalities: [String] = ["image", "audio"]) throws(DataError) -> Dataset {
    try WrittenSpokenDataset.open(NoConfiguration(), root: folder(name), modalities: modalities)
  }

  private func rows(_ name: String, _ part: String, _ column: Int) throws -> [String] {
    try CSV(opening: folder("\(name)/origins_\(part).csv")).text(column: column)
  }

  @Test func cepstraAreThoseOfLibrosaScaledByTheTrainingPart() throws {
    let expected = CepstrumFixture.all.mini
    let recipe = try builder().build(device: device)
    let scaling = try #require(recipe.scaling?["audio"])
    let bound = 1e-5 * (expected.minimum + expected.maximum).reduce(0) { max($0, abs($1)) }
    for (found, wanted) in [(scaling.minimum, expected.minimum), (scaling.maximum, expected.maximum)] {
      #expect(zip(found, wanted).allSatisfy { abs($0 - $1) <= bound }, "\(found)")
    }
    let narrowest = try #require(zip(expected.minimum, expected.maximum).map { $1 - $0 }.min())
    #expect(try Recipe.read(folder: folder("out"))?.scaling == recipe.scaling)
    var compared: Set<String> = []
    for part in ["train", "test"] {
      let array = try Npy.open(folder("out/data_sp_\(part).npy"))
      #expect(array.shape == [part == "train" ? 40 : 20, 507] && array.elementType == .float32)
      let values = try array.floats()
      #expect(values.allSatisfy { $0 >= 0 && $0 <= 1 })
      for (row, name) in try rows("out", part, 2).enumerated() {
        guard let wanted = expected.recordings[name] else { continue }
        let distance = zip(values[row * 507..<(row + 1) * 507], wanted).map { abs($0 - $1) }.max() ?? .infinity
        #expect(distance <= bound / narrowest, "\(name): \(distance)")
        compared.insert(name)
      }
    }
    #expect(!compared.isEmpty)
  }

  @Test func imagesAreMNISTFrom0To1AndPairsThoseOfAVMNIST() throws {
    try builder().build(device: device)
    let images = try Npy.open(folder("out/data_wr_train.npy"))
    let source = try Idx.open("\(mini)/mnist/train-images-idx3-ubyte.gz").floats()
    #expect(images.shape == [40, 784] && images.elementType == .float32)
    #expect(try images.floats() == source.map { $0 / 255 })
    let other = AVMNISTBuilder(mnist: "\(mini)/mnist", fsdd: "\(mini)/fsdd", output: folder("av"))
    try other.build(device: device)
    for part in ["train", "test"] {
      #expect(bytes(of: folder("out/origins_\(part).csv")) == bytes(of: folder("av/\(part)_origins.csv")))
      #expect(bytes(of: folder("out/labels_\(part).npy")) == bytes(of: folder("av/\(part)_labels.npy")))
    }
  }

  @Test func partsStayApartAlsoWithASpeakerHeldOut() throws {
    var builder = builder()
    for speaker in [nil, "bob"] {
      builder.holdOutSpeaker = speaker
      let recipe = try builder.build(device: device)
      #expect(recipe.options["hold-out-speaker"] == speaker)
      for part in ["train", "test"] {
        let labels = try open().split(part == "train" ? .train : .test).labels
        let names = try rows("out", part, 2)
        #expect(names.map { Int($0.prefix(1)) } == labels.map { $0 })
        for name in names {
          #expect((speaker.map { name.contains($0) } ?? name.hasSuffix("_0.wav")) == (part == "test"), "\(name)")
        }
      }
    }
  }

  @Test func theSameOptionsGiveTheSameBytesOnAnyNumberOfThreads() throws {
    let first = try builder("a").build(device: Device(threads: 1))
    #expect(first.files.count == 8)
    #expect(try builder("b").build(device: Device(threads: 3)) == first)
    for (file, digest) in first.files { #expect(try SHA256.of(file: folder("b/\(file)")) == digest) }
    var other = builder("c")
    other.seed = 1
    #expect(try other.build(device: device).files["origins_train.csv"] != first.files["origins_train.csv"])
    // The beginning of a large set is a small one, scaled alike.
    var small = builder("small")
    small.trainLimit = 7
    #expect(try small.build(device: device).scaling == first.scaling)
    let few = try Npy.open(folder("small/data_sp_train.npy"))
    #expect(few.count == 7)
    #expect(try few.floats() == Array(Npy.open(folder("a/data_sp_train.npy")).floats().prefix(7 * 507)))
  }

  @Test func labelsOfTheTestPartCanBeWithheld() throws {
    var builder = builder()
    let whole = try builder.build(device: device)
    builder.withholdsTestLabels = true
    let recipe = try builder.build(device: device)
    // What the folder had is not left behind, and nothing in it tells the labels but what is withheld.
    for file in ["labels_test.npy", "origins_test.csv"] {
      #expect(!FileManager.default.fileExists(atPath: folder("out/\(file)")))
      #expect(recipe.files["withheld/\(file)"] == whole.files[file])
      #expect(try SHA256.of(file: folder("out/withheld/\(file)")) == whole.files[file])
    }
    let dataset = try open()
    #expect(dataset.test?.targets == nil && dataset.test?.count == 20 && dataset.train?.labels.count == 40)
    let inspection = try Inspection(of: folder("out"), verifies: true, device: device)
    #expect(Set(inspection.checksums.values) == [.same] && inspection.parts.map(\.classCounts.count) == [10, 0])
    builder.withholdsTestLabels = false
    #expect(try builder.build(device: device).files == whole.files)
    #expect(!FileManager.default.fileExists(atPath: folder("out/withheld/labels_test.npy")))
    #expect(try open().test?.labels.count == 20)
  }

  @Test func mistakesAreNamedAndLeaveTheOldDataSetWhole() throws {
    let before = try builder().build(device: device)
    func error(_ change: (inout WrittenSpokenBuilder) -> Void) -> String {
      var changed = builder()
      change(&changed)
      return message { () throws(DataError) in try changed.build(device: device) }
    }
    #expect(error { $0.holdOutSpeaker = "bobb" }.contains("has no speaker 'bobb': did you mean 'bob'?"))
    #expect(error { $0.fsdd = folder.path }.contains("holds no recordings"))
    #expect(error { $0.mnist = folder("none") }.contains("there is no such folder"))
    let limits = error { ($0.trainLimit, $0.testLimit) = (0, -1) }
    #expect(
      limits == """
        data build written-spoken: train limit: 0; expected at least 1
        data build written-spoken: test limit: -1; expected at least 1
        """)
    let after = try Inspection(of: folder("out"), verifies: true, device: device)
    #expect(after.recipe == before && Set(after.checksums.values) == [.same])
  }

  @Test(.enabled(if: realData != nil, "needs MNIST and FSDD: set FUSIONKIT_DATA"))
  func realRecordingsFillTheRange() throws {
    let root = try #require(realData)
    var builder = WrittenSpokenBuilder(mnist: "\(root)/mnist", fsdd: "\(root)/fsdd", output: folder("real"))
    (builder.trainLimit, builder.testLimit) = (2000, 500)
    let recipe = try builder.build(device: device)
    let scaling = try #require(recipe.scaling?["audio"])
    #expect(zip(scaling.minimum, scaling.maximum).allSatisfy { $0 < $1 })
    let dataset = try open("real")
    #expect(try dataset.split(.train).labels.prefix(10) == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    #expect(try dataset.split(.test).labels.prefix(5) == [7, 2, 1, 0, 4])
    #expect(dataset.train?.descriptions["image"]?.valueRange == 0...1)
  }
}

@Suite struct WrittenSpokenTests {
  let folder = TemporaryFolder()

  private func write(_ part: String, images: Shape = [6, 784], audio: Shape = [6, 507], labels: [Int]?) throws {
    try Npy.write(
      [UInt8](repeating: 7, count: images.elementCount), shape: images, to: folder("data_wr_\(part).npy"))
    try Npy.write(
      [Float](repeating: 0.5, count: audio.elementCount), shape: audio, to: folder("data_sp_\(part).npy"))
    if let labels { try Npy.write(labels, shape: [labels.count], to: folder("labels_\(part).npy")) }
  }

  private func open(_ modalities: [String] = ["image", "audio"]) throws(DataError) -> Dataset {
    try WrittenSpokenDataset.open(NoConfiguration(), root: folder.path, modalities: modalities)
  }

  @Test func theFilesOfTheDatabaseAreReadAsMatrices() throws {
    try write("train", labels: [0, 1, 2, 9, 4, 5])
    try write("test", audio: [6, 39, 13], labels: nil)
    let dataset = try open(["audio", "image"])
    let train = try dataset.split(.train)
    #expect(
      train.descriptions["audio"]
        == ArrayDescription(sampleShape: [39, 13], elementType: "float32", valueRange: 0.5...0.5))
    #expect(
      train.descriptions["image"] == ArrayDescription(sampleShape: [28, 28], elementType: "uint8", valueRange: 0...255))
    #expect(train.labels == [0, 1, 2, 9, 4, 5] && train.modalities.map(\.name) == ["audio", "image"])
    #expect(dataset.test?.targets == nil && dataset.test?.count == 6)
    let declared = try #require(WrittenSpokenDataset.declaredArrays(NoConfiguration()))
    #expect(declared["audio"]?.sampleShape == [39, 13] && declared["image"]?.sampleShape == [28, 28])
    #expect(try Inspection(of: folder.path, device: Device(threads: 1)).parts.map(\.samples) == [6, 6])
    // A folder for prediction.
    try FileManager.default.removeItem(atPath: folder("data_wr_train.npy"))
    try FileManager.default.removeItem(atPath: folder("data_sp_train.npy"))
    try FileManager.default.removeItem(atPath: folder("labels_train.npy"))
    #expect(try open().splits.map(\.name) == ["test"])
  }

  @Test func everythingThatIsWrongIsSaidAtOnce() throws {
    #expect(
      message { () throws(DataError) in try open() }.contains(
        "holds neither a train nor a test part\n  expected: data_wr_train.npy"))
    try write("train", audio: [6, 13, 39], labels: [0, 1, 2, 10, 4, 5])
    try write("test", labels: [0, 1, 2])
    let text = message { () throws(DataError) in try open() }
    #expect(text.contains("data_sp_train.npy: holds an array of shape [6, 13, 39]\n  expected: [N, 39, 13]"))
    #expect(text.contains("labels_test.npy: holds 3 samples\n  expected: 6 samples"))
    #expect(
      message { () throws(DataError) in try open(["image"]) }.contains("labels_train.npy: row 4 has the label 10"))
    var values = [Float](repeating: 0, count: 6 * 507)
    values[507 + 4] = .nan
    try Npy.write(values, shape: [6, 507], to: folder("data_sp_train.npy"))
    #expect(
      message { () throws(DataError) in try open(["audio"]) }.contains("row 2 holds NaN (not a number) at position 5"))
    #expect(
      message { () throws(DataError) in try open(["smell"]) }.contains(
        "written_spoken has no modality 'smell'\n  expected: image, audio"))
    try FileManager.default.removeItem(atPath: folder("labels_train.npy"))
    #expect(
      message { () throws(DataError) in try open(["image"]) }.contains("labels_train.npy: there is no such file"))
  }
}
