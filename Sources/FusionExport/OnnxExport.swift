import FusionConfig
import FusionCore
import FusionData
import FusionTraining

/// A run's model as an ONNX graph: what `predict` computes, from the numbers as they are stored to logits, probabilities or
/// values.
///
/// ```swift
/// let export = try OnnxExport(of: RunFolder("outputs/late"), by: Trainer(experiment, threads: 2))
/// try export.write(to: "late.onnx")
/// ```
///
/// The graph is what the pipeline does: it runs twice, for different numbers of samples and different values, and every
/// operation is written down. Nothing is written by hand for a component, so that those of other packages export as well.
public struct OnnxExport {
  /// What a graph is to have.
  public struct Options: Sendable, Equatable {
    /// Whether it takes one more input for each modality, `present.<modality>`, that says which samples have it.
    public var takesMissing = false
    /// Outputs beside the result: the fused features as `fused`, those of each modality as `features.<modality>`.
    public var outputs: [Extra] = []
    /// Whether batch norms become part of the weights of the convolutions before them.
    public var folds = false

    /// The result alone.
    public init() {}
  }

  /// An output beside the result.
  public enum Extra: String, Sendable, CaseIterable {
    /// What the fusion gives.
    case fused
    /// What each encoder gives.
    case features
  }

  /// An input or output of the graph, for people.
  public struct Port: Sendable, Equatable, Encodable {
    /// Its name.
    public let name: String
    /// The type of its numbers, as NumPy writes it.
    public let type: String
    /// The shape of one sample; the number of samples stands before it.
    public let sampleShape: Shape
  }

  /// What the graph takes.
  public let inputs: [Port]
  /// What it gives.
  public let outputs: [Port]
  /// How many operators it has.
  public let nodeCount: Int
  private let message: ProtobufMessage

  /// Runs the model of a run and writes its graph.
  ///
  /// - Throws: `RunFolderError`, `ConfigError`, `CheckpointError` where there is no model; ``ExportError`` where it has no graph,
  ///   with the component and its operation.
  public init(of run: RunFolder, by trainer: Trainer, _ options: Options = Options()) throws {
    let record = try RunEnvironment.read(from: run).data
    let experiment = trainer.experiment
    let quiet = Trainer(experiment, threads: trainer.threads)
    let metadata = [
      ("fusionkit.version", FusionKit.version), ("fusionkit.name", experiment.name),
      ("fusionkit.seed", "\(experiment.seed)"), ("fusionkit.task", experiment.task.word),
      ("fusionkit.classes", jsonText(record.classes, pretty: false)), ("fusionkit.config", experiment.resolvedYAML),
    ]
    try self.init(task: experiment.task, metadata: metadata, threads: trainer.threads, options) { device, isFirst in
      try (isFirst ? trainer : quiet).pipeline(of: run, record, device: device)
    }
  }

  /// The graph of any pipeline.
  ///
  /// - Parameter make: builds it on a device, always with the same weights; the first time, it may say what there is to say.
  package init(
    task: TaskSettings, metadata: [(key: String, value: String)], threads: Int, _ options: Options = Options(),
    make: (_ device: Device, _ isFirst: Bool) throws -> Pipeline
  ) throws {
    func pass(_ more: Int, seed: UInt64, scale: Double = 1, isFirst: Bool = false) throws -> RecordedPass {
      try RecordedPass(more: more, seed: seed, scale: scale, missing: options.takesMissing, threads: threads) {
        let pipeline = try make($0, isFirst)
        if options.takesMissing { try Self.checkMissing(pipeline.specification) }
        return pipeline
      }
    }
    let pair = try RecordedPair(pass(2, seed: 1, isFirst: true), pass(4, seed: 2))
    // What turns on values may go the same way twice: with opposite, large and small ones, hardly.
    for (seed, scale) in [(1, -10), (3, 0.1)] as [(UInt64, Double)] {
      try RecordedPair(pair.first, pass(2, seed: seed, scale: scale)).requireEqualOperations()
    }
    var graph = PipelineGraph(pair, task: task, options)
    try graph.write()
    for (key, value) in metadata { graph.graph.addMetadata(key, value) }
    (inputs, outputs) = (graph.inputs, graph.outputs)
    let model = graph.graph.model
    nodeCount = model.nodes.count
    message = model.message
    guard message.count < 1 << 31 else {
      throw ExportError("the model takes \(message.count) bytes: an ONNX file holds less than 2 GiB")
    }
  }

  /// Writes the file, whole or not at all.
  public func write(to path: String) throws(DataError) {
    let file = try AtomicFile(path)
    for piece in message.pieces { try file.write(piece) }
    try file.commit()
  }

  /// The file's bytes.
  public var bytes: [UInt8] { message.bytes }

  private static func checkMissing(_ pipeline: PipelineSpecification) throws(ExportError) {
    guard pipeline.branches.count > 1 else {
      throw ExportError("--missing: the model has one modality, and no sample can lack it")
    }
    guard pipeline.fusion.missingPolicy != .refuse else {
      throw ExportError(
        "--missing: the fusion '\(pipeline.fusion.type.name)' refuses samples that lack a modality\n  train with "
          + "fusion.missing: zero, mean or token, or leave --missing out")
    }
  }
}

extension TaskSettings {
  /// The task's name in a configuration.
  var word: String {
    switch self {
    case .classification: "classification"
    case .multilabel: "multilabel"
    case .regression: "regression"
    }
  }
}
