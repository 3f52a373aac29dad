import FusionCore

/// The array of one modality.
public struct ModalityArray: Sendable {
  /// The modality's name in the configuration.
  public let name: String
  /// All its samples.
  public let array: StoredArray
  /// Which rows hold a sample; nil: all of them.
  public let presence: PresenceMask?

  /// An array with a name.
  public init(_ name: String, _ array: StoredArray, presence: PresenceMask? = nil) {
    self.name = name
    self.array = array
    // One that marks nothing as missing is none: such data take the way that they always took.
    self.presence = presence.flatMap { $0.isPresent.contains(false) || $0.isPresent.count != array.count ? $0 : nil }
  }
}

/// A part of a data set: arrays of equal length, their targets, and the list of rows that belong to it.
///
/// Choosing rows copies no array. A sample is its row in all arrays, so that labels and samples never part ways.
public struct DataSplit: Sendable {
  /// `train`, `validation` or `test`.
  public let name: String
  /// In the order of the configuration. Samples to predict for may lack a modality altogether, which is not among them.
  public let modalities: [ModalityArray]
  /// What is to be learned; nil: not known.
  public let targets: Targets?
  /// Which rows of the arrays belong together; nil: each stands for itself.
  public let groups: SampleGroups?
  /// What each row of the arrays is called, no two alike; nil: its number says enough.
  public let ids: [String]?
  /// The rows of the arrays that belong to this part, in order.
  public let rows: [Int]
  /// The number of samples.
  public var count: Int { rows.count }

  /// A part that consists of all rows.
  ///
  /// - Parameters:
  ///   - targetSource: where the targets come from, for messages.
  ///   - groups: which rows belong together; nil: each stands for itself.
  ///   - groupSource: where the groups come from, for messages.
  ///   - ids: what each row is called, no two alike; nil: by its number.
  ///   - idSource: where the ids come from, for messages.
  /// - Throws: ``DataError`` where the arrays differ in length, or are empty. Samples without any modality are found by
  ///   ``Dataset/refusingEmptySamples()``.
  public init(
    name: String, modalities: [ModalityArray], targets: Targets?, targetSource: String? = nil,
    groups: SampleGroups? = nil, groupSource: String? = nil, ids: [String]? = nil, idSource: String? = nil
  ) throws(DataError) {
    guard !modalities.isEmpty else { throw DataError("the part '\(name)'", "has no modality") }
    var lengths = modalities.map { (source: $0.array.source, count: $0.array.count) }
    if let targets { lengths.append((targetSource ?? "the targets", targets.count)) }
    if let groups { lengths.append((groupSource ?? "the groups", groups.numbers.count)) }
    if let ids { lengths.append((idSource ?? "the ids", ids.count)) }
    var errors: [DataError] = []
    for other in lengths.dropFirst() where other.count != lengths[0].count {
      errors.append(
        DataError(
          other.source, "holds \(counted(other.count, "sample"))",
          expected: "\(counted(lengths[0].count, "sample")), as many as \(lengths[0].source)"
            + (abs(other.count - lengths[0].count) == 1 ? Self.headers(modalities, other.source) : "")))
    }
    for modality in modalities where modality.array.sampleCount == 0 {
      errors.append(
        DataError(
          modality.array.source, "holds samples without values: an array of shape \(modality.array.shape)",
          expected: "no dimension of 0"))
    }
    for modality in modalities {
      do throws(DataError) { try modality.presence?.check(suits: modality.array) } catch { errors.append(error) }
    }
    if case .classes(let labels, let names)? = targets,
      let row = labels.firstIndex(where: { $0 < -1 || $0 >= names.count })
    {
      errors.append(
        DataError(
          targetSource ?? "the targets", "row \(row + 1) has the label \(labels[row])",
          expected:
            "0 to \(names.count - 1), for \(names.count == 1 ? "1 class" : "\(names.count) classes"); -1 leaves a row out"
        ))
    }
    let repeated = Set(modalities.map(\.name).filter { name in modalities.count { $0.name == name } > 1 })
    for name in repeated.sorted() {
      errors.append(DataError("the part", "has the modality '\(name)' twice", expected: "each modality once"))
    }
    guard errors.isEmpty else { throw DataError(gathering: errors) }
    guard lengths[0].count > 0 else { throw DataError(lengths[0].source, "holds no samples") }
    self.init(
      name: name, modalities: modalities, targets: targets, groups: groups, ids: ids,
      rows: Array(0..<lengths[0].count))
  }

