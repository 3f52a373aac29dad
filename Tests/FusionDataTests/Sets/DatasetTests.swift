import Datasets
import Foundation
import FusionCore
import FusionData
import Testing

@Suite struct DataSplitTests {
  let folder = TemporaryFolder()

  /// Labels 0, 1, 2, 3, 0, 1, … of 40 samples; sample i holds i.
  private func split() throws -> DataSplit {
    try Npy.write((0..<40).map { Float($0) }, shape: [40, 1], to: folder("x.npy"))
    try Npy.write((0..<40).map { $0 % 4 }, shape: [40], to: folder("y.npy"))
    return try DataSplit(
      name: "train", modalities: [ModalityArray("x", try Npy.open(folder("x.npy")))],
      targets: .classes(try Npy.open(folder("y.npy"))))
  }

  @Test func choosingClassesRenumbersThemInTheOrderGiven() throws {
    let chosen = try split().selecting(classes: [3, 1])
    #expect(chosen.classNames == ["3", "1"])
    #expect(chosen.rows == (0..<40).filter { $0 % 4 == 3 || $0 % 4 == 1 })
    #expect(chosen.labels == chosen.rows.map { $0 % 4 == 3 ? 0 : 1 })
    #expect(chosen.classCounts == [10, 10])
    let twice = try chosen.selecting(classes: [1])
    #expect(twice.classNames == ["1"] && twice.labels.allSatisfy { $0 == 0 } && twice.count == 10)
    let text = message { () throws(DataError) in try chosen.selecting(classes: [0, 2]) }
    #expect(text.contains("'0', '2' cannot be chosen\n  expected: different ones of 3, 1"))
    #expect(message { () throws(DataError) in try chosen.selecting(classes: [0, 0]) } != "")
  }

  @Test func validationIsStratifiedSeededAndDisjoint() throws {
    let split = try split().limited(to: 38)
    let (rest, validation) = split.separating(0.3, random: RandomStream(seed: 1))
    #expect(rest.count + validation.count == 38)
    #expect(Set(rest.rows).union(validation.rows) == Set(0..<38))
    #expect(validation.count == 11)
    #expect(validation.classCounts.allSatisfy { $0 == 2 || $0 == 3 })
    #expect(rest.rows == rest.rows.sorted() && validation.name == "validation")
    #expect(split.separating(0.3, random: RandomStream(seed: 1)).separated.rows == validation.rows)
    #expect(split.separating(0.3, random: RandomStream(seed: 2)).separated.rows != validation.rows)
    #expect(split.separating(0, random: RandomStream(seed: 1)).separated.count == 0)
  }

  @Test func theCommonKeysAreAppliedInOrder() throws {
    let part = try split()
    let dataset = Dataset(source: "here", train: part, test: part)
    let prepared = try dataset.prepared(classes: [0, 2], limit: 10, validation: 0.2, random: RandomStream(seed: 3))
    #expect(prepared.train?.count == 8 && prepared.validation?.count == 2 && prepared.test?.count == 20)
    #expect(try prepared.split(.validation).classNames == ["0", "2"])
    #expect(
      message { () throws(DataError) in try dataset.split(.validation) }
        == "here: has no part 'validation'\n  expected: one of: train, train")
    let tiny = message { () throws(DataError) in
      try dataset.prepared(limit: 2, validation: 0.1, random: RandomStream(seed: 3))
    }
    #expect(tiny.contains("2 training samples cannot give a validation part of 0.1"))
  }

  @Test func partsOfDifferentLengthNameBothFiles() throws {
    try Npy.write([Float](repeating: 0, count: 6), shape: [3, 2], to: folder("a.npy"))
    try Npy.write([Float](repeating: 0, count: 4), shape: [2, 2], to: folder("b.npy"))
    let arrays = [ModalityArray("a", try Npy.open(folder("a.npy"))), ModalityArray("b", try Npy.open(folder("b.npy")))]
    let text = message { () throws(DataError) in try DataSplit(name: "train", modalities: arrays, targets: nil) }
    #expect(text == "\(folder("b.npy")): holds 2 samples\n  expected: 3 samples, as many as \(folder("a.npy"))")
  }
}

