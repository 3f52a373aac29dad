import Foundation
import FusionCore
import FusionData

/// Reads the files of one part of ``ArraysDataset``.
struct PartReader {
  /// A part, and what its classes were in the files; nil where its targets are no classes.
  struct Part {
    let split: DataSplit
    let labels: ClassLabels.Kind?
  }

  let configuration: ArraysDataset.Configuration
  let root: String?
  let modalities: [String]
  /// Whether a modality without a file is an error.
  let needsAll: Bool
  let journal: ReadingJournal
  let device = Device(threads: ProcessInfo.processInfo.activeProcessorCount)

  func isPresent(_ files: [String: String]) -> Bool { modalities.contains { exists($0, files) } }

  private func exists(_ key: String, _ files: [String: String]) -> Bool {
    files[key].map { ArrayReference($0, root: root).exists } ?? false
  }

  /// What to say of a part none of whose files is there.
  func absence(_ files: [String: String]) -> DataError {
    DataError(
      gathering: modalities.map { key in
        files[key].map { DataError(ArrayReference($0, root: root).path, "there is no such file") }
          ?? DataError("data", "names no file for '\(key)'")
      })
  }

  /// Opens the files of a part.
  ///
  /// - Parameter first: the part whose classes this one's have to be; nil: this is the first.
  func read(_ part: SplitName, _ files: [String: String], like first: Part? = nil) throws(DataError) -> Part {
    let targetKey = configuration.targets
    let taken = needsAll || !isPresent(files) ? self.modalities : self.modalities.filter { exists($0, files) }
    let wanted = taken + (part == .test ? [] : [targetKey])
    let missing = wanted.filter { files[$0] == nil }
    guard missing.isEmpty else {
      let key = part == .validation ? "validation_files" : configuration.files.isEmpty ? part.rawValue : "files"
      throw DataError(
        "data.\(key)", "names no file for \(missing.map { "'\($0)'" }.joined(separator: ", "))",
        expected: "one for each modality and the targets; there are \(files.keys.sorted().listed())")
    }
    try checkMasks(part, files)
    let arrays = try taken.mapGathering { key throws(DataError) in
      let array = try open(files[key]!)
      var mask: PresenceMask?
      if let file = files[key + Self.maskEnding] { mask = try PresenceMask(open(file)) }
      return try ModalityArray(key, array, presence: mask, needed: needsAll && part == .train, device: device)
    }
    let reference = files[targetKey].map { ArrayReference($0, root: root) }
    // A test part may come without targets.
    let found = reference.flatMap { part == .test && !$0.exists ? nil : $0 }
    var targets: Found?
    if let found { targets = try self.targets(found, part, like: first) }
    func extra(_ key: String) -> ArrayReference? {
      guard ArraysDataset.isExtra(key, modalities, configuration) else { return nil }
      let reference = files[key].map { ArrayReference($0, root: root) }
      // Samples to predict for may come without.
      return reference.flatMap { part == .test && !needsAll && !$0.exists ? nil : $0 }
    }
    let (groups, ids) = (extra(ArraysDataset.groupKey), extra(ArraysDataset.idKey))
    let split = try DataSplit(
      name: part.rawValue, modalities: arrays, targets: targets?.targets, targetSource: found?.path,
      groups: groups.map { reference throws(DataError) in
        SampleGroups(try reference.rowWords("group", header: configuration.header, journal: journal))
      }, groupSource: groups?.path,
      ids: ids.map { reference throws(DataError) in
        try reference.rowIDs(header: configuration.header, journal: journal)
      }, idSource: ids?.path)
    return Part(split: split, labels: targets?.labels)
  }

  private func open(_ file: String) throws(DataError) -> StoredArray {
    try ArrayReference(file, root: root).open(header: configuration.header, journal: journal)
  }

  /// After the name of a modality, which has no dot: the key of what tells who has it.
  private static let maskEnding = ".present"

  /// Keys with a dot that belong to no array would be passed over, and with them what is missing.
  private func checkMasks(_ part: SplitName, _ files: [String: String]) throws(DataError) {
    let stray = files.keys.filter { key in
      guard key.contains(".") else { return false }
      let modality = key.hasSuffix(Self.maskEnding) ? String(key.dropLast(Self.maskEnding.count)) : ""
      return files[modality] == nil || modality == configuration.targets
    }
    guard stray.isEmpty else {
      throw DataError(
        "data", "names a file for \(stray.sorted().map { "'\($0)'" }.joined(separator: ", ")) in \(part.rawValue)",
        expected: "KEY.present, for the key of a modality that has a file too")
    }
  }

  // MARK: Targets

