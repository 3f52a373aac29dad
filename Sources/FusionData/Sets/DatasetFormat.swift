import FusionCore

/// A way to store data sets, registered by name: `data.dataset` in a configuration.
///
/// It opens files, or makes arrays, and says which of them are the modalities, the targets, the groups and the names of the
/// samples. Everything else is done with what it opened: choosing classes, cutting parts, standardising, batches.
///
/// ```swift
/// public enum SensorsDataset: DatasetFormat {
///   public static let name = "sensors"
///   public static let summary = "movements: a table of readings for each part"
///   public typealias Configuration = NoConfiguration
///   public static func open(
///     _ configuration: Configuration, root: String?, modalities: [String]
///   ) throws(DataError) -> Dataset {
///     …
///     let train = try DataSplit(name: "train", modalities: arrays, targets: .classes(words, source: path))
///     return Dataset(source: root, train: train, test: test)
///   }
/// }
/// ```
public protocol DatasetFormat: DatasetComponent {
  /// What is known of the arrays without opening any file, by modality; nil, the default: nothing.
  static func declaredArrays(_ configuration: Configuration) -> [String: ArrayDescription]?

  /// The names of the classes, where all data of this format have the same; nil, the default: only the files tell.
  static func declaredClasses(_ configuration: Configuration) -> [String]?

  /// What a configuration names and the files lack, each at its key: below `data`; of use where ``open(_:root:modalities:)``
  /// fails, and before. None by default: a format with a layout of its own names nothing.
  static func misnamed(_ configuration: Configuration, root: String?, modalities: [String]) -> [Problem]

  /// Why the data cannot be looked at, in words, as there is nothing at all; nil, the default: they can, if the folder is
  /// there.
  static func absence(_ configuration: Configuration, root: String?) -> String?

  /// Why the data cannot be looked at within a moment, in words; nil, the default: they can.
  static func large(_ configuration: Configuration, root: String?) -> String?

  /// The key of the configuration that draws the test part from one set of samples; nil, the default: the data name their
  /// test part. `compare` and `sweep` with several cuts write seeds to it.
  static func testCutKey(_ configuration: Configuration) -> String?

  /// Whether the first row of its tables names their columns: of use where `predict --input` takes one; `auto` by default.
  static func tableHeader(_ configuration: Configuration) -> TableHeader

  /// Opens the files and checks them.
  ///
  /// - Parameters:
  ///   - root: the folder that relative paths start from.
  ///   - modalities: the ones to open, in order.
  /// - Throws: ``DataError`` with everything that is wrong: a missing folder, a modality that is not there, by its name.
  static func open(_ configuration: Configuration, root: String?, modalities: [String]) throws(DataError) -> Dataset

  /// Opens a folder of other samples than those that were trained on; targets may be missing.
  ///
  /// By default as ``open(_:root:modalities:)``; of use to formats that cut one set of files into parts.
  static func openForPrediction(
    _ configuration: Configuration, root: String?, modalities: [String]
  ) throws(DataError) -> Dataset

  /// A small data set of this format, of a few samples and at least two classes, for the conformance kit.
  ///
  /// - Parameters:
  ///   - folder: an empty folder to write its files into; a format that makes its arrays writes nothing.
  ///   - withTargets: whether the test part has targets; without, it is what predictions are asked for.
  static func example(in folder: String, withTargets: Bool) throws(DataError) -> DatasetExample<Configuration>
}

/// How to open a data set that was written for the conformance kit.
public struct DatasetExample<Configuration: ComponentConfiguration>: Sendable {
  /// What the section `data` says.
  public let configuration: Configuration
  /// The folder; nil for a format that opens none.
  public let root: String?
  /// All modalities that it has.
  public let modalities: [String]

  /// An example; the defaults suit most formats.
  public init(_ configuration: Configuration = Configuration(), root: String?, modalities: [String]) {
    self.configuration = configuration
    self.root = root
    self.modalities = modalities
  }
}

extension DatasetFormat {
  /// Nothing is known.
  public static func declaredArrays(_ configuration: Configuration) -> [String: ArrayDescription]? { nil }

  /// Nothing.
  public static func misnamed(_ configuration: Configuration, root: String?, modalities: [String]) -> [Problem] { [] }

  /// Nothing stands against it.
  public static func absence(_ configuration: Configuration, root: String?) -> String? { nil }

  /// Nothing stands against it.
  public static func large(_ configuration: Configuration, root: String?) -> String? { nil }

  /// The data name their test part.
  public static func testCutKey(_ configuration: Configuration) -> String? { nil }

  /// As the rows tell.
  public static func tableHeader(_ configuration: Configuration) -> TableHeader { .auto }

  /// Not known without the files, unless a format says otherwise.
  public static func declaredClasses(_ configuration: Configuration) -> [String]? { nil }

  /// As any folder.
  public static func openForPrediction(
    _ configuration: Configuration, root: String?, modalities: [String]
  ) throws(DataError) -> Dataset { try open(configuration, root: root, modalities: modalities) }
}
