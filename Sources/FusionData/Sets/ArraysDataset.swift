import Foundation
import FusionCore

/// Any set of files by key, so that a researcher's own features train at once.
///
/// ```yaml
/// data:
///   dataset: arrays
///   root: data/mine
///   train: {face: train.npz:face, voice: voice_train.npy, targets: "train.csv:emotion"}
///   test: {face: test.npz:face, voice: voice_test.npy, targets: "test.csv:emotion"}
/// ```
///
/// A key is the name of a modality, or the one that holds the targets. A file is an npy, npz, safetensors, CSV, TSV or
/// IDX file; `file:member` names an array of an npz or safetensors file, or columns of a table (`age,height`, `x1..x9`).
///
/// Beside a modality, `voice.present: FILE` names zeros and ones `[N]`: 0 for samples that lack it. The key `groups` names
/// what samples have in common (a speaker, a patient, a recording): a column of a table, or whole numbers `[N]`.
public enum ArraysDataset: DatasetFormat {
  /// `dataset: arrays`.
  public static let name = "arrays"
  /// One line on what it is.
  public static let summary = "any npy, npz, safetensors, CSV or IDX files by key"

  /// How the targets are to be understood.
  public enum TargetType: String, Codable, Sendable, CaseIterable {
    /// By their type and shape: whole numbers `[N]` or text are classes, whole numbers `[N, K]` flags, others values.
    case automatic
    /// One class for each sample.
    case classes
    /// Zeros and ones `[N, K]`: any number of classes for each sample.
    case multi_label
    /// Values of a regression.
    case values
  }

  /// The keys, beside those that all data sets share.
  public struct Configuration: ComponentConfiguration {
    /// The files of the training part by key.
    public var train: [String: String] = [:]
    /// The files of a validation part by key, where there is one.
    public var validationFiles: [String: String] = [:]
    /// The files of the test part by key.
    public var test: [String: String] = [:]
    /// One set of files by key, to be cut into a training and a test part.
    public var files: [String: String] = [:]
    /// The share of `files` that becomes the test part.
    public var testFraction = 0.2
    /// Decides which samples of `files` become the test part.
    public var splitSeed = 0
    /// The key of the targets.
    public var targets = "targets"
    /// How the targets are to be understood.
    public var targetType = TargetType.automatic
    /// The names of the classes.
    public var classNames: [String] = []

    /// No files.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case train, test, files, targets
      case validationFiles = "validation_files"
      case testFraction = "test_fraction"
      case splitSeed = "split_seed"
      case targetType = "target_type"
      case classNames = "class_names"
    }

    /// See the properties.
    public static let options: [Option] = [
      Option(
        "train",
        "the files of the training part: KEY: FILE or KEY: FILE:MEMBER; KEY.present: FILE where some are missing; "
          + "groups: FILE where samples belong together"),
      Option("validation_files", "the files of a validation part of its own, as in train"),
      Option("test", "the files of the test part, as in train; targets may be missing"),
      Option("files", "instead of train and test: one set of files, to be cut into both"),
      Option("test_fraction", "the share of files that becomes the test part", .range(0, 1, includesUpper: false)),
      Option("split_seed", "decides which samples of files become the test part", .atLeast(0)),
      Option("targets", "the key of the targets"),
      Option("target_type", "how the targets are to be understood", TargetType.self),
      Option("class_names", "the names of the classes; without them, as many as the training targets ask for"),
    ]
  }

  /// Nothing: the files decide.
  public static func declaredArrays(_ configuration: Configuration) -> [String: ArrayDescription]? { nil }

  /// The classes, where the configuration names them.
  public static func declaredClasses(_ configuration: Configuration) -> [String]? {
    configuration.classNames.isEmpty ? nil : configuration.classNames
  }

  /// Opens the files of each part, or cuts the one set; checks shapes, targets and lengths, and looks for NaN.
  public static func open(
    _ configuration: Configuration, root: String?, modalities: [String]
  ) throws(DataError) -> Dataset {
    try open(configuration, root: root, modalities: modalities, cuts: true)
  }

  /// As any folder, but for the one set of `files`: it is not cut, all of it is the test part. Modalities that a part has
  /// no file of are left out.
  public static func openForPrediction(
    _ configuration: Configuration, root: String?, modalities: [String]
  ) throws(DataError) -> Dataset {
    try open(configuration, root: root, modalities: modalities, cuts: false)
  }

  private static func open(
    _ configuration: Configuration, root: String?, modalities: [String], cuts: Bool
  ) throws(DataError) -> Dataset {
    if let root { try requireFolder(root) }
    guard configuration.files.isEmpty || (configuration.train.isEmpty && configuration.test.isEmpty) else {
      throw DataError(
        "data", "has both 'files' and 'train' or 'test'", expected: "either one set to be cut, or given parts")
    }
    guard Set(configuration.classNames).count == configuration.classNames.count else {
      throw DataError("data.class_names", "names a class twice")
    }
    let reader = PartReader(configuration: configuration, root: root, modalities: modalities, needsAll: cuts)
    let source = root ?? "data"
    // Whoever's recipe.json it is: one that cannot be understood is no reason not to read the arrays.
    let isGenerated = root.flatMap { try? Recipe.isGenerated(folder: $0) } ?? false
    guard configuration.files.isEmpty else {
      let targets = configuration.files[configuration.targets].map { ArrayReference($0, root: root) }
      let absent = targets.flatMap { $0.exists ? nil : $0.path }
      if absent != nil || !cuts {
        let all = try reader.read(.test, configuration.files, classes: declaredClasses(configuration))
        let missing = absent.map { [SplitName.train: DataError($0, "there is no such file")] } ?? [:]
        return Dataset(source: source, train: nil, test: all, isGenerated: isGenerated, missing: missing)
      }
      let all = try reader.read(.train, configuration.files, classes: declaredClasses(configuration))
      let random = RandomStream(seed: UInt64(bitPattern: Int64(configuration.splitSeed))).derived("test")
      let (train, test) = all.separating(configuration.testFraction, into: "test", random: random)
      return Dataset(source: source, train: train, test: test.count > 0 ? test : nil, isGenerated: isGenerated)
    }
    let parts: [(name: SplitName, files: [String: String])] = [
      (.train, configuration.train), (.validation, configuration.validationFiles), (.test, configuration.test),
    ]
    guard parts.contains(where: { !$0.files.isEmpty }) else {
      throw DataError("data", "names no files", expected: "train and test, or files: see fusionkit describe arrays")
    }
    // A folder for prediction holds the files of the test part alone; without those of any part, all are missed.
    let present = parts.filter { reader.isPresent($0.files) }
    let opened = present.isEmpty ? parts.filter { !$0.files.isEmpty } : present
    var classes = declaredClasses(configuration)
    var splits: [SplitName: DataSplit] = [:]
    var errors: [DataError] = []
    for part in opened {
      do throws(DataError) {
        let split = try reader.read(part.name, part.files, classes: classes)
        if classes == nil, part.name == .train, !split.classNames.isEmpty { classes = split.classNames }
        splits[part.name] = split
      } catch { errors.append(error) }
    }
    guard errors.isEmpty else { throw DataError(gathering: errors) }
    var missing: [SplitName: DataError] = [:]
    for part in parts where splits[part.name] == nil && !part.files.isEmpty {
      missing[part.name] = reader.absence(part.files)
    }
    return Dataset(
      source: source, train: splits[.train], validation: splits[.validation], test: splits[.test],
      isGenerated: isGenerated, missing: missing)
  }
}

