import AllPlugins
import Datasets
import FusionConfig
import FusionCore
import FusionData
import Foundation

/// Tables, as numbers, as text and as classes.
struct TableFuzz: FuzzReader {
  static let name = "csv"
  let folder: String
  let seeds = Corpus.files([".csv": .table, ".tsv": .table])
  let dictionary: [String]

  init(folder: String) {
    self.folder = folder
    dictionary = Corpus.words(of: seeds)
  }

  func read(_ input: FuzzInput) throws {
    let path = "\(folder)/\(input.name)"
    try put(input.bytes, at: path)
    let table = try CSV(opening: path)
    guard table.columnCount > 0, table.rowCount > 0 else { throw Violation("a table without rows or columns") }
    var failure: (any Error)?
    for column in 0..<min(table.columnCount, 8) {
      let text = try table.text(column: column)
      guard text.count == table.rowCount else { throw Violation("\(text.count) of \(table.rowCount) rows") }
      do {
        let numbers = try table.numbers(columns: [column])
        guard try numbers.floats().allSatisfy(\.isFinite) else { throw Violation("numbers that are not finite") }
      } catch {
        failure = error
      }
    }
    var configuration = ArraysDataset.Configuration()
    configuration.files = ["x": "\(input.name):1", "targets": "\(input.name):\(table.columnCount)"]
    do { _ = try ArraysDataset.open(configuration, root: folder, modalities: ["x"]) } catch { failure = error }
    if let violation = failure as? Violation { throw violation }
    _ = try Inspection(of: path, device: Device(threads: 1))
    if let failure { throw failure }
  }
}

/// Configurations. What is taken resolves to a text that says the same.
struct YAMLFuzz: FuzzReader {
  static let name = "yaml"
  private let registry: Registry
  private let folder: String
  let seeds: [FuzzInput]
  let dictionary: [String]

  init(folder: String) throws {
    registry = try Registry.allPlugins()
    self.folder = folder
    let own = Corpus.files([".yaml": .yaml])
    let configs = Corpus.package + "/configs"
    let shipped = Corpus.files([".yaml": .yaml], in: [configs, configs + "/fusions", configs + "/study"])
    // What they extend lies beside them or one folder up.
    try FileManager.default.createDirectory(atPath: folder + "/configs", withIntermediateDirectories: true)
    for place in ["base", "configs/base"] {
      try FileManager.default.copyItem(atPath: configs + "/base", toPath: "\(folder)/\(place)")
    }
    seeds = own + shipped
    dictionary = Corpus.words(of: seeds)
  }

  func read(_ input: FuzzInput) throws {
    let path = "\(folder)/configs/input.yaml"
    try put(input.bytes, at: path)
    let experiment = try Experiment.load(path: path, registry: registry)
    let text = experiment.resolvedYAML
    do {
      let again = try Experiment.load(text: text, registry: registry)
      guard again.resolvedYAML == text else { throw Violation("the resolved configuration resolves to another one") }
    } catch let error as ConfigError {
      throw Violation("the resolved configuration is refused: \(error)\n\(text)")
    }
    if experiment.sweep != nil { _ = try experiment.trials(registry: registry) }
  }
}

/// `--set key=value`, over a valid configuration.
struct OverrideFuzz: FuzzReader {
  static let name = "set"
  private let registry: Registry
  let seeds: [FuzzInput]
  let dictionary: [String]
  private let text: String

  init(folder: String) throws {
    registry = try Registry.allPlugins()
    let own = Corpus.files([".yaml": .yaml])
    text = String(decoding: own[0].bytes, as: UTF8.self)
    seeds = [
      "training.epochs=5", "training.optimizer={type: adam, betas: [0.9, 0.99]}", "modalities.x.encoder.hidden.0=3",
      "fusion=add", "data.files.x=y.npy", "training.early_stopping.metric='validation.loss'", "seed=0x10",
    ].map { FuzzInput(name: "input.txt", format: .yaml, bytes: Array($0.utf8)) }
    dictionary = Corpus.words(of: own)
  }

  func read(_ input: FuzzInput) throws {
    let override = String(decoding: input.bytes, as: UTF8.self)
    _ = try Experiment.load(text: text, overrides: [override], registry: registry).resolvedYAML
  }
}

/// recipe.json beside a data set.
struct RecipeFuzz: FuzzReader {
  static let name = "recipe"
  let folder: String
  let seeds = Corpus.files(["recipe.json": .json])
  init(folder: String) { self.folder = folder }

  func read(_ input: FuzzInput) throws {
    try put(input.bytes, at: "\(folder)/recipe.json")
    _ = try Recipe.read(folder: folder)
  }
}
