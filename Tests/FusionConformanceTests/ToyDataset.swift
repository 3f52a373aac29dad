import Foundation
import FusionCore
import FusionData

enum DAT1: Flaw { static let id = "DAT-1" }
enum DAT2: Flaw { static let id = "DAT-2" }
enum DAT3: Flaw { static let id = "DAT-3" }
enum DAT3Classes: Flaw {
  static let id = "DAT-3"
  static let variant = "classes"
}
enum DAT4: Flaw { static let id = "DAT-4" }
enum DAT5: Flaw { static let id = "DAT-5" }
enum DAT5Classes: Flaw {
  static let id = "DAT-5"
  static let variant = "classes"
}
enum DAT6: Flaw { static let id = "DAT-6" }
enum DAT7: Flaw { static let id = "DAT-7" }
enum DAT8: Flaw { static let id = "DAT-8" }

/// A valid data set of one file; each flaw breaks one rule of the kit.
enum ToyDataset<F: Flaw>: DatasetFormat {
  typealias Configuration = NoConfiguration
  static var name: String { "toy" }
  static var summary: String { "two modalities" }

  static func declaredArrays(_: Configuration) -> [String: ArrayDescription]? {
    let width = F.id == "DAT-5" && F.variant.isEmpty ? 7 : 3
    return [
      "a": ArrayDescription(sampleShape: [width], elementType: "float32", valueRange: nil),
      "b": ArrayDescription(sampleShape: [2], elementType: "float32", valueRange: nil),
    ]
  }
  static func declaredClasses(_: Configuration) -> [String]? {
    F.id == "DAT-5" && F.variant == "classes" ? ["no", "maybe", "yes"] : ["no", "yes"]
  }

  static func open(_: Configuration, root: String?, modalities: [String]) throws(DataError) -> Dataset {
    let labelled = FileManager.default.fileExists(atPath: "\(root ?? "")/labelled.txt")
    if F.id != "DAT-6" {
      try requireFolder(root ?? "")
      guard labelled || FileManager.default.fileExists(atPath: "\(root ?? "")/unlabelled.txt") else {
        throw DataError(root ?? "", "holds nothing")
      }
    }
    let unknown = modalities.filter { !["a", "b"].contains($0) }
    if let first = unknown.first {
      throw DataError("toy", F.id == "DAT-7" ? "has no such modality" : "has no modality '\(first)'")
    }
    if F.id == "DAT-8", !labelled { throw DataError("toy", "has no targets") }
    let names = F.id == "DAT-1" ? modalities.sorted() : modalities
    return Dataset(
      source: "toy", train: try part("train", 6, names, true),
      test: try part("test", 4, names, labelled || F.id == "DAT-6"))
  }

  private static func part(
    _ name: String, _ count: Int, _ modalities: [String], _ isLabelled: Bool
  ) throws(DataError) -> DataSplit {
    let arrays = try modalities.mapGathering { modality throws(DataError) in
      let width = (modality == "a" ? 3 : 2) + (F.id == "DAT-4" && name == "test" && isLabelled ? 1 : 0)
      var values = (0..<count * width).map { Float($0) }
      if F.id == "DAT-2" { values[0] = Float.random(in: 0..<1) }
      if F.id == "DAT-3", F.variant.isEmpty { values[1] = .nan }
      return ModalityArray(modality, try StoredArray(values, shape: [count, width], source: modality))
    }
    let turned = F.id == "DAT-3" && F.variant == "classes" && name == "test"
    return try DataSplit(
      name: name, modalities: arrays,
      targets: isLabelled
        ? .classes(labels: (0..<count).map { Int32($0 % 2) }, names: turned ? ["yes", "no"] : ["no", "yes"]) : nil)
  }

  static func example(in folder: String, withTargets: Bool) throws(DataError) -> DatasetExample<Configuration> {
    try AtomicFile.write("", to: "\(folder)/\(withTargets ? "labelled" : "unlabelled").txt")
    return DatasetExample(root: folder, modalities: ["a", "b"])
  }
}
