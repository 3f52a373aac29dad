import Datasets
import Foundation
import FusionCore
import FusionData
import Testing

private let mini = "\(fixtures)/mini"

/// The rows of a part's origins, by column.
private func origins(_ folder: String, _ part: String, _ column: Int) throws -> [String] {
  try CSV(opening: "\(folder)/\(part)_origins.csv").text(column: column)
}

@Suite struct BuilderTests {
  let folder = TemporaryFolder()
  let device = Device(threads: 2)

  private func builder(_ name: String = "out") -> AVMNISTBuilder {
    AVMNISTBuilder(mnist: "\(mini)/mnist", fsdd: "\(mini)/fsdd", output: folder(name))
  }

  /// The largest difference of bytes.
  private func distance(_ a: ArraySlice<Float>, _ b: [Float]) -> Float {
    zip(a, b).map { abs($0 - $1) }.max() ?? .infinity
  }

  @Test func spectrogramsAreThoseOfNumPy() throws {
    try builder().build(device: device)
    let size = 112 * 112
    let audio = ["train", "test"].map { try! Npy.open(folder("out/audio/\($0)_data.npy")) }
    #expect(audio[0].shape == [40, 112, 112] && audio[1].shape == [20, 112, 112] && audio[0].elementType == .uint8)
    var compared = 0
    for (part, array) in zip(["train", "test"], audio) {
      let values = try array.floats()
      // Pairs with one recording are not independent of each other: they are a group.
      let split = try AVMNISTDataset.open(.init(), root: folder("out"), modalities: ["image", "audio"]).split(
        part == "train" ? .train : .test)
      #expect(try split.groups == SampleGroups(origins(folder("out"), part, 2)))
      for (row, name) in try origins(folder("out"), part, 2).enumerated() {
        let expected = "\(mini)/expected_\(name.dropLast(4)).npy"
        guard FileManager.default.fileExists(atPath: expected) else { continue }
        // Single against double precision: a value at the edge of rounding may fall to either side.
        #expect(distance(values[row * size..<(row + 1) * size], try Npy.open(expected).floats()) <= 1, "\(name)")
        compared += 1
      }
    }
    #expect(compared > 0)
  }

  @Test func imagesKeepTheComponentsThatNumPyFindsOnTheTrainingPart() throws {
    let expected = try String(contentsOfFile: "\(mini)/expected.txt", encoding: .utf8).split(separator: "\n")
    var builder = builder()
    builder.imageComponents = 3
    let recipe = try builder.build(device: device)
    let images = try Npy.open(folder("out/image/train_data.npy")).floats()
    #expect(distance(images[..<(10 * 784)], try Npy.open("\(mini)/expected_images.npy").floats()) <= 1)
    let energy = try #require(Double(expected[0]))
    let line = try #require(recipe.description.first { $0.contains("3 principal components") })
    let stated = try #require(line.split(separator: " ").compactMap { Double($0) }.last)
    #expect(abs(stated - energy) < 1e-9)
    builder.imageComponents = nil
    builder.imageEnergy = 0.8
    let other = try builder.build(device: device)
    #expect(other.description.contains { $0.hasPrefix("images: \(expected[1]) principal components") })
  }

  @Test func labelsStayWithTheirSamplesAndPartsStayApart() throws {
    var builder = builder()
    builder.audioSNR = 5
    for speaker in [nil, "bob"] {
      builder.holdOutSpeaker = speaker
      try builder.build(device: device)
      for part in ["train", "test"] {
        let labels = try Npy.open(folder("out/\(part)_labels.npy")).floats()
        let names = try origins(folder("out"), part, 2)
        let babble = try origins(folder("out"), part, 3).map { $0.split(separator: " ").map(String.init) }
        let spoken = names.map { Float($0.prefix(1)) ?? -1 }
        #expect(spoken == labels)
        for (name, voices) in zip(names, babble) {
          #expect(Set(voices + [name]).count == 5, "four others, all different")
          for voice in voices + [name] {
            let isTest = speaker.map { voice.contains($0) } ?? voice.hasSuffix("_0.wav")
            #expect(isTest == (part == "test"), "\(voice) in \(part)")
            #expect(part == "test" || !voice.hasSuffix("_0.wav"))
          }
        }
      }
    }
  }

