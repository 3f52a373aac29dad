import FusionCore
import Foundation

/// How a folder holds pairs of written and spoken digits: an npy file for each modality and part, one for the labels.
///
/// What the builders write, `data inspect` recognises and the data sets `avmnist` and `written_spoken` open.
package struct DigitLayout: Sendable {
  /// The data set's name, for messages.
  let dataset: String
  /// The modalities, in the order in which they are told to people.
  package let modalities: [String]
  /// The shape of a sample of each modality. Files may hold it flat.
  package let sampleShapes: [String: Shape]
  /// The path, within the folder, of a modality's array of a part.
  let array: @Sendable (_ modality: String, _ part: String) -> String
  /// The path, within the folder, of the list of the samples that have a modality; a part may be without.
  let presence: @Sendable (_ modality: String, _ part: String) -> String
  /// The path, within the folder, of a part's labels.
  let labels: @Sendable (_ part: String) -> String
  /// The path, within the folder, of a table whose column `recording` tells what each sample was made of; a part may be
  /// without.
  let origins: @Sendable (_ part: String) -> String

  package static let classes = (0..<10).map { "\($0)" }
  /// PyKale's layout of AV-MNIST.
  package static let avmnist = DigitLayout(
    dataset: "avmnist", modalities: ["image", "audio"], sampleShapes: ["image": [28, 28], "audio": [112, 112]],
    array: { "\($0)/\($1)_data.npy" }, presence: { "\($0)/\($1)_present.npy" }, labels: { "\($0)_labels.npy" },
    origins: { "\($0)_origins.csv" })
  /// The files of the written and spoken digits database.
  package static let writtenSpoken = DigitLayout(
    dataset: "written_spoken", modalities: ["image", "audio"],
    sampleShapes: ["image": [28, 28], "audio": [DigitCepstrum.frames, DigitCepstrum.coefficients]],
    array: { modality, part in "data_\(modality == "image" ? "wr" : "sp")_\(part).npy" },
    presence: { modality, part in "present_\(modality == "image" ? "wr" : "sp")_\(part).npy" },
    labels: { "labels_\($0).npy" }, origins: { "origins_\($0).csv" })
  /// Those that a folder can be recognised as.
  static let all = [avmnist, writtenSpoken]

  /// The modalities of which a folder holds an array.
  func modalities(in folder: String) -> [String] {
    modalities.filter { name in
      ["train", "test"].contains { FileManager.default.fileExists(atPath: "\(folder)/\(array(name, $0))") }
    }
  }

  /// Opens the files of the modalities, checks shapes, labels and lengths, and looks for NaN in floating-point arrays.
  ///
  /// - Parameter needsAll: whether every modality has to be there; otherwise those that a part has no array of are left out.
  package func open(root: String?, modalities: [String], needsAll: Bool) throws(DataError) -> Dataset {
    guard let root else {
      throw DataError("data.root", "is missing", expected: "the folder of the data set \(dataset)")
    }
    try requireFolder(root)
    try UnfinishedBuild.check(root)
    let unknown = modalities.filter { sampleShapes[$0] == nil }
    guard unknown.isEmpty else {
      throw DataError(
        root, "\(dataset) has no modality \(unknown.map { "'\($0)'" }.joined(separator: ", "))",
        expected: self.modalities.joined(separator: ", "))
    }
    let device = Device(threads: ProcessInfo.processInfo.activeProcessorCount)
    let parts = try ["train", "test"].mapGathering { part throws(DataError) in
      try openPart(part, root: root, modalities: modalities, needsAll: needsAll, device: device)
    }
    guard parts.contains(where: { $0 != nil }) else {
      throw DataError(
        root, "holds neither a train nor a test part", expected: "\(array(modalities[0], "train")) and so on")
    }
    return try Dataset(source: root, train: parts[0], test: parts[1], isGenerated: Recipe.isGenerated(folder: root))
  }

  /// Nil where none of the part's files is there.
  private func openPart(
    _ part: String, root: String, modalities: [String], needsAll: Bool, device: Device
  ) throws(DataError) -> DataSplit? {
    let labelFile = "\(root)/\(labels(part))"
    func data(_ modality: String) -> String { "\(root)/\(array(modality, part))" }
    func mask(_ modality: String) -> String { "\(root)/\(presence(modality, part))" }
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
      targets = try .classes(Npy.open(labelFile), names: Self.classes)
    }
    let originFile = "\(root)/\(origins(part))"
    return try DataSplit(
      name: part, modalities: arrays, targets: targets, targetSource: labelFile,
      groups: exists(originFile) ? Self.recordings(originFile) : nil, groupSource: originFile)
  }

  /// Samples with the same recording belong together; nil where the table does not tell recordings.
  private static func recordings(_ file: String) throws(DataError) -> SampleGroups? {
    let table = try CSV(opening: file)
    guard let column = table.header?.firstIndex(of: "recording") else { return nil }
    return SampleGroups(try table.text(column: column))
  }

  /// Writes a few samples of noise, the same every time: 20 to train on, one of each class to test.
  package func writeExample(in folder: String, withTargets: Bool) throws(DataError) {
    let random = RandomStream(seed: 0)
    for (part, count) in [("train", 20), ("test", 10)] {
      for name in modalities {
        let file = "\(folder)/\(array(name, part))"
        let shape = sampleShapes[name]!
        let values = (0..<count * shape.elementCount).map { place in
          UInt8(random.derived(part).derived(name).integer(below: 256, at: place))
        }
        try? FileManager.default.createDirectory(
          atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Npy.write(values, shape: [count] + shape, to: file)
      }
      guard part == "train" || withTargets else { continue }
      try Npy.write((0..<count).map { $0 % Self.classes.count }, shape: [count], to: "\(folder)/\(labels(part))")
    }
  }
}
