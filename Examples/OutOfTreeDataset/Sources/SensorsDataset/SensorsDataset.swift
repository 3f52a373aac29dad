import Foundation
import FusionCore
import FusionData

/// Movements recorded by two sensors: `train.csv` and `test.csv`, a row for each sample.
///
/// The columns `acc_1` to `acc_3` are the modality `acceleration`, `gyro_1` and `gyro_2` are `rotation`; `activity` is the class and
/// `subject` who wore the sensors. Rows to predict for need no `activity`.
public enum SensorsDataset: DatasetFormat {
  /// `dataset: sensors`.
  public static let name = "sensors"
  /// What `fusionkit list datasets` says.
  public static let summary = "movements recorded by two sensors: train.csv and test.csv"
  /// Nothing to choose.
  public typealias Configuration = NoConfiguration

  private static let columns = ["acceleration": "acc_1..acc_3", "rotation": "gyro_1..gyro_2"]

  /// Opens the tables; a folder for prediction has a test part alone.
  public static func open(_: Configuration, root: String?, modalities: [String]) throws(DataError) -> Dataset {
    guard let root else { throw DataError("data.root", "is missing", expected: "the folder of train.csv and test.csv") }
    try requireFolder(root, expected: "the folder of train.csv and test.csv")
    let isForTraining = FileManager.default.fileExists(atPath: "\(root)/train.csv")
    let train = isForTraining ? try part("train", root, modalities, classes: nil) : nil
    return Dataset(source: root, train: train, test: try part("test", root, modalities, classes: train?.classNames))
  }

  private static func part(
    _ name: String, _ root: String, _ modalities: [String], classes: [String]?
  ) throws(DataError) -> DataSplit {
    let table = try CSV(opening: "\(root)/\(name).csv", header: .yes)
    let arrays = try modalities.mapGathering { modality throws(DataError) in
      guard let range = columns[modality] else {
        throw DataError(
          table.path, "has no modality '\(modality)'", expected: columns.keys.sorted().joined(separator: ", "))
      }
      return ModalityArray(modality, try table.numbers(columns: table.columns(range)).scanned(device: Device()))
    }
    let words = try table.header?.firstIndex(of: "activity").map { column throws(DataError) in
      try table.text(column: column)
    }
    return try DataSplit(
      name: name, modalities: arrays,
      targets: words.map { words throws(DataError) in try .classes(words, names: classes, source: table.path) },
      groups: SampleGroups(table.text(column: table.columns("subject")[0])))
  }

  /// A few rows, for the conformance kit.
  public static func example(in folder: String, withTargets: Bool) throws(DataError) -> DatasetExample<Configuration> {
    for (part, hasTargets) in [("train", true), ("test", withTargets)] {
      let rows = (0..<8).map {
        "\($0).5,1,2,0.5,\($0),s\($0 / 2)" + (hasTargets ? ",\($0 % 2 == 0 ? "run" : "walk")" : "")
      }
      let header = "acc_1,acc_2,acc_3,gyro_1,gyro_2,subject" + (hasTargets ? ",activity" : "")
      try AtomicFile.write(([header] + rows).joined(separator: "\n") + "\n", to: "\(folder)/\(part).csv")
    }
    return DatasetExample(root: folder, modalities: ["acceleration", "rotation"])
  }
}