  @Test func theSameOptionsGiveTheSameBytesOnAnyNumberOfThreads() throws {
    var builder = builder("a")
    builder.imageComponents = 5
    builder.audioSNR = 0
    let first = try builder.build(device: Device(threads: 1))
    builder.output = folder("b")
    #expect(try builder.build(device: Device(threads: 3)).files == first.files)
    for (file, digest) in first.files { #expect(try SHA256.of(file: "\(builder.output)/\(file)") == digest) }
    builder.audioNoise = .white
    #expect(try builder.build(device: device).files["audio/test_data.npy"] != first.files["audio/test_data.npy"])
    builder.seed = 1
    #expect(try builder.build(device: device).files["train_origins.csv"] != first.files["train_origins.csv"])
    // The beginning of a large set is a small one.
    builder = self.builder("small")
    builder.trainLimit = 7
    try builder.build(device: device)
    try self.builder("large").build(device: device)
    let small = try Npy.open(folder("small/audio/train_data.npy"))
    #expect(small.count == 7)
    let large = try Npy.open(folder("large/audio/train_data.npy")).floats()
    #expect(try small.floats() == Array(large[..<(7 * 112 * 112)]))
  }

  /// A tone of amplitude A through a Hann window of 256: (64 A)² in its bin. White noise of the same power, A²/2:
  /// A²/2 · Σw² = 48 A² in every bin. At 0 dB the tone stands 10 log10((4096 + 48) / 48) = 19.36 dB above the noise.
  @Test func noiseHasTheLevelAskedFor() throws {
    try AtomicFile.makeFolder(folder("fsdd"))
    let tone = (0..<6272).map { Int16(16000 * sin(2 * Double.pi * 1000 * Double($0) / 8000)) }
    for digit in 0..<10 {
      for index in [0, 5] { try AtomicFile.write(wav(tone), to: folder("fsdd/\(digit)_ann_\(index).wav")) }
    }
    var builder = builder()
    builder.fsdd = folder("fsdd")
    builder.audioNoise = .white
    for snr in [0.0, 20.0] {
      builder.audioSNR = snr
      try builder.build(device: device)
      let power = try Npy.open(folder("out/audio/train_data.npy")).floats().map { pow(10, Double($0 / 255 * 8)) }
      var sums = (tone: 0.0, noise: 0.0)
      for sample in 0..<40 {
        // Bin 32 holds 1,000 Hz: row 31. Rows from 50 on, and frames clear of the ends, hold noise alone.
        for frame in 4..<108 {
          sums.tone += power[(sample * 112 + 31) * 112 + frame] / Double(40 * 104)
          for row in 50..<112 { sums.noise += power[(sample * 112 + row) * 112 + frame] / Double(40 * 104 * 62) }
        }
      }
      let expected = 10 * log10((4096 + 48 * pow(10, -snr / 10)) / (48 * pow(10, -snr / 10)))
      #expect(abs(10 * log10(sums.tone / sums.noise) - expected) < 0.1, "\(snr) dB")
    }
  }

  private func wav(_ samples: [Int16], rate: UInt32 = 8000) -> [UInt8] {
    func word(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    let size = UInt32(samples.count * 2)
    return Array("RIFF".utf8) + word(size + 36) + Array("WAVEfmt ".utf8) + word(UInt32(16)) + word(UInt16(1))
      + word(UInt16(1))
      + word(rate) + word(rate * 2) + word(UInt16(2)) + word(UInt16(16)) + Array("data".utf8) + word(size)
      + samples.flatMap { word($0) }
  }

  @Test func mistakesAreNamedAndLeaveTheOldDataSetWhole() throws {
    let before = try builder().build(device: device)
    func error(_ change: (inout AVMNISTBuilder) -> Void) -> String {
      var changed = builder()
      change(&changed)
      return message { () throws(DataError) in try changed.build(device: device) }
    }
    #expect(
      error { $0.holdOutSpeaker = "bobb" }.contains("has no speaker 'bobb': did you mean 'bob'?\n  expected: ann, bob"))
    #expect(error { $0.fsdd = folder.path }.contains("holds no recordings"))
    #expect(error { $0.mnist = folder.path }.contains("train-images-idx3-ubyte.gz: there is no such file"))
    #expect(error { $0.mnist = folder("none") }.contains("there is no such folder"))
    let options = error {
      $0.imageComponents = 0
      $0.imageEnergy = .nan
      $0.audioSNR = .infinity
      $0.trainLimit = 0
    }
    #expect(options.split(separator: "\n").count == 5, "\(options)")
    try AtomicFile.makeFolder(folder("wavs"))
    try AtomicFile.write(wav([1, 2, 3], rate: 44100), to: folder("wavs/0_ann_0.wav"))
    try AtomicFile.write(wav([1, 2, 3]), to: folder("wavs/zero.wav"))
    try AtomicFile.write(Array(wav([1, 2, 3]).dropLast()), to: folder("wavs/1_ann_0.wav"))
    let recordings = error { $0.fsdd = folder("wavs") }
    #expect(recordings.contains("0_ann_0.wav: is recorded at 44100 Hz"))
    #expect(recordings.contains("zero.wav: has a name that tells no digit"))
    #expect(recordings.contains("1_ann_0.wav: is truncated"))
    try FileManager.default.removeItem(atPath: folder("wavs"))
    try AtomicFile.makeFolder(folder("wavs"))
    for index in [0, 5] { try AtomicFile.write(wav([1, 2, 3]), to: folder("wavs/0_ann_\(index).wav")) }
    #expect(error { $0.fsdd = folder("wavs") }.contains("has no train recording of the digit 1"))
    // Nothing was put in place, nothing left behind.
    let after = try Inspection(of: folder("out"), verifies: true, device: device)
    #expect(after.recipe == before && Set(after.checksums.values) == [.same])
  }

  @Test(.enabled(if: realData != nil, "needs MNIST and FSDD: set FUSIONKIT_DATA"))
  func realSourcesArePairedByLabel() throws {
    let root = try #require(realData)
    var builder = AVMNISTBuilder(mnist: "\(root)/mnist", fsdd: "\(root)/fsdd", output: folder("real"))
    (builder.trainLimit, builder.testLimit) = (40, 20)
    let recipe = try builder.build(device: device)
    for line in try String(contentsOfFile: "\(root)/mnist/SHA256SUMS", encoding: .utf8).split(separator: "\n") {
      let parts = line.split(separator: " ")
      #expect(recipe.sources["mnist/\(parts[1])"] == String(parts[0]))
    }
    // The first labels of MNIST's training part, as on its web page's sample.
    let dataset = try AVMNISTDataset.open(NoConfiguration(), root: folder("real"), modalities: ["image", "audio"])
    #expect(try dataset.split(.train).labels.prefix(10) == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    #expect(try dataset.split(.test).labels.prefix(5) == [7, 2, 1, 0, 4])
  }
}

@Suite struct DemoTests {
  let folder = TemporaryFolder()
  let device = Device(threads: 2)

