import Foundation
import FusionCore
import FusionData

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
/// what samples have in common (a speaker, a patient, a recording), the key `ids` what each is called in tables of
/// predictions: a column of a table, or whole numbers `[N]`.
///
/// Classes are whole numbers or words, in tables or in arrays; the labels that the training part holds are the classes, and
/// name them.
public enum ArraysDataset: DatasetFormat {
  /// `dataset: arrays`.
  public static let name = "arrays"
  /// One line on what it is.
  public static let summary = "any npy, npz, safetensors, CSV or IDX files by key"
  /// `split_seed` is a seed.
  public static let knownFailures = ["CFG-3": "a seed has no upper end: every whole number from 0 on is one"]

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
    /// Whether the first row of a table names its columns.
    public var header = TableHeader.auto

    /// No files.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case train, test, files, targets, header
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
          + "groups: FILE where samples belong together; ids: FILE for what predictions call them"),
      Option("validation_files", "the files of a validation part of its own, as in train"),
      Option("test", "the files of the test part, as in train; targets may be missing"),
      Option("files", "instead of train and test: one set of files, to be cut into both"),
      Option("test_fraction", "the share of files that becomes the test part", .range(0, 1, includesUpper: false)),
      Option("split_seed", "decides which samples of files become the test part", .atLeast(0)),
      Option("targets", "the key of the targets"),
      Option("target_type", "how the targets are to be understood", TargetType.self),
      Option(
        "class_names", "the names of the classes; without them, the labels of the training targets", isDistinct: true),
      Option(
        "header", "whether the first row of every table names its columns; auto: as the rows tell", TableHeader.self),
    ]
  }

  /// The key of what samples have in common.
  static let groupKey = "groups"
  /// The key of what each sample is called.
  static let idKey = "ids"

  /// Whether a key names groups or ids: where a modality or the targets are called so, it names them instead.
  static func isExtra(_ key: String, _ modalities: [String], _ configuration: Configuration) -> Bool {
    [groupKey, idKey].contains(key) && !modalities.contains(key) && configuration.targets != key
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
    let journal = ReadingJournal()
    let reader = PartReader(
      configuration: configuration, root: root, modalities: modalities, needsAll: cuts, journal: journal)
    let source = root ?? "data"
    if let root { try UnfinishedBuild.check(root) }
    // Whoever's recipe.json it is: one that cannot be understood is no reason not to read the arrays.
    let isGenerated = root.flatMap { try? Recipe.isGenerated(folder: $0) } ?? false
    guard configuration.files.isEmpty else {
      let targets = configuration.files[configuration.targets].map { ArrayReference($0, root: root) }
      let absent = targets.flatMap { $0.exists ? nil : $0.path }
      if absent != nil || !cuts {
        let all = try reader.read(.test, configuration.files)
        let missing = absent.map { [SplitName.train: DataError($0, "there is no such file")] } ?? [:]
        return Dataset(
          source: source, train: nil, test: all.split, isGenerated: isGenerated, missing: missing, journal: journal)
      }
      let all = try reader.read(.train, configuration.files).split
      let random = RandomStream(seed: UInt64(bitPattern: Int64(configuration.splitSeed))).derived("test")
      let (train, test) = all.separating(configuration.testFraction, into: "test", random: random)
      if test.count == 0, configuration.testFraction > 0 {
        journal.note(
          "there is no test part: a share of \(configuration.testFraction) (data.test_fraction) of "
            + "\(counted(all.count, "sample")) is none")
      }
      return Dataset(
        source: source, train: train, test: test.count > 0 ? test : nil, isGenerated: isGenerated, journal: journal)
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
    var splits: [SplitName: DataSplit] = [:]
    var first: PartReader.Part?
    var errors: [DataError] = []
    for part in opened {
      do throws(DataError) {
        let read = try reader.read(part.name, part.files, like: first)
        if first == nil, read.split.targets != nil { first = read }
        splits[part.name] = read.split
      } catch { errors.append(error) }
    }
    guard errors.isEmpty else { throw DataError(gathering: errors) }
    var missing: [SplitName: DataError] = [:]
    for part in parts where splits[part.name] == nil && !part.files.isEmpty {
      missing[part.name] = reader.absence(part.files)
    }
    return Dataset(
      source: source, train: splits[.train], validation: splits[.validation], test: splits[.test],
      isGenerated: isGenerated, missing: missing, journal: journal)
  }

  /// `split_seed`, where one set of files is cut.
  public static func testCutKey(_ configuration: Configuration) -> String? {
    configuration.files.isEmpty ? nil : "split_seed"
  }

  /// What `header` says.
  public static func tableHeader(_ configuration: Configuration) -> TableHeader { configuration.header }

  /// Vectors in npy files, classes and groups in tables.
  public static func example(in folder: String, withTargets: Bool) throws(DataError) -> DatasetExample<Configuration> {
    var configuration = Configuration()
    for (part, count) in [(\Configuration.train, 12), (\Configuration.test, 6)] {
      let name = part == \Configuration.train ? "train" : "test"
      let random = RandomStream(seed: 0).derived(name)
      for (modality, width) in [("face", 3), ("voice", 2)] {
        let values = (0..<count * width).map { random.derived(modality).uniform(at: $0) }
        try Npy.write(values, shape: [count, width], to: "\(folder)/\(name)_\(modality).npy")
        configuration[keyPath: part][modality] = "\(name)_\(modality).npy"
      }
      let rows = (0..<count).map { "\($0 % 3 == 0 ? "calm" : "glad"),s\($0 / 2)\n" }
      try AtomicFile.write("emotion,speaker\n" + rows.joined(), to: "\(folder)/\(name).csv")
      configuration[keyPath: part]["groups"] = "\(name).csv:speaker"
      if name == "train" || withTargets { configuration[keyPath: part]["targets"] = "\(name).csv:emotion" }
    }
    return DatasetExample(configuration, root: folder, modalities: ["face", "voice"])
  }
}