@Suite struct AVMNISTTests {
  let folder = TemporaryFolder()

  private func write(_ part: String, images: Shape = [6, 784], audio: Shape = [6, 112, 112], labels: [Int]?) throws {
    for name in ["image", "audio"] { try AtomicFile.makeFolder(folder(name)) }
    try Npy.write(
      [UInt8](repeating: 7, count: images.elementCount), shape: images, to: folder("image/\(part)_data.npy"))
    try Npy.write(
      [Float](repeating: 0.5, count: audio.elementCount), shape: audio, to: folder("audio/\(part)_data.npy"))
    if let labels { try Npy.write(labels, shape: [labels.count], to: folder("\(part)_labels.npy")) }
  }

  private func open(_ modalities: [String] = ["image", "audio"]) throws(DataError) -> Dataset {
    try AVMNISTDataset.open(NoConfiguration(), root: folder.path, modalities: modalities)
  }

  @Test func bothPartsAreReadInTheOrderAskedFor() throws {
    try write("train", labels: [0, 1, 2, 9, 4, 5])
    try write("test", labels: nil)
    let dataset = try open(["audio", "image"])
    let train = try dataset.split(.train)
    #expect(train.modalities.map(\.name) == ["audio", "image"])
    #expect(
      train.descriptions["image"] == ArrayDescription(sampleShape: [28, 28], elementType: "uint8", valueRange: 0...255))
    #expect(
      train.descriptions["audio"]
        == ArrayDescription(sampleShape: [112, 112], elementType: "float32", valueRange: 0.5...0.5))
    #expect(train.labels == [0, 1, 2, 9, 4, 5] && train.classNames.count == 10)
    #expect(dataset.test?.targets == nil && dataset.test?.count == 6)
    #expect(try open(["image"]).train?.modalities.count == 1)
    #expect(!dataset.isGenerated)
    let declared = try #require(AVMNISTDataset.declaredArrays(NoConfiguration()))
    #expect(declared["image"] == train.descriptions["image"])
  }

  @Test func everythingThatIsWrongIsSaidAtOnce() throws {
    #expect(message { () throws(DataError) in try open() }.contains("holds neither a train nor a test part"))
    try write("train", images: [6, 28, 27], labels: [0, 1, 2, 10, 4, 5])
    try write("test", labels: [0, 1, 2])
    let text = message { () throws(DataError) in try open() }
    #expect(text.contains("image/train_data.npy: holds an array of shape [6, 28, 27]\n  expected: [N, 28, 28]"))
    #expect(text.contains("test_labels.npy: holds 3 samples\n  expected: 6 samples"))
    let labels = message { () throws(DataError) in try open(["audio"]) }
    #expect(
      labels.contains(
        "train_labels.npy: row 4 has the label 10\n  expected: a whole number from 0 to 9, for 10 classes"))
    try Npy.write([0, 1, 2, -1, 4, 5], shape: [6], to: folder("train_labels.npy"))
    #expect(message { () throws(DataError) in try open(["audio"]) }.contains("row 4 has the label -1"))
    try FileManager.default.removeItem(atPath: folder("train_labels.npy"))
    #expect(message { () throws(DataError) in try open(["audio"]) }.contains("train_labels.npy: there is no such file"))
    #expect(
      message { () throws(DataError) in try open(["smell"]) }.contains("no modality 'smell'\n  expected: image, audio"))
    let nowhere = message { () throws(DataError) in
      try AVMNISTDataset.open(NoConfiguration(), root: folder("none"), modalities: ["image"])
    }
    #expect(nowhere.contains("there is no such folder"))
    #expect(
      message { () throws(DataError) in try AVMNISTDataset.open(NoConfiguration(), root: nil, modalities: ["image"]) }
        .contains("data.root: is missing"))
  }

  @Test func nanInDataIsFoundWhenTheyAreOpened() throws {
    try write("train", labels: [0, 1, 2, 3, 4, 5])
    var audio = [Float](repeating: 0, count: 6 * 112 * 112)
    audio[2 * 112 * 112 + 5] = .nan
    try Npy.write(audio, shape: [6, 112, 112], to: folder("audio/train_data.npy"))
    let text = message { () throws(DataError) in try open() }
    #expect(text.contains("audio/train_data.npy: row 3 holds NaN (not a number) at position 6"))
  }
}

