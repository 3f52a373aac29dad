import Datasets
import Foundation
import FusionCore
import FusionData
import Testing

/// Labels in every form that files hold them in, through `dataset: arrays`.
@Suite struct LabelTests {
  let folder = TemporaryFolder()

  private func open(_ change: (inout ArraysDataset.Configuration) -> Void) throws(DataError) -> Dataset {
    var configuration = ArraysDataset.Configuration()
    change(&configuration)
    return try ArraysDataset.open(configuration, root: folder.path, modalities: ["x"])
  }

  /// A training part of these labels, and a test part of others.
  private func open(
    _ train: String, test: String? = nil, _ change: (inout ArraysDataset.Configuration) -> Void = { _ in }
  ) throws(DataError) -> Dataset {
    func count(_ file: String) throws(DataError) -> Int {
      guard file.hasSuffix(".csv") else { return 6 }
      return try CSV(opening: folder(file)).rowCount
    }
    let counts = (try count(train), try test.map { name throws(DataError) in try count(name) } ?? 1)
    try Npy.write([Float](repeating: 1, count: counts.0), shape: [counts.0, 1], to: folder("x.npy"))
    try Npy.write([Float](repeating: 1, count: counts.1), shape: [counts.1, 1], to: folder("x_test.npy"))
    return try open {
      $0.train = ["x": "x.npy", "targets": train]
      if let test { $0.test = ["x": "x_test.npy", "targets": test] }
      change(&$0)
    }
  }

  private func labels(_ name: String, _ labels: [String]) -> String {
    _ = folder.file("\(name).csv", "y\n" + labels.map { $0 + "\n" }.joined())
    return "\(name).csv"
  }