  /// How the first rows of tables were read: where one row is missing or too many, that is what to look at.
  private static func headers(_ modalities: [ModalityArray], _ source: String) -> String {
    let tables = modalities.compactMap(\.array.table)
    var remarks = tables.map { table in
      "the first row of \(table.path) was taken for \(table.header == nil ? "a sample" : "the names of its columns")"
    }
    if !tables.contains(where: { $0.path == source }), ArrayReference(path: source).isTable {
      remarks.append("does the first row of \(source) name its columns?")
    }
    return remarks.isEmpty ? "" : "; " + remarks.joined(separator: ", ") + " (data.header says whether they do)"
  }

  private init(
    name: String, modalities: [ModalityArray], targets: Targets?, groups: SampleGroups?, ids: [String]?, rows: [Int]
  ) {
    self.name = name
    self.modalities = modalities
    self.targets = targets
    self.groups = groups
    self.ids = ids
    self.rows = rows
  }

  /// The same arrays and targets with other rows, for example those of one fold.
  public func with(name: String? = nil, rows: [Int]) -> DataSplit {
    precondition(rows.allSatisfy { $0 >= 0 && $0 < modalities[0].array.count }, "rows outside the arrays")
    return DataSplit(
      name: name ?? self.name, modalities: modalities, targets: targets, groups: groups, ids: ids, rows: rows)
  }

  /// How many of this part's samples lack each modality that some of them have, in order.
  public var missingCounts: [Int] {
    modalities.map { modality in modality.presence.map { mask in rows.count { !mask.isPresent[$0] } } ?? 0 }
  }

  /// What each sample of this part is called in tables: its id, else its row in the arrays, from 0.
  public var sampleIDs: [String] { rows.map { ids?[$0] ?? "\($0)" } }

  /// Which of some rows have which of the ``modalities``; nil: nothing is missing.
  public func presence(of rows: ArraySlice<Int>) -> Presence? {
    Presence(
      modalities.map { modality in modality.presence.map { mask in rows.map { mask.isPresent[$0] } } },
      count: rows.count)
  }

  /// The same part, every array looked at for values that are not finite, and for its range; those that were stay as they are.
  func scanned(device: Device) throws(DataError) -> DataSplit {
    let scanned = try modalities.mapGathering { modality throws(DataError) in
      ModalityArray(
        modality.name, try modality.array.scanned(device: device, presence: modality.presence),
        presence: modality.presence)
    }
    return DataSplit(name: name, modalities: scanned, targets: targets, groups: groups, ids: ids, rows: rows)
  }

  /// Some of the modalities only, in the order given, and the samples that have any of them.
  public func choosing(_ indices: [Int]) -> DataSplit {
    precondition(!indices.isEmpty, "a part without arrays")
    let chosen = indices.map { modalities[$0] }
    let kept =
      chosen.contains { $0.presence == nil }
      ? rows : rows.filter { row in chosen.contains { $0.presence!.isPresent[row] } }
    return DataSplit(name: name, modalities: chosen, targets: targets, groups: groups, ids: ids, rows: kept)
  }

  /// What a pipeline has to know of the arrays.
  public var descriptions: [String: ArrayDescription] {
    Dictionary(uniqueKeysWithValues: modalities.map { ($0.name, $0.array.description) })
  }

  /// The names of the classes; empty for a regression, or where nothing is known.
  public var classNames: [String] {
    switch targets {
    case .classes(_, let names), .flags(_, let names): names
    default: []
    }
  }

  /// The label of every sample of this part, for single-label classification; else empty.
  public var labels: [Int] {
    guard case .classes(let labels, _) = targets else { return [] }
    return rows.map { Int(labels[$0]) }
  }

  /// How many samples each class has, for single-label classification; else empty.
  public var classCounts: [Int] {
    guard case .classes(_, let names) = targets else { return [] }
    return labels.reduce(into: [Int](repeating: 0, count: names.count)) { $0[$1] += 1 }
  }

