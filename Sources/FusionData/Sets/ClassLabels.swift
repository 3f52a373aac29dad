import FusionCore

/// The classes of a part as a file tells them: words, or whole numbers.
package struct ClassLabels {
  /// What stands for a class in the file.
  package enum Kind: Sendable {
    case words, numbers
  }

  /// How many classes may be found where nothing says that there are so many.
  private static let fewClasses = 20
  private static let mostClasses = 100_000

  package let kind: Kind
  /// The names of the classes, as they are found: the words in the order of the alphabet, the numbers in theirs.
  package let found: [String]
  /// For each row, its place in ``found``.
  private let places: [Int32]
  private let source: String
  /// The error of a row.
  private let problem: (_ row: Int, _ what: String, _ expected: String) -> DataError

  /// Words, one for each row.
  package init(
    words: [String], source: String,
    problem: @escaping (_ row: Int, _ what: String, _ expected: String) -> DataError
  ) throws(DataError) {
    let isTruth = words.allSatisfy(Self.isTruth)
    let words = isTruth ? words.map { $0.lowercased() == "true" ? "True" : "False" } : words
    found = isTruth ? ["False", "True"] : Set(words).sorted()
    guard found.count <= Self.mostClasses else {
      throw DataError(source, "holds \(counted(found.count, "class")) in words", expected: "at most 100,000")
    }
    let numbers = Dictionary(uniqueKeysWithValues: found.enumerated().map { ($1, Int32($0)) })
    places = words.map { numbers[$0]! }
    kind = .words
    self.source = source
    self.problem = problem
  }

  /// Whole numbers `[N]` or `[N, 1]`; truth values are the words False and True.
  ///
  /// - Throws: ``DataError`` that names the first row whose label is not a whole number of at least 0.
  package init(_ array: StoredArray) throws(DataError) {
    guard array.sampleCount == 1 else {
      throw DataError(array.source, "holds labels of shape \(array.shape)", expected: "one label for each sample: [N]")
    }
    source = array.source
    problem = { array.problem(row: $0, $1, expected: $2) }
    var bad: (row: Int, value: Double)?
    var values = [Int](repeating: 0, count: array.count)
    array.visit(0..<array.count) { row, value in
      if value >= 0, value < 0x1p53, value == value.rounded() {
        values[row] = Int(value)
      } else if bad == nil {
        bad = (row, value)
      }
    }
    try array.store.checkSize()
    if let (row, value) = bad {
      throw array.problem(
        row: row, "has the label \(shortNumber(value))",
        expected: "a whole number from 0 to 2^53; leave samples without a class out")
    }
    let sorted = Self.distinct(values)
    guard sorted.count <= Self.mostClasses else {
      throw DataError(source, "holds \(counted(sorted.count, "different label"))", expected: "at most 100,000")
    }
    if array.elementType == .bool {
      kind = .words
      found = ["False", "True"]
      places = values.map { Int32($0) }
    } else {
      kind = .numbers
      found = sorted.map { "\($0)" }
      // Most labels count from 0: then each is its own place.
      let numbers = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, Int32($0)) })
      places = sorted.last == sorted.count - 1 ? values.map { Int32($0) } : values.map { numbers[$0]! }
    }
  }

  private static func isTruth(_ word: String) -> Bool { ["true", "false"].contains(word.lowercased()) }

  /// Truth values are the same words in any case: `true`, `TRUE` and `True`.
  private static func place(ofTruth word: String, among names: [String]) -> Int32? {
    names.firstIndex { $0.lowercased() == word.lowercased() }.map { Int32($0) }
  }

  private static func distinct(_ values: [Int]) -> [Int] {
    let few = 1 << 16
    var isThere = [Bool](repeating: false, count: few)
    var others: Set<Int> = []
    for value in values { if value < few { isThere[value] = true } else { others.insert(value) } }
    return isThere.indices.filter { isThere[$0] } + others.sorted()
  }

  /// The classes of these names: words by themselves; numbers by their place among the names, counted from 0, or where all
  /// the names are numbers, by those.
  ///
  /// - Throws: ``DataError`` that names the first row of another class.
  package func targets(names: [String]) throws(DataError) -> Targets {
    guard names != found else { return .classes(labels: places, names: names) }
    let areNumbers = names.allSatisfy { Int($0).map { "\($0)" } == $0 }
    let numbers = Dictionary(names.enumerated().map { ($1, Int32($0)) }) { first, _ in first }
    let known: [Int32] = found.map { name in
      if kind == .words || areNumbers {
        return numbers[name] ?? (Self.isTruth(name) ? Self.place(ofTruth: name, among: names) : nil) ?? -1
      }
      return Int(name).flatMap { names.indices.contains($0) ? Int32($0) : nil } ?? -1
    }
    let labels = places.map { known[Int($0)] }
    if let row = labels.firstIndex(of: -1) {
      let name = found[Int(places[row])]
      guard kind == .numbers else { throw problem(row, "has the class '\(name.excerpt())'", names.listed()) }
      let isCounted = !areNumbers || names == names.indices.map { "\($0)" }
      let hint =
        !areNumbers && found.first != "0" && name == "\(names.count)"
        ? "; these labels seem to count from 1: name the classes by them, or count from 0" : ""
      throw problem(
        row, "has the label \(name)",
        isCounted
          ? "a whole number from 0 to \(names.count - 1), for \(names.count) classes\(hint)"
          : "one of the labels \(names.listed())")
    }
    return .classes(labels: labels, names: names)
  }

  /// What a person should know of classes that are named as they were found; nil: nothing.
  package var note: String? {
    let numbers = found.compactMap { Int($0) }
    if kind == .words {
      // Letters of another size, or blanks within quotes, make another class.
      let alike = Dictionary(grouping: found) { $0.split(whereSeparator: \.isWhitespace).joined().lowercased() }
        .values.filter { $0.count > 1 }.map { $0.sorted().map { "'\($0.excerpt())'" }.joined(separator: " and ") }
      if !alike.isEmpty {
        return "\(source): the classes \(alike.sorted().listed(5)) differ in blanks, or large and small letters, alone"
      }
      if !numbers.isEmpty {
        return "\(source): the labels are numbers and words: \(found.listed(8)); each of them is a class"
      }
      return nil
    }
    guard let last = numbers.last, last != numbers.count - 1 else { return nil }
    let classes = found.count == 1 ? "1 class" : "\(grouped(found.count)) classes"
    let isFromOne = last == numbers.count && numbers[0] == 1
    return "\(source): the labels "
      + (isFromOne ? "count from 1" : "leave gaps (\(found.listed(8)))")
      + ": \(classes), named by their labels"
  }

  /// Refuses more classes than a tenth of the samples, where they are many: these may be values, or names of samples.
  package func checkNumber() throws(DataError) {
    guard found.count > Self.fewClasses, found.count > places.count / 10 else { return }
    throw DataError(
      source,
      "holds \(grouped(found.count)) different labels for \(counted(places.count, "sample")): are these classes?",
      expected: "data.target_type: classes, if they are; values, for a regression; or class_names")
  }
}