  private typealias Found = (targets: Targets, labels: ClassLabels.Kind?)

  private func targets(_ reference: ArrayReference, _ part: SplitName, like first: Part?) throws(DataError) -> Found {
    if let words = try words(reference) { return try classes(words, reference, part, like: first) }
    let array = try reference.open(header: configuration.header, journal: journal)
    switch kind(of: array, like: first) {
    case .classes: return try classes(ClassLabels(array), reference, part, like: first)
    case .values: return (try .values(array, device: device), nil)
    case .multi_label, .automatic: break
    }
    let names = configuration.classNames
    return (try .flags(array, names: names.isEmpty ? first?.split.classNames : names), nil)
  }

  /// What targets that are numbers are: as the configuration says, else as those of the first part, whose numbers may tell more
  /// (a few values of a regression may all be whole), else by their type and shape.
  private func kind(of array: StoredArray, like first: Part?) -> ArraysDataset.TargetType {
    guard configuration.targetType == .automatic else { return configuration.targetType }
    switch first?.split.targets {
    case .classes: return .classes
    case .values: return .values
    case .flags where !array.elementType.isFloatingPoint: return .multi_label
    case .flags, nil: break
    }
    if array.elementType.isFloatingPoint { return .values }
    return array.sampleCount == 1 ? .classes : .multi_label
  }

  /// The classes of a part, named as the configuration says, or as the first part's are, or as they are found.
  private func classes(
    _ labels: ClassLabels, _ reference: ArrayReference, _ part: SplitName, like first: Part?
  ) throws(DataError) -> Found {
    if let kind = first?.labels, kind != labels.kind {
      throw DataError(
        reference.path, "holds \(labels.kind == .words ? "words" : "numbers") as labels: \(labels.found.listed(5))",
        expected: "\(kind == .words ? "words" : "numbers"), as the part '\(first!.split.name)': "
          + first!.split.classNames.listed(5))
    }
    let declared = configuration.classNames.map(\.precomposedStringWithCanonicalMapping)
    if !declared.isEmpty { return (try labels.targets(names: declared), labels.kind) }
    if let first, first.labels != nil { return (try labels.targets(names: first.split.classNames), labels.kind) }
    if part != .test {
      if configuration.targetType != .classes { try labels.checkNumber() }
      labels.note.map(journal.note)
    }
    return (try labels.targets(names: labels.found), labels.kind)
  }

  /// Classes written out, in a column of a table or an array of text; nil where the targets are something else.
  private func words(_ reference: ArrayReference) throws(DataError) -> ClassLabels? {
    guard [.automatic, .classes].contains(configuration.targetType) else { return nil }
    if let words = try reference.text() {
      let path = reference.path
      let marks = words.indices.filter { isMissing(words[$0]) }
      guard marks.isEmpty else {
        throw DataError(
          gathering: marks.prefix(5).map { row in
            DataError(
              path, "row \(row + 1) holds '\(words[row])': a missing value", expected: "a class; leave such samples out"
            )
          } + more(marks.count, path))
      }
      return try ClassLabels(words: words, source: path) { row, what, expected in
        DataError(path, "row \(row + 1) \(what)", expected: expected)
      }
    }
    guard reference.isTable else { return nil }
    let table = try reference.openTable(header: configuration.header, journal: journal)
    let columns = try reference.columns(of: table)
    guard columns.count == 1, let column = columns.first else { return nil }
    let tally = table.tallies[column]
    // Among fractions, what is no number is a mistake, not a class.
    guard !tally.isNumeric, tally.decimal <= tally.text + tally.truth else { return nil }
    if tally.missing > 0 {
      let (shown, count) = try table.places(column: column) { kind, text in kind == .missing && isMissing(text) }
      guard count == 0 else {
        throw DataError(
          gathering: shown.map { place, text in
            DataError(
              place, (text.isEmpty ? "an empty field" : "'\(text)'") + ": a missing value",
              expected: "a class in column \(table.name(of: column)); leave such samples out")
          } + more(count, table.path))
      }
    }
    return try ClassLabels(words: table.text(column: column), source: table.path) { row, what, expected in
      DataError(table.line(ofRow: row).map { "\(table.path):\($0)" } ?? table.path, what, expected: expected)
    }
  }

  private func more(_ count: Int, _ path: String) -> [DataError] {
    count > 5 ? [DataError(path, "\(counted(count - 5, "more such sample"))")] : []
  }

  /// Whether a word marks a missing value: not where the configuration names a class so.
  private func isMissing(_ text: String) -> Bool {
    CellKind.marks.contains(text.lowercased()) && !configuration.classNames.contains(text)
  }
}