/// Reads the files of one part.
private struct PartReader {
  let configuration: ArraysDataset.Configuration
  let root: String?
  let modalities: [String]
  /// Whether a modality without a file is an error.
  let needsAll: Bool
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

  func read(_ part: SplitName, _ files: [String: String], classes: [String]?) throws(DataError) -> DataSplit {
    let targetKey = configuration.targets
    let taken = needsAll || !isPresent(files) ? self.modalities : self.modalities.filter { exists($0, files) }
    let wanted = taken + (part == .test ? [] : [targetKey])
    let missing = wanted.filter { files[$0] == nil }
    guard missing.isEmpty else {
      let key = part == .validation ? "validation_files" : configuration.files.isEmpty ? part.rawValue : "files"
      throw DataError(
        "data.\(key)", "names no file for \(missing.map { "'\($0)'" }.joined(separator: ", "))",
        expected: "one for each modality and the targets; there are \(files.keys.sorted().joined(separator: ", "))")
    }
    try checkMasks(part, files)
    let arrays = try taken.mapGathering { key throws(DataError) in
      let array = try ArrayReference(files[key]!, root: root).open()
      let mask = try files[key + Self.maskEnding].map { file throws(DataError) in
        try PresenceMask(ArrayReference(file, root: root).open())
      }
      return try ModalityArray(
        key, array, presence: mask, needed: needsAll && part == .train, device: device)
    }
    let reference = files[targetKey].map { ArrayReference($0, root: root) }
    // A test part may come without targets.
    let found = reference.flatMap { part == .test && !$0.exists ? nil : $0 }
    let isGroups = !modalities.contains(Self.groupKey) && targetKey != Self.groupKey
    let groups = isGroups ? files[Self.groupKey].map { ArrayReference($0, root: root) } : nil
    return try DataSplit(
      name: part.rawValue, modalities: arrays,
      targets: found.map { reference throws(DataError) in try targets(reference, classes: classes) },
      targetSource: found?.path, groups: groups.map { reference throws(DataError) in try SampleGroups(reference) },
      groupSource: groups?.path)
  }

  /// The key of what samples have in common.
  private static let groupKey = "groups"
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

  private func targets(_ reference: ArrayReference, classes: [String]?) throws(DataError) -> Targets {
    if let named = try textClasses(reference, classes: classes) { return named }
    let array = try reference.open()
    switch configuration.targetType {
    case .classes: return try .classes(array, names: classes)
    case .multi_label: return try .flags(array, names: classes)
    case .values: return try .values(array, device: device)
    case .automatic:
      if array.elementType.isFloatingPoint { return try .values(array, device: device) }
      return array.sampleCount == 1 ? try .classes(array, names: classes) : try .flags(array, names: classes)
    }
  }

  /// Classes written out in a column of a table; nil where the targets are something else.
  private func textClasses(_ reference: ArrayReference, classes: [String]?) throws(DataError) -> Targets? {
    guard reference.isTable, [.automatic, .classes].contains(configuration.targetType) else { return nil }
    let table = try CSV(opening: reference.path)
    let columns = try table.columns(reference.member ?? "")
    guard columns.count == 1 else { return nil }
    let text = try table.text(column: columns[0])
    guard text.contains(where: { Double($0) == nil && !$0.isEmpty }) else { return nil }
    if let row = text.firstIndex(of: "") { throw DataError(reference.path, "row \(row + 1) has no class") }
    let names = classes ?? Set(text).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Int32($0)) })
    if let row = text.firstIndex(where: { numbers[$0] == nil }) {
      throw DataError(
        reference.path, "row \(row + 1) has the class '\(text[row])'",
        expected: names.prefix(20).joined(separator: ", "))
    }
    return .classes(labels: text.map { numbers[$0]! }, names: names)
  }
}