extension Targets {
  /// Reads class labels `[N]` or `[N, 1]`.
  ///
  /// - Parameters:
  ///   - names: the classes, each for the label that is its place, counted from 0, or where all names are numbers, for the
  ///     label that is its name; nil: the labels that are there, in order, are the classes, and name them.
  /// - Throws: ``DataError`` that names the first row whose label is not a whole number, or that of no class.
  public static func classes(_ array: StoredArray, names: [String]? = nil) throws(DataError) -> Targets {
    let labels = try ClassLabels(array)
    return try labels.targets(names: names ?? labels.found)
  }

  /// Takes words for classes, one for each row.
  ///
  /// - Parameters:
  ///   - names: the classes, in order; nil: the words that are there, in the order of the alphabet. The parts of a data set have
  ///     the same classes where those of the training part are handed on: `Targets.classes(words, names: train.names)`.
  ///   - source: the file, for messages.
  /// - Throws: ``DataError`` that names the first row of another class.
  public static func classes(
    _ words: [String], names: [String]? = nil, source: String
  ) throws(DataError) -> Targets {
    let labels = try ClassLabels(words: words, source: source) { row, what, expected in
      DataError(source, "row \(row + 1) \(what)", expected: expected)
    }
    return try labels.targets(names: names ?? labels.found)
  }

  /// The names of the classes; nil for values.
  public var names: [String]? {
    switch self {
    case .classes(_, let names), .flags(_, let names): names
    case .values: nil
    }
  }
}