  /// The samples of some classes only, which become 0, 1, … in the order given and keep their names.
  ///
  /// A part without labels stays whole.
  public func selecting(classes choices: [ClassChoice]) throws(DataError) -> DataSplit {
    guard let targets else { return self }
    guard case .classes(let labels, let names) = targets else {
      throw DataError("data.classes", "classes can be chosen only where each sample has exactly one")
    }
    let classes = choices.compactMap { $0.place(among: names) }
    let unknown = choices.filter { $0.place(among: names) == nil }.map(\.text)
    guard !classes.isEmpty, unknown.isEmpty, Set(classes).count == classes.count else {
      let nearest = unknown.first.flatMap { Int($0) == nil ? nearestSpelling(of: $0, among: names) : nil }
      throw DataError(
        "data.classes",
        "\(unknown.isEmpty ? "[\(choices.map(\.text).listed())]" : unknown.map { "'\($0.excerpt())'" }.listed()) "
          + "cannot be chosen\(nearest.map { ": did you mean '\($0.excerpt())'?" } ?? "")",
        expected: ClassChoice.expectation(names))
    }
    var renumbered = [Int32](repeating: -1, count: names.count)
    for (new, old) in classes.enumerated() { renumbered[old] = Int32(new) }
    let chosen = labels.map { $0 < 0 ? -1 : renumbered[Int($0)] }
    let kept = rows.filter { chosen[$0] >= 0 }
    guard !kept.isEmpty else {
      throw DataError(
        "data.classes", "the part '\(name)' has no sample of the classes \(choices.map(\.text).listed())")
    }
    return DataSplit(
      name: name, modalities: modalities, targets: .classes(labels: chosen, names: classes.map { names[$0] }),
      groups: groups, ids: ids, rows: kept)
  }

  /// The same samples with classes numbered as in `names`, whatever their numbers here: a part that lacks a class may
  /// number the others differently. A part without classes stays as it is.
  ///
  /// - Parameter leavingOut: whether samples of other classes are left out; otherwise they are an error.
  public func renumbered(toClasses names: [String], leavingOut: Bool) throws(DataError) -> DataSplit {
    guard case .classes(let labels, let own) = targets, own != names else { return self }
    let places = Dictionary(names.enumerated().map { ($1, Int32($0)) }) { first, _ in first }
    let numbers = own.map { places[$0] ?? -1 }
    let renumbered = labels.map { $0 < 0 ? -1 : numbers[Int($0)] }
    let kept = rows.filter { renumbered[$0] >= 0 }
    let expected = names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : "")
    if !leavingOut, let row = rows.first(where: { labels[$0] >= 0 && renumbered[$0] < 0 }) {
      throw DataError(
        "the part '\(name)'", "has samples of class \(own[Int(labels[row])])",
        expected: "the classes that the model was trained on: \(expected)")
    }
    guard !kept.isEmpty else { throw DataError("the part '\(name)'", "has no sample of the classes \(expected)") }
    return DataSplit(
      name: name, modalities: modalities, targets: .classes(labels: renumbered, names: names), groups: groups,
      ids: ids, rows: kept)
  }

  /// The first `limit` samples.
  public func limited(to limit: Int) -> DataSplit { with(rows: Array(rows.prefix(max(0, limit)))) }

  /// Sets a share of the samples aside: of every class alike where samples have one class, at random otherwise.
  ///
  /// Both parts keep the order of the rows. Shares are rounded so that the second part has `fraction` of all samples,
  /// the largest remainders rounded up first; classes of one sample stay in the first.
  ///
  /// - Parameters:
  ///   - fraction: from 0 to below 1.
  ///   - random: decides which samples.
  public func separating(
    _ fraction: Double, into name: String = "validation", random: RandomStream
  ) -> (rest: DataSplit, separated: DataSplit) {
    precondition(fraction >= 0 && fraction < 1, "a fraction is from 0 to below 1, not \(fraction)")
    let groups = placesByClass
    let shares = groups.map { Double($0.count) * fraction }
    var sizes = shares.map { Int($0) }
    let open = Int((Double(count) * fraction).rounded()) - sizes.reduce(0, +)
    let byRemainder = groups.indices.filter { groups[$0].count > sizes[$0] + 1 }
      .sorted { (shares[$1] - Double(sizes[$1]), $0) < (shares[$0] - Double(sizes[$0]), $1) }
    for group in byRemainder.prefix(max(0, open)) { sizes[group] += 1 }
    var isSeparated = [Bool](repeating: false, count: count)
    for (number, group) in groups.enumerated() {
      let order = random.derived(number).permutation(group.count)
      for place in order.prefix(sizes[number]) { isSeparated[group[place]] = true }
    }
    return (
      with(rows: zip(rows, isSeparated).filter { !$0.1 }.map(\.0)),
      with(name: name, rows: zip(rows, isSeparated).filter(\.1).map(\.0))
    )
  }

  /// The places of ``rows`` whose samples have each class; all places in one list where samples have no single class.
  var placesByClass: [[Int]] {
    let labels = self.labels
    guard !labels.isEmpty else { return [Array(rows.indices)] }
    var groups = [[Int]](repeating: [], count: classNames.count)
    for (place, label) in labels.enumerated() { groups[label].append(place) }
    return groups
  }
}