@Suite struct ArraysTests {
  let folder = TemporaryFolder()

  private func open(
    _ modalities: [String] = ["x"], _ change: (inout ArraysDataset.Configuration) -> Void
  ) throws(DataError) -> Dataset {
    var configuration = ArraysDataset.Configuration()
    change(&configuration)
    return try ArraysDataset.open(configuration, root: folder.path, modalities: modalities)
  }

  private func table(_ name: String, rows: Range<Int>, kinds: [String] = ["cat", "dog"]) -> String {
    folder.file(
      name,
      "a,b,kind,score,f1,f2\n"
        + rows.map { "\($0),\($0).5,\(kinds[$0 % kinds.count]),\(Double($0) / 4),\($0 % 2),1\n" }.joined())
  }

  @Test func filesOfEveryKindGoTogether() throws {
    _ = table("train.csv", rows: 0..<6)
    _ = table("test.csv", rows: 0..<4)
    try Npy.write((0..<24).map { Float($0) }, shape: [6, 2, 2], to: folder("y.npy"))
    try Npy.write((0..<16).map { Float($0) }, shape: [4, 2, 2], to: folder("y_test.npy"))
    try SafeTensors.write(
      [SafeTensors.Item("z", (0..<6).map { UInt8($0) }, shape: [6, 1], .uint8)], to: folder("z.safetensors"))
    let dataset = try open(["y", "x"]) {
      $0.train = ["x": "train.csv:a,b", "y": "y.npy", "targets": "train.csv:kind", "unused": "none.npy"]
      $0.test = ["x": "test.csv:a..b", "y": "y_test.npy", "targets": "test.csv:kind"]
    }
    let train = try dataset.split(.train)
    #expect(train.modalities.map(\.name) == ["y", "x"])
    #expect(train.descriptions["x"]?.sampleShape == [2] && train.descriptions["x"]?.valueRange == 0...5.5)
    #expect(train.classNames == ["cat", "dog"] && train.labels == [0, 1, 0, 1, 0, 1])
    #expect(dataset.test?.labels == [0, 1, 0, 1])
    let alone = try open(["z"]) {
      $0.train = ["z": "z.safetensors", "targets": "train.csv:f1"]
    }
    #expect(alone.train?.modalities[0].array.elementType == .uint8 && alone.test == nil)
  }