  @Test func labelsFromOneAndGapsAreClosedAndSaid() throws {
    let one = try open(labels("a", ["1", "2", "3", "1"]))
    #expect(one.train?.classNames == ["1", "2", "3"] && one.train?.labels == [0, 1, 2, 0])
    #expect(one.notes.count == 1 && one.notes[0].hasSuffix("the labels count from 1: 3 classes, named by their labels"))
    let gap = try open(labels("a", ["1", "5", "99999", "5"]), test: labels("b", ["5", "99999"]))
    #expect(gap.train?.labels == [0, 1, 2, 1] && gap.test?.labels == [1, 2])
    #expect(gap.test?.classNames == ["1", "5", "99999"])
    #expect(gap.notes.count == 1 && gap.notes[0].contains("leave gaps (1, 5, 99999)"))
    #expect(
      message { () throws(DataError) in try open(labels("a", ["1", "5"]), test: labels("b", ["5", "4"])) }
        .contains("b.csv:3: has the label 4\n  expected: one of the labels 1, 5"))
    let plain = try open(labels("a", ["0", "2", "1", "0"]))
    #expect(plain.notes.isEmpty && plain.train?.labels == [0, 2, 1, 0])
  }

  @Test func truthValuesAreTheSameWordsInAnyCaseAndPart() throws {
    let more = try open(labels("a", ["true", "false", "maybe"]), test: labels("b", ["TRUE", "false"]))
    #expect(more.train?.classNames == ["false", "maybe", "true"] && more.test?.labels == [2, 0])
    let named = try open(labels("a", ["true", "false"])) { $0.classNames = ["true", "false"] }
    #expect(named.train?.classNames == ["true", "false"] && named.train?.labels == [0, 1])
  }

  @Test func wholeNumbersOfALaterPartAreWhatTheFirstPartHolds() throws {
    let values = try open(labels("a", ["1.5", "2", "0.25"]), test: labels("b", ["2", "3"]))
    guard case .values(let array) = values.test?.targets else {
      Issue.record("\(String(describing: values.test?.targets))")
      return
    }
    #expect(try array.floats() == [2, 3])
    #expect(
      message { () throws(DataError) in try open(labels("a", ["0", "1"]), test: labels("b", ["0.5", "1"])) }
        .contains("b.csv"))
  }

  @Test func namesForLabelsFromOneAreRefusedWithTheReason() {
    let text = message { () throws(DataError) in
      try open(labels("a", ["1", "2", "3"])) { $0.classNames = ["cat", "dog", "eel"] }
    }
    #expect(text.contains("a.csv:4: has the label 3") && text.contains("these labels seem to count from 1"))
  }

  @Test func namesThatAreNumbersMeanTheLabels() throws {
    let set = try open(labels("a", ["3", "7", "3"])) { $0.classNames = ["7", "3"] }
    #expect(set.train?.labels == [1, 0, 1])
  }

  @Test func wordsInOnePartAndNumbersInAnotherAreRefused() {
    #expect(
      message { () throws(DataError) in try open(labels("a", ["cat", "dog"]), test: labels("b", ["0", "1"])) }
        .contains("b.csv: holds numbers as labels: 0, 1\n  expected: words, as the part 'train': cat, dog"))
    #expect(
      message { () throws(DataError) in
        try open(labels("a", ["0", "1"]), test: labels("b", ["cat", "dog"])) { $0.classNames = ["cat", "dog"] }
      }.contains("b.csv: holds words as labels: cat, dog\n  expected: numbers, as the part 'train'"))
  }

  @Test(arguments: ["?", "NA", "n/a", "Null", "", "-", "nan"])
  func marksOfMissingLabelsAreNoClass(mark: String) throws {
    for others in [["0", "1"], ["cat", "dog"]] {
      let text = message { () throws(DataError) in try open(labels("a", [others[0], mark, others[1]])) }
      #expect(
        text.contains("a.csv:3:1: ") && text.contains(": a missing value\n  expected: a class in column y"), "\(text)")
    }
    // A class may be called so where the configuration says it.
    guard mark == "NA" else { return }
    let namibia = try open(labels("a", ["NA", "SA", "NA"])) { $0.classNames = ["NA", "SA"] }
    #expect(namibia.train?.labels == [0, 1, 0])
  }

  @Test func whatIsNoNumberAmongValuesIsToldAtItsPlace() {
    for (text, reason) in [("NA", "'NA': a missing value"), ("abc", "'abc' is not a number")] {
      let error = message { () throws(DataError) in try open(labels("a", ["0.5", "1.25", text, "2"])) }
      #expect(error.contains("a.csv:4:1: \(reason)\n  expected: a number in column y"), "\(error)")
    }
  }

  @Test func moreClassesThanSamplesCanTeachAreAskedAbout() throws {
    let many = (0..<60).map { "\($0 % 30)" }
    let text = message { () throws(DataError) in try open(labels("a", many)) }
    #expect(text.contains("holds 30 different labels for 60 samples: are these classes?"))
    #expect(try open(labels("a", many)) { $0.targetType = .classes }.train?.classNames.count == 30)
    #expect(try open(labels("a", (0..<300).map { "\($0 % 30)" })).train?.classNames.count == 30)
    let words = message { () throws(DataError) in try open(labels("a", many.map { "name\($0)" })) }
    #expect(words.contains("30 different labels"))
  }

  @Test func composedAndDecomposedLettersAreOneClass() throws {
    let set = try open(labels("a", ["caf\u{E9}", "cafe\u{301}", "tea"]), test: labels("b", ["cafe\u{301}"]))
    #expect(set.train?.labels == [0, 0, 1] && set.test?.labels == [0])
    #expect(set.train?.classNames.first.map { Array($0.unicodeScalars).count } == 4)
  }

  @Test func namesWithOddLettersAreKept() throws {
    let set = try open(labels("a", ["a|b", "<i>", "c/d", "\"e\nf\"", "a|b"]))
    #expect(set.train?.classNames == ["<i>", "a|b", "c/d", "e\nf"])
  }

  @Test func classesThatDifferInBlanksOrCaseAloneAreSaid() throws {
    let set = try open(labels("a", ["Cat", "cat", "dog"]))
    #expect(set.train?.classNames.count == 3 && set.notes.first?.contains("'Cat' and 'cat' differ in blanks") == true)
    let mixed = try open(labels("a", ["1", "2", "none"]))
    #expect(mixed.notes.first?.contains("numbers and words: 1, 2, none") == true)
  }

  @Test func truthValuesAreClasses() throws {
    let table = try open(labels("a", ["True", "false", "TRUE"]))
    #expect(table.train?.classNames == ["False", "True"] && table.train?.labels == [1, 0, 1])
    let writer = try NpyWriter(folder("b.npy"), .bool, shape: [6])
    try writer.append([0, 1, 1, 0, 0, 1] as [UInt8])
    try writer.commit()
    let array = try open("b.npy")
    #expect(array.train?.classNames == ["False", "True"] && array.train?.labels == [0, 1, 1, 0, 0, 1])
  }

  @Test(arguments: ["text_u.npy", "text_u_big.npy", "text_s.npy", "text.npz:names"])
  func textOfNumPyIsClasses(name: String) throws {
    let file = String(name.split(separator: ":")[0])
    try FileManager.default.copyItem(atPath: "\(fixtures)/\(file)", toPath: folder(file))
    let set = try open(name)
    #expect(set.train?.classNames == ["cat", "dog", "eel"].map { name.hasPrefix("text_s") ? $0 : $0 + "é" })
    #expect(set.train?.labels == [0, 1, 2, 0, 1, 2])
  }

  @Test func presenceMayBeTrueAndFalse() throws {
    let table = try CSV(opening: folder.file("p.csv", "has\nTrue\nFalse\ntrue\n"))
    #expect(try PresenceMask(table.numbers(columns: [0])).isPresent == [true, false, true])
  }

  @Test func theIndexThatPandasWritesIsLeftOut() throws {
    _ = folder.file("t.csv", ",p,q\n0,0.5,1.5\n1,2.5,3.5\n2,0.25,0.75\n")
    var configuration = ArraysDataset.Configuration()
    configuration.train = ["x": "t.csv", "targets": labels("y", ["0", "1", "0"])]
    let set = try ArraysDataset.open(configuration, root: folder.path, modalities: ["x"])
    #expect(set.train?.descriptions["x"]?.sampleShape == [2] && set.notes.first?.contains("rows' index") == true)
    #expect(set.tables[folder("t.csv")]?.header == true)
    configuration.train["x"] = "t.csv:1..3"
    let all = try ArraysDataset.open(configuration, root: folder.path, modalities: ["x"])
    #expect(all.train?.descriptions["x"]?.sampleShape == [3] && all.notes.isEmpty)
  }

  @Test func whatIsEmptyIsSaid() throws {
    let train = labels("a", ["0", "0", "0"])
    #expect(try open(train).remarks == ["the training part holds a single class, '0': a model can learn nothing else"])
    let set = try open(labels("a", ["0", "1", "0"]), test: labels("b", ["0", "0"])) { $0.classNames = ["x", "y", "z"] }
    #expect(set.remarks.count == 2)
    #expect(set.remarks[0].contains("classes without samples in the training part: z"))
    #expect(set.remarks[1].contains("classes without samples in the test part: y, z"))
  }

  @Test func classesAreChosenByName() throws {
    let set = try open(labels("a", ["cat", "dog", "eel", "cat"])).prepared(
      classes: ["eel", "cat"], random: RandomStream(seed: 1))
    #expect(set.train?.classNames == ["eel", "cat"] && set.train?.labels == [1, 0, 1])
    let numbered = try open(labels("a", ["1", "2", "3"])).prepared(classes: [3, 1], random: RandomStream(seed: 1))
    #expect(numbered.train?.classNames == ["3", "1"])
    #expect(
      message { () throws(DataError) in
        try open(labels("a", ["cat", "dog"])).prepared(classes: ["dgo"], random: RandomStream(seed: 1))
      }.contains("'dgo' cannot be chosen: did you mean 'dog'?"))
  }

  @Test func aPartThatCannotBeCutTellsOfItsClasses() throws {
    let set = try open(labels("a", (0..<12).map { "\($0)" }))
    #expect(
      message { () throws(DataError) in try set.prepared(validation: 0.2, random: RandomStream(seed: 1)) }
        .contains("12 of 12 classes have a single sample"))
  }

  @Test func aModalityThatTheCutTookAwayIsRefused() throws {
    try Npy.write([Float](repeating: 1, count: 6), shape: [6, 1], to: folder("x.npy"))
    try Npy.write([1, 0, 0, 0, 0, 0], shape: [6], to: folder("p.npy"))
    let mask = try PresenceMask(Npy.open(folder("p.npy")))
    let split = try DataSplit(
      name: "train",
      modalities: [
        ModalityArray("x", try Npy.open(folder("x.npy")), presence: mask),
        ModalityArray("z", try Npy.open(folder("x.npy"))),
      ], targets: nil)
    #expect(throws: Never.self) { try Dataset(source: "here", train: split, test: nil).checkModalities() }
    let cut = Dataset(source: "here", train: split.with(rows: [1, 2, 3]), test: nil)
    #expect(message { () throws(DataError) in try cut.checkModalities() }.contains("no training sample has 'x'"))
  }
}
