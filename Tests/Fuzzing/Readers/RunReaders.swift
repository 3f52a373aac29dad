import AllPlugins
import FusionConfig
import FusionCore
import FusionData
import FusionTraining
import Foundation

/// A tiny run that was trained on its own small data, and what can be done with it.
private struct TinyRun {
  let folder: String
  let registry: Registry
  /// The run as it was trained: its files by their path within it.
  let files: [String: [UInt8]]
  var run: RunFolder { RunFolder(folder + "/run") }

  init(folder: String) throws {
    self.folder = folder
    registry = try Registry.allPlugins()
    for (part, count) in [("train", 12), ("test", 6)] {
      let values = (0..<count * 3).map { Float($0 * 7 % 11) / 11 }
      try Npy.write(values, shape: [count, 3], to: "\(folder)/\(part)_x.npy")
      try Npy.write((0..<count).map { $0 % 3 }, shape: [count], to: "\(folder)/\(part)_y.npy")
    }
    let text = """
      name: tiny
      data:
        dataset: arrays
        root: \(folder)
        train: {x: train_x.npy, targets: train_y.npy}
        test: {x: test_x.npy, targets: test_y.npy}
      modalities: {x: {type: vector, encoder: {type: mlp, hidden: [3], width: 2}}}
      fusion: {type: concat}
      decoder: {type: linear}
      task: {type: classification}
      training: {epochs: 2, batch_size: 6, optimizer: {type: adam, learning_rate: 0.01}}
      """
    let run = RunFolder(folder + "/run")
    try Trainer(.load(text: text, registry: registry), threads: 1).train(into: run)
    var files: [String: [UInt8]] = [:]
    for case let name as String in FileManager.default.enumerator(atPath: run.path)! {
      if let bytes = FileManager.default.contents(atPath: "\(run.path)/\(name)") { files[name] = Array(bytes) }
    }
    self.files = files
  }

  /// The run as it was, one file of it replaced.
  func restore(replacing input: FuzzInput) throws {
    // Whatever came beside the run's own files goes.
    try? FileManager.default.removeItem(atPath: run.path)
    try FileManager.default.createDirectory(atPath: run.checkpointFolder, withIntermediateDirectories: true)
    for (name, bytes) in files { try put(name == input.name ? input.bytes : bytes, at: "\(run.path)/\(name)") }
  }

  private func trainer(_ overrides: [String] = []) throws -> Trainer {
    try Trainer(.load(path: run.configuration, overrides: overrides, registry: registry), threads: 1)
  }

  func evaluate() throws {
    let evaluation = try trainer().evaluate(run)
    try check(evaluation.outputs, "evaluate")
    if let loss = evaluation.report?["loss"], !loss.isFinite { throw Violation("evaluate: a loss of \(loss)") }
  }

  func predict() throws {
    let prediction = try trainer().predict(run, folder: folder)
    try check(prediction.outputs, "predict")
    _ = prediction.csv(logits: true)
  }

  func resume() throws {
    let summary = try trainer(["training.epochs=3"]).resume(run)
    for (part, metrics) in summary.splits {
      for (name, value) in metrics where !value.isFinite { throw Violation("\(part).\(name) is \(value)") }
    }
  }

  private func check(_ outputs: Tensor, _ action: String) throws {
    guard outputs.storage.values.allSatisfy(\.isFinite) else {
      throw Violation("\(action): outputs that are not finite")
    }
  }

  static func format(_ name: String) -> Format {
    switch (name as NSString).pathExtension {
    case "json": .json
    case "csv": .table
    case "safetensors": .safetensors
    case "yaml": .yaml
    default: .bytes
    }
  }
}

/// Everything in a run folder but the weights and the checkpoint.
struct RunFuzz: FuzzReader {
  static let name = "run"
  private let tiny: TinyRun
  let seeds: [FuzzInput]

  init(folder: String) throws {
    let tiny = try TinyRun(folder: folder)
    self.tiny = tiny
    seeds = tiny.files.sorted { $0.key < $1.key }.filter { !$0.key.hasSuffix(".safetensors") && $0.key != "log.txt" }
      .map { FuzzInput(name: $0.key, format: TinyRun.format($0.key), bytes: $0.value) }
  }

  func read(_ input: FuzzInput) throws {
    try tiny.restore(replacing: input)
    _ = tiny.run.state
    var failure: (any Error)?
    let isConfiguration = input.name == "config.yaml"
    for step in [
      { _ = try RunSummary.read(from: tiny.run) }, { _ = try RunEnvironment.read(from: tiny.run) },
      // Another configuration may name any folder and ask for any effort: it is only read.
      { if isConfiguration { _ = try Experiment.load(path: tiny.run.configuration, registry: tiny.registry) } },
      { if !isConfiguration { try tiny.evaluate() } }, { if !isConfiguration { try tiny.predict() } },
      { if !isConfiguration { try tiny.resume() } },
    ] as [() throws -> Void] {
      do { try step() } catch {
        if error is Violation || !(error is any UserError) { throw error }
        failure = error
      }
    }
    if let failure { throw failure }
  }
}

/// A run's weights.
struct ModelFuzz: FuzzReader {
  static let name = "model"
  private let tiny: TinyRun
  let seeds: [FuzzInput]

  init(folder: String) throws {
    tiny = try TinyRun(folder: folder)
    seeds = [FuzzInput(name: "model.safetensors", format: .safetensors, bytes: tiny.files["model.safetensors"]!)]
  }

  func read(_ input: FuzzInput) throws {
    try tiny.restore(replacing: input)
    try tiny.evaluate()
    if Seal.isBroken(input.bytes) { throw Violation("weights were taken that their checksum contradicts") }
    try tiny.predict()
  }
}

/// A run's checkpoint.
struct CheckpointFuzz: FuzzReader {
  static let name = "checkpoint"
  private static let file = "checkpoint/state.safetensors"
  private let tiny: TinyRun
  let seeds: [FuzzInput]

  init(folder: String) throws {
    tiny = try TinyRun(folder: folder)
    seeds = [FuzzInput(name: Self.file, format: .safetensors, bytes: tiny.files[Self.file]!)]
  }

  func read(_ input: FuzzInput) throws {
    try tiny.restore(replacing: input)
    try tiny.resume()
    if Seal.isBroken(input.bytes) { throw Violation("a checkpoint was taken that its checksum contradicts") }
  }
}