  @Test func targetsAreUnderstoodByTypeAndShape() throws {
    _ = table("t.csv", rows: 0..<6)
    func targets(_ member: String, _ type: ArraysDataset.TargetType = .automatic) throws -> Targets? {
      try open {
        $0.train = ["x": "t.csv:a", "targets": "t.csv:\(member)"]; $0.targetType = type
      }.train?.targets
    }
    guard case .values(let array) = try targets("score") else { Issue.record("no values"); return }
    #expect(array.shape == [6, 1])
    guard case .flags(let flags, let names) = try targets("f1..f2") else { Issue.record("no flags"); return }
    #expect(flags.shape == [6, 2] && names == ["0", "1"])
    guard case .classes(let labels, _) = try targets("f1") else { Issue.record("no classes"); return }
    #expect(labels == [0, 1, 0, 1, 0, 1])
    guard case .values = try targets("f1", .values) else { Issue.record("no values"); return }
    #expect(
      message { () throws(DataError) in
        try open {
          $0.train = ["x": "t.csv:a", "targets": "t.csv:score"]; $0.targetType = .classes
        }
      }.contains("t.csv:3: has the label 0.25"))
    #expect(
      message { () throws(DataError) in
        try open { $0.train = ["x": "t.csv:a", "targets": "t.csv:a,f1"] }
      }.contains("t.csv:4: holds 2 in column 1 of the classes\n  expected: 0 or 1"))
  }

  @Test func oneSetIsCutByASeed() throws {
    _ = table("t.csv", rows: 0..<20)
    func cut(_ seed: Int) throws -> Dataset {
      try open {
        $0.files = ["x": "t.csv:a", "targets": "t.csv:kind"]; $0.testFraction = 0.25; $0.splitSeed = seed
      }
    }
    let dataset = try cut(1)
    #expect(dataset.train?.count == 15 && dataset.test?.count == 5)
    #expect(Set(dataset.train!.rows).isDisjoint(with: dataset.test!.rows))
    #expect(try cut(1).test?.rows == dataset.test?.rows)
    // In prediction it is one part, with or without targets; training misses the targets' file.
    for member in ["t.csv:kind", "none.npy"] {
      var configuration = ArraysDataset.Configuration()
      configuration.files = ["x": "t.csv:a", "targets": member]
      let whole = try ArraysDataset.openForPrediction(configuration, root: folder.path, modalities: ["x"])
      #expect(whole.train == nil && whole.test?.rows == Array(0..<20))
      #expect((whole.test?.targets == nil) == (member == "none.npy"))
    }
    let unlabelled = try open { $0.files = ["x": "t.csv:a", "targets": "none.npy"] }
    #expect(
      message { () throws(DataError) in try unlabelled.split(.train) } == "\(folder("none.npy")): there is no such file"
    )
    #expect(try cut(2).test?.rows != dataset.test?.rows)
  }

  @Test func aFolderForPredictionNeedsTheTestPartAlone() throws {
    _ = table("test.csv", rows: 0..<4)
    let dataset = try open {
      $0.train = ["x": "train.csv:a", "targets": "train.csv:kind"]
      $0.test = ["x": "test.csv:a", "targets": "labels.csv:kind"]
    }
    #expect(dataset.test?.count == 4 && dataset.test?.targets == nil)
    #expect(
      message { () throws(DataError) in try dataset.split(.train) } == "\(folder("train.csv")): there is no such file")
  }

  @Test func mistakesAreNamed() throws {
    _ = table("t.csv", rows: 0..<4)
    _ = table("u.csv", rows: 0..<4, kinds: ["cat", "cow"])
    #expect(message { () throws(DataError) in try open { _ in } }.contains("data: names no files"))
    #expect(
      message { () throws(DataError) in try open(["x", "w"]) { $0.train = ["x": "t.csv:a"] } }
        .contains("data.train: names no file for 'w', 'targets'"))
    #expect(
      message { () throws(DataError) in try open { $0.files = ["x": "t.csv:a"] } }
        .contains("data.files: names no file for 'targets'"))
    try Npy.write([Float](), shape: [4, 0], to: folder("none.npy"))
    #expect(
      message { () throws(DataError) in try open { $0.train = ["x": "none.npy", "targets": "t.csv:kind"] } }
        .contains("none.npy: holds samples without values"))
    #expect(
      message { () throws(DataError) in try open { $0.train = ["x": "t.csv:a", "targets": "none.npy"] } }
        .contains("none.npy: holds targets of shape [4, 0]"))
    #expect(
      message { () throws(DataError) in try open { $0.train = ["x": "n.npy", "targets": "n.csv"] } }.contains(
        "n.npy: there is no such file"))
    #expect(
      message { () throws(DataError) in try open { $0.train = ["x": "t.csv:zz", "targets": "t.csv:kind"] } }.contains(
        "has no column 'zz'"))
    #expect(
      message { () throws(DataError) in
        try open {
          $0.train = ["x": "t.csv:a", "targets": "t.csv:kind"]; $0.test = ["x": "u.csv:a", "targets": "u.csv:kind"]
        }
      }.contains("u.csv:3: has the class 'cow'\n  expected: cat, dog"))
    #expect(
      message { () throws(DataError) in
        try open {
          $0.train = ["x": "t.csv"]; $0.files = ["x": "t.csv"]
        }
      }.contains("either one set"))
    _ = folder.file("t.pickle", "x")
    #expect(
      message { () throws(DataError) in try open { $0.train = ["x": "t.pickle", "targets": "t.csv:kind"] } }.contains(
        "is of an unknown kind"))
    let names = message { () throws(DataError) in
      try open {
        $0.train = ["x": "t.csv:a", "targets": "t.csv:kind"]; $0.classNames = ["cat", "cat"]
      }
    }
    #expect(names.contains("names a class twice"))
  }
}