  @Test func aRecipeThatCannotBeUnderstoodIsToldInAFewWords() throws {
    let key = String(repeating: "x", count: 100_000)
    _ = folder.file("recipe.json", #"{"made":"demo","options":{"\#(key)":7}}"#)
    let said = message { () throws(DataError) in try Recipe.read(folder: folder.path) }
    #expect(said.contains("recipe.json: cannot be understood: ") && said.count < 1000, "\(said.prefix(300))")
  }

  private func demo(_ name: String, seed: UInt64 = 0) throws(DataError) -> Recipe {
    var demo = DemoBuilder(output: folder(name))
    (demo.trainCount, demo.testCount, demo.seed) = (30, 20, seed)
    return try demo.build(device: device)
  }

  @Test func theDemoIsTheSameEveryTimeAndSaysThatItIsGenerated() throws {
    let first = try demo("a")
    #expect(try demo("b").files == first.files)
    #expect(try demo("c", seed: 1).files["image/train_data.npy"] != first.files["image/train_data.npy"])
    let dataset = try AVMNISTDataset.open(NoConfiguration(), root: folder("a"), modalities: ["image", "audio"])
    #expect(dataset.isGenerated)
    #expect(dataset.train?.classCounts == [Int](repeating: 3, count: 10))
    #expect(dataset.test?.classCounts == [Int](repeating: 2, count: 10))
    let images = try dataset.split(.train).modalities[0].array.floats()
    let distinct = Set((0..<30).map { Array(images[$0 * 784..<($0 + 1) * 784]) })
    #expect(distinct.count == 30, "no two images alike")
  }

  @Test func inspectionTellsWhatIsThereAndWhatChanged() throws {
    _ = try demo("a")
    let path = folder("a")
    let inspection = try Inspection(of: path, verifies: true, device: device)
    #expect(inspection.parts.map(\.samples) == [30, 20] && inspection.checksums.count == 8)
    #expect(Set(inspection.checksums.values) == [.same])
    #expect(
      inspection.description.contains(
        "\(path)   (generated by formula)\ntrain: 30 samples\n  image: uint8 [30, 28, 28], values 0 to 255"))
    #expect(inspection.description.contains("classes: 0: 3, 1: 3"))
    #expect(try JSONDecoder().decode(Inspection.self, from: JSONEncoder().encode(inspection)) == inspection)

    var bytes = bytes(of: "\(path)/image/test_data.npy")
    bytes[500] ^= 1
    try AtomicFile.write(bytes, to: "\(path)/image/test_data.npy")
    try FileManager.default.removeItem(atPath: "\(path)/test_origins.csv")
    let changed = try Inspection(of: path, verifies: true, device: device).checksums
    #expect(changed["image/test_data.npy"] == .different && changed["test_origins.csv"] == .missing)
    try AtomicFile.write("{", to: "\(path)/recipe.json")
    #expect(
      message { () throws(DataError) in try Inspection(of: path, device: device) }.contains(
        "recipe.json: cannot be understood"))
  }

  @Test func singleFilesAreInspectedToo() throws {
    let archive = try Inspection(of: "\(fixtures)/npz_stored.npz", device: device)
    #expect(archive.arrays.map(\.name) == ["image", "score"] && archive.parts.isEmpty)
    let expected = try #require(Expected.all["npz_stored.npz:score"])
    #expect(archive.arrays[1].minimum == expected.values.min() && archive.arrays[1].maximum == expected.values.max())
    #expect(
      message { () throws(DataError) in try Inspection(of: folder("none"), device: device) }.contains(
        "no such file or folder"))
    #expect(
      message { () throws(DataError) in try Inspection(of: folder.path, device: device) }.contains(
        "no data set in the layout"))
  }

  @Test func theDigestIsThatOfSha256sum() throws {
    // FIPS 180-2, appendix B.1.
    #expect(
      try SHA256.of(file: folder.file("abc", "abc"))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
