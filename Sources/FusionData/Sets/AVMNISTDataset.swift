import FusionCore
import Foundation

/// PyKale's layout of AV-MNIST: pairs of a written and a spoken digit.
///
/// ```
/// ROOT/image/train_data.npy   [N, 28, 28] or [N, 784]      ROOT/image/test_data.npy
/// ROOT/audio/train_data.npy   [N, 112, 112]                ROOT/audio/test_data.npy
/// ROOT/train_labels.npy       [N], 0 to 9                  ROOT/test_labels.npy
/// ```
///
/// Any numeric type. A folder with a test part alone, with or without labels, serves prediction, and need not have all
/// modalities. `ROOT/audio/train_present.npy` `[N]` and so on, where there is one, says with 0 which samples lack a modality.
public enum AVMNISTDataset: DatasetFormat {
  /// Nothing to choose: the layout says it all.
  public typealias Configuration = NoConfiguration
  /// `dataset: avmnist`.
  public static let name = "avmnist"
  /// One line on what it is.
  public static let summary = "AV-MNIST in PyKale's layout: images 28x28, spectrograms 112x112, labels 0 to 9"

  private static let classes = (0..<10).map { "\($0)" }
  static let sampleShapes: [String: Shape] = ["image": [28, 28], "audio": [112, 112]]

  /// The shapes of the layout; bytes, as the builders write them.
  public static func declaredArrays(_ configuration: NoConfiguration) -> [String: ArrayDescription]? {
    sampleShapes.mapValues { ArrayDescription(sampleShape: $0, elementType: "uint8", valueRange: 0...255) }
  }

  /// The ten digits.
  public static func declaredClasses(_ configuration: NoConfiguration) -> [String]? { classes }

  /// Opens the files of the modalities, checks shapes, labels and lengths, and looks for NaN in floating-point arrays.
  public static func open(
    _ configuration: NoConfiguration, root: String?, modalities: [String]
  ) throws(DataError) -> Dataset { try open(root: root, modalities: modalities, needsAll: true) }

  /// As any folder; modalities that a part has no array of are left out.
  public static func openForPrediction(
    _ configuration: NoConfiguration, root: String?, modalities: [String]
  ) throws(DataError) -> Dataset { try open(root: root, modalities: modalities, needsAll: false) }

  private static func open(root: String?, modalities: [String], needsAll: Bool) throws(DataError) -> Dataset {
    guard let root else { throw DataError("data.root", "is missing", expected: "the folder of the data set avmnist") }
    try requireFolder(root)
    let unknown = modalities.filter { sampleShapes[$0] == nil }
    guard unknown.isEmpty else {
      throw DataError(
        root, "avmnist has no modality \(unknown.map { "'\($0)'" }.joined(separator: ", "))", expected: "image, audio")
    }
    let device = Device(threads: ProcessInfo.processInfo.activeProcessorCount)
    let parts = try ["train", "test"].mapGathering { part throws(DataError) in
      try openPart(part, root: root, modalities: modalities, needsAll: needsAll, device: device)
    }
    guard parts.contains(where: { $0 != nil }) else {
      throw DataError(
        root, "holds neither a train nor a test part", expected: "\(modalities[0])/train_data.npy and so on")
    }
    return try Dataset(source: root, train: parts[0], test: parts[1], isGenerated: Recipe.isGenerated(folder: root))
  }

  /// Nil where none of the part's files is there.
  private static func openPart(
    _ part: String, root: String, modalities: [String], needsAll: Bool, device: Device
  ) throws(DataError) -> DataSplit? {
    let labelFile = "\(root)/\(part)_labels.npy"
    func data(_ modality: String) -> String { "\(root)/\(modality)/\(part)_data.npy" }
    func mask(_ modality: String) -> String { "\(root)/\(modality)/\(part)_present.npy" }
    let exists = { (file: String) in FileManager.default.fileExists(atPath: file) }
    let hasLabels = exists(labelFile)
    let isAnyThere = modalities.contains { exists(data($0)) }
    guard hasLabels || isAnyThere else { return nil }
    let wanted = needsAll || !isAnyThere ? modalities : modalities.filter { exists(data($0)) || exists(mask($0)) }
    let arrays = try wanted.mapGathering { modality throws(DataError) in
      let (shape, file) = (sampleShapes[modality]!, data(modality))
      let array = try Npy.open(file)
      guard array.sampleShape == shape || array.sampleShape == [shape.elementCount] else {
        throw DataError(
          file, "holds an array of shape \(array.shape)",
          expected: "[N, \(shape.map(String.init).joined(separator: ", "))]")
      }
      let presence = exists(mask(modality)) ? try PresenceMask(Npy.open(mask(modality))) : nil
      return try ModalityArray(
        modality, array.withSampleShape(shape), presence: presence, needed: needsAll && part == "train", device: device)
    }
    var targets: Targets?
    if hasLabels || part == "train" {
      targets = try .classes(Npy.open(labelFile), names: classes)
    }
    return try DataSplit(name: part, modalities: arrays, targets: targets, targetSource: labelFile)
  }
}

/// A clear error where a folder is missing or is none.
func requireFolder(
  _ path: String, expected: String = "a data set, for example one made by fusionkit data demo"
) throws(DataError) {
  var isFolder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
    throw DataError(path, "there is no such folder", expected: expected)
  }
  guard isFolder.boolValue else { throw DataError(path, "is a file, not a folder", expected: expected) }
}

extension Registry {
  /// Enters the data set formats of this room.
  public mutating func registerDatasets() throws(RegistryError) {
    try register(AVMNISTDataset.self, origin: "FusionData")
    try register(ArraysDataset.self, origin: "FusionData")
  }
}
