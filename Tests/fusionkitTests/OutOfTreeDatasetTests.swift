import Foundation
import Testing

/// A data set out of the tree: the example is built, checked, trained with, evaluated by group and predicted with.
@Suite struct OutOfTreeDatasetTests {
  private static let example = Binary.package + "/Examples/OutOfTreeDataset"

  private static let built = Result {
    let library = Scratch.shared / "lib/libSensorsDataset.so"
    let outcome = try Binary.run(["plugin", "build", example, "-o", library])
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == "\(library): data set sensors\n")
    #expect(outcome.errors == "", "it compiles without warnings")
    return library
  }

  /// Tables that can be learned: who runs has large readings.
  private func write(to folder: Scratch, _ name: String = "data", labelled: Bool = true) throws {
    for (part, count) in [("train", 60), ("test", 20)] where labelled || part == "test" {
      let rows = (0..<count).map { row in
        let size = row % 2 == 0 ? 2.0 : 0.1
        let values = (1...5).map { "\(size * Double(($0 * row) % 7 + 1))" }.joined(separator: ",")
        return "\(values),subject \(row / 10)" + (labelled ? ",\(row % 2 == 0 ? "run" : "walk")" : "")
      }
      let header = "acc_1,acc_2,acc_3,gyro_1,gyro_2,subject" + (labelled ? ",activity" : "")
      try folder.write("\(name)/\(part).csv", ([header] + rows).joined(separator: "\n") + "\n")
    }
  }

  private func configuration(in folder: Scratch, library: String) throws {
    let text = try String(contentsOfFile: Self.example + "/configs/sensors.yaml", encoding: .utf8)
    try folder.write("sensors.yaml", text.replacing("../.build/libSensorsDataset.so", with: library))
  }

  @Test func theExampleKeepsTheRulesAndIsKnownEverywhere() throws {
    let library = try Self.built.get()
    let rules = try Binary.run(["conformance", "--plugin", library])
    #expect(rules.status == 0, "\(rules.output)")
    #expect(rules.output.contains("✔ data set sensors "))
    #expect(try Binary.run(["list", "datasets", "--plugin", library]).output.contains("\n  sensors "))
    let described = try Binary.run(["describe", "sensors", "--plugin", library])
    #expect(described.output.contains("data set sensors\n  movements recorded by two sensors"))
    #expect(try Binary.run(["schema", "--plugin", library]).output.contains("\"sensors\""))
    let source = Self.example + "/Sources/SensorsDataset/SensorsDataset.swift"
    #expect(try String(contentsOfFile: source, encoding: .utf8).split(separator: "\n").count < 60)
  }

  @Test func itTrainsEvaluatesByGroupAndPredicts() throws {
    let folder = Scratch()
    try write(to: folder)
    try write(to: folder, "new", labelled: false)
    try configuration(in: folder, library: Self.built.get())
    let set = ["--set", "data.root=data"]
    #expect(try Binary.run(["check", "sensors.yaml"] + set, in: folder.path).status == 0)
    let trained = try Binary.run(["train", "sensors.yaml", "--output", "./run"] + set, in: folder.path)
    try #require(trained.status == 0, "\(trained.errors)")
    let metrics = try JSONSerialization.jsonObject(with: bytes(folder / "run/metrics.json")) as? [String: Any]
    let test = (metrics?["splits"] as? [String: [String: Double]])?["test"]
    #expect(try #require(test?["accuracy"]) > 0.9)
    let groups = try Binary.run(["evaluate", "run", "--by-group"], in: folder.path)
    #expect(groups.status == 0 && groups.output.contains("subject 1"), "\(groups.errors)")
    let predicted = try Binary.run(["predict", "run", "--data", "new", "-o", "new.csv"], in: folder.path)
    try #require(predicted.status == 0, "\(predicted.errors)")
    let lines = try String(contentsOfFile: folder / "new.csv", encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 21 && lines[1].hasSuffix("run"), "\(lines.prefix(3))")
    let resumed = try Binary.run(
      ["train", "--resume", "run", "--set", "training.epochs=11"], in: folder.path)
    #expect(resumed.status == 0, "\(resumed.errors)")
  }

  @Test func mistakesAreToldAtTheirPlace() throws {
    let folder = Scratch()
    try write(to: folder)
    try configuration(in: folder, library: Self.built.get())
    func refusal(_ settings: String..., status: Int32, file: String = "sensors.yaml") throws -> String {
      let outcome = try Binary.run(
        ["train", file, "--output", "./refused", "--set", "data.root=data"] + settings.flatMap { ["--set", $0] },
        in: folder.path)
      #expect(outcome.status == status && outcome.output == "", "\(outcome.errors)")
      return outcome.errors
    }
    let unknown = try refusal("data.dataset=sensor", status: 2)
    #expect(unknown.contains("unknown data set 'sensor'\n  did you mean 'sensors'?"), "\(unknown)")
    let key = try refusal("data.table=x.csv", status: 2)
    #expect(key.contains("unknown key 'table' in data"), "\(key)")
    let missing = try refusal("data.root=dat", status: 1)
    #expect(missing.contains("dat: there is no such folder"), "\(missing)")
    let modality = try refusal(
      "modalities.rotation=null", "modalities.spin={type: vector, encoder: {type: identity}}", status: 1)
    #expect(modality.contains("has no modality 'spin'\n  expected: acceleration, rotation"), "\(modality)")
    try folder.write("data/test.csv", "acc_1,acc_2,acc_3,gyro_1,gyro_2,subject,activity\n1,2,3,4,5,s,swim\n")
    let classes = try refusal(status: 1)
    #expect(classes.contains("data/test.csv: row 1 has the class 'swim'\n  expected: run, walk"), "\(classes)")
    try folder.write("data/train.csv", "acc_1,acc_2,acc_3,gyro_1,gyro_2,subject,activity\n1,2,3,4,x,s,run\n")
    let cell = try refusal(status: 1)
    #expect(cell.contains("data/train.csv:2"), "\(cell)")
    // Without the library nobody knows the name.
    let text = try String(contentsOfFile: folder / "sensors.yaml", encoding: .utf8)
    try folder.write(
      "bare.yaml", text.split(separator: "\n").filter { !$0.hasPrefix("plugins") }.joined(separator: "\n"))
    let bare = try refusal(status: 2, file: "bare.yaml")
    #expect(bare.contains("unknown data set 'sensors'"), "\(bare)")
  }

  /// What a library hands on is distrusted like a file.
  @Test(arguments: [
    ("different", "left: holds 5 samples", "as many as right"),
    ("shape", "right: holds 24 values", "as many as the shape [12, 3] takes"),
    ("label", "the targets: row 12 has the label 7", "0 to 1"),
    ("order", "the data set 'crooked' opened left, right for the part 'train'", "right, left"),
    ("nan", "left: row 3 holds NaN", "finite values"),
    ("empty", "the data set 'crooked' opened no part", "train, validation or test"),
    ("nothing", "the part 'train': has no modality", "train"),
    ("thrown", "crooked: is closed on Mondays", "another day"),
  ])
  func aCrookedDatasetIsRefused(_ flaw: String, _ message: String, _ expected: String) throws {
    let folder = Scratch()
    let library = try Self.crooked.get()
    try folder.write(
      "crooked.yaml",
      """
      plugins: [\(library)]
      data: {dataset: crooked, flaw: \(flaw)}
      modalities:
        right: {type: vector, encoder: {type: identity}}
        left: {type: vector, encoder: {type: identity}}
      fusion: {type: concat}
      decoder: {type: linear}
      training: {epochs: 1}
      """)
    // A check looks at no values.
    let check = flaw == "nan" ? [] : [["check", "crooked.yaml"]]
    for command in [["train", "crooked.yaml", "--output", "./run"]] + check {
      let outcome = try Binary.run(command, in: folder.path)
      // A training fails; a check finds a configuration that cannot work.
      #expect(outcome.status == (command[0] == "train" ? 1 : 2), "\(outcome.errors)")
      #expect(outcome.errors.contains(message) && outcome.errors.contains(expected), "\(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder / "run/model.safetensors"))
  }

  private static let crooked = Result {
    let folder = Scratch.shared
    try folder.write(
      "CrookedDataset/Package.swift",
      """
      // swift-tools-version: 6.1
      import PackageDescription
      let package = Package(
        name: "CrookedDataset", products: [.library(name: "CrookedDataset", targets: ["CrookedDataset"])],
        dependencies: [.package(name: "FusionKit", path: "../FusionKit")],
        targets: [
          .target(name: "CrookedDataset", dependencies: [.product(name: "FusionData", package: "FusionKit")])
        ])
      """)
    try folder.write(
      "CrookedDataset/Sources/CrookedDataset/CrookedDataset.swift",
      """
      import FusionCore
      import FusionData
      public enum CrookedDataset: DatasetFormat {
        public static let name = "crooked"
        public static let summary = "for a test"
        public struct Configuration: ComponentConfiguration {
          public var flaw = ""
          public init() {}
          public static let options = [Option("flaw", "what is wrong")]
        }
        public static func open(
          _ configuration: Configuration, root: String?, modalities: [String]
        ) throws(DataError) -> Dataset {
          let flaw = configuration.flaw
          if flaw == "thrown" { throw DataError("crooked", "is closed on Mondays", expected: "another day") }
          if flaw == "empty" { return Dataset(source: "crooked", train: nil, test: nil) }
          func array(_ name: String, _ count: Int) throws(DataError) -> ModalityArray {
            var values = [Float](repeating: 1, count: count * 2)
            if flaw == "nan", name == "left" { values[5] = .nan }
            return ModalityArray(
              name, try StoredArray(values, shape: [count, flaw == "shape" ? 3 : 2], source: name))
          }
          var arrays = [try array("right", 12), try array("left", flaw == "different" ? 5 : 12)]
          if flaw == "shape" { arrays = [try array("left", 12)] }
          if flaw == "order" { arrays.reverse() }
          if flaw == "nothing" { arrays = [] }
          var labels = (0..<12).map { Int32($0 % 2) }
          if flaw == "label" { labels[11] = 7 }
          let train = try DataSplit(name: "train", modalities: arrays, targets: .classes(labels: labels, names: ["a", "b"]))
          return Dataset(source: "crooked", train: train, test: train.with(name: "test", rows: [0, 1]))
        }
        public static func example(in folder: String, withTargets: Bool) -> DatasetExample<Configuration> {
          DatasetExample(root: nil, modalities: ["right", "left"])
        }
      }
      """)
    let library = folder / "libCrookedDataset.so"
    let outcome = try Binary.run(["plugin", "build", folder / "CrookedDataset", "-o", library])
    try #require(outcome.status == 0, "\(outcome.errors)")
    return library
  }
}
