import FusionConfig
import FusionCore
import FusionData
import Foundation

/// The task, where all encoders are frozen: encodings are computed once for each part of the data and kept; fusion and
/// decoder are trained on them.
///
/// Encoders run over whole blocks of samples (see ``BlockEncoder``), so that a sample has the same encoding in any batch:
/// training on kept encodings and on those computed anew takes the same steps, to the bit.
final class FrozenEncodersWork: StageWork {
  let store = ParameterStore()
  var train: DataSplit { kept[bench.train.name] ?? bench.train }
  var conversions: [ValueConversion] { keeps ? identities : bench.pipeline.conversions }
  private let bench: TrainingContext
  private let cache: EncodingCache
  private let keeps: Bool
  private let objectives: StageObjectives?
  private let encoder: BlockEncoder
  private let evaluator: Evaluator
  /// By the name of the part.
  private var kept: [String: DataSplit] = [:]

  init(
    _ bench: TrainingContext, _ stage: Stage, run: RunFolder, progress: any ProgressReporter, stop: StopFlag
  ) {
    self.bench = bench
    encoder = BlockEncoder(pipeline: bench.pipeline, device: bench.device)
    evaluator = bench.evaluator(progress, batchSize: stage.evaluationBatchSize)
    let policy = stage.stage?.cache ?? .auto
    let isStochastic = bench.pipeline.specification.branches.contains {
      $0.modality.isStochastic || $0.encoder.isStochastic
    }
    let isTransformed = !bench.experiment.transforms.isEmpty
    keeps = policy != .none && !isStochastic && !isTransformed
    if policy != .none, isTransformed {
      progress.report(.note("encodings are not kept: transforms change the samples in every epoch"))
    } else if policy != .none, isStochastic {
      progress.report(.note("encodings are not kept: an encoder draws random numbers in evaluation too"))
    }
    objectives = StageObjectives(bench, stage, store: store)
    cache = EncodingCache(encoder: encoder, policy: policy, run: run, progress: progress, stop: stop)
  }

  private var identities: [ValueConversion] { bench.pipeline.conversions.map { _ in .identity } }

  func prepare() throws -> Bool {
    guard keeps, kept.isEmpty else { return true }
    guard let encoded = try cache.encode([bench.train] + (bench.data.validation.map { [$0] } ?? [])) else {
      return false
    }
    for split in encoded { kept[split.name] = split }
    return true
  }

  func step(_ batch: Batch, presence: Presence?, _ pass: ForwardPass, at place: StepPlace) throws -> StepResult {
    let features = try features(batch, presence: presence, areKept: keeps)
    if let objectives {
      // Encodings that are kept are numbered from 0.
      let rows = keeps ? batch.rows.map { bench.train.rows[$0] } : Array(batch.rows)
      return try objectives.result(features, batch, rows: rows, pass, at: place)
    }
    let output = try bench.pipeline.decode(features, pass)
    return bench.objective.result(output, batch, bench.device)
  }

  func evaluate(_ split: DataSplit, title: String) throws -> MetricValues {
    let known = kept[split.name]
    let conversions = try known == nil ? bench.pipeline.conversions(for: split) : identities
    let output = bench.pipeline.output
    var values: [Float] = []
    values.reserveCapacity(split.count * output.elementCount)
    try evaluator.forEachBatch(of: known ?? split, conversions, title: title) { batch in
      let features = try features(batch, presence: batch.presence, areKept: known != nil)
      let pass = ForwardPass.evaluation(device: bench.device)
      let output = try bench.pipeline.decode(features, pass)
      // Encodings that are kept are those of the part's samples, in its order.
      try evaluator.require(
        output, isFiniteFor: batch, of: split, among: known == nil ? nil : split.rows
      ) { try bench.pipeline.firstNotFinite(features, pass) }
      values += output.scalars
    }
    let outputs = Tensor(values, shape: [split.count] + output, device: bench.device)
    return try bench.objective.report(outputs, split)?.values ?? [:]
  }

  func endEpoch(_ place: StepPlace, training: [String: Double]) throws {
    try objectives?.endEpoch(place, training: training, evaluator) { split in
      if let known = kept[split.name] { return (known, identities) }
      return (split, try bench.pipeline.conversions(for: split))
    } features: { batch, _ in
      try features(batch, presence: batch.presence, areKept: keeps)
    }
  }

  private func features(_ batch: Batch, presence: Presence?, areKept: Bool) throws -> Features {
    let tensors = batch.tensors(device: bench.device)
    return Features(
      Array(zip(bench.pipeline.modalities, areKept ? tensors : try encoder.features(tensors))), presence: presence)
  }
}

/// Encodes samples in blocks of a fixed size, the last one filled up with its last sample.
///
/// How a matrix product of a few rows rounds may depend on how many they are: with blocks, an encoding is a function of
/// its sample alone.
struct BlockEncoder {
  let pipeline: Pipeline
  let device: Device
  /// Samples in a block.
  static let size = 64

  /// The features of all modalities, `[N, …features]` each, in order.
  ///
  /// What stands in the place of a missing sample is encoded too, and replaced before the fusion sees it: in evaluation no
  /// sample reaches another's features.
  ///
  /// - Parameter raw: one tensor `[N, …sample]` per modality, in order, already converted.
  func features(_ raw: [Tensor]) throws(PipelineError) -> [Tensor] {
    let count = raw[0].shape[0]
    let shapes = pipeline.featureShapes
    let results = shapes.map { Storage(count: count * $0.elementCount) }
    for start in stride(from: 0, to: count, by: Self.size) {
      let rows = min(Self.size, count - start)
      let block = raw.map { filled($0, start, rows) }
      let features = try pipeline.encode(block, .evaluation(device: device)).tensors
      for (result, tensor) in zip(results, features) {
        let width = tensor.count / Self.size
        (result.base + start * width).update(from: tensor.storage.base, count: rows * width)
      }
    }
    return zip(shapes, results).map { Tensor(shape: [count] + $0, storage: $1, device: device) }
  }

  private func filled(_ raw: Tensor, _ start: Int, _ rows: Int) -> Tensor {
    let width = raw.count / raw.shape[0]
    return Tensor(shape: [Self.size] + raw.shape.dropFirst(), device: device) { block in
      let source = raw.storage.base + start * width
      block.baseAddress!.update(from: source, count: rows * width)
      for row in rows..<Self.size {
        (block.baseAddress! + row * width).update(from: source + (rows - 1) * width, count: width)
      }
    }
  }
}

/// Computes the encodings of parts of the data and keeps them, in memory or in a file.
struct EncodingCache {
  let encoder: BlockEncoder
  let policy: EncodingCachePolicy
  let run: RunFolder
  let progress: any ProgressReporter
  let stop: StopFlag
  /// Up to how many bytes `auto` means memory.
  static let memoryLimit = 1 << 30

  /// The parts with encodings in place of their arrays; nil where the stop flag was raised.
  ///
  /// - Throws: `DataError` where there is too little memory, or room on the disk.
  func encode(_ splits: [DataSplit]) throws -> [DataSplit]? {
    let width = encoder.pipeline.featureShapes.reduce(0) { $0 + $1.elementCount }
    let samples = splits.reduce(0) { $0 + $1.count }
    let (bytes, isHuge) = samples.multipliedReportingOverflow(by: width * 4)
    let isFile = policy == .file || policy == .auto && (isHuge || bytes > Self.memoryLimit)
    let clock = ContinuousClock()
    let start = clock.now
    var encoded: [DataSplit] = []
    for split in splits {
      guard let part = try encode(split, inFile: isFile) else { return nil }
      encoded.append(part)
    }
    let seconds = start.duration(to: clock.now).seconds
    progress.report(
      .note(
        "encodings of \(samples) samples: "
          + String(format: "%.1f MB in ", Double(bytes) / 1e6) + (isFile ? "a temporary file" : "memory")
          + String(format: ", computed in %.1f s, %.0f samples/s", seconds, Double(samples) / max(seconds, 1e-9))))
    return encoded
  }

  private func encode(_ split: DataSplit, inFile: Bool) throws -> DataSplit? {
    let pipeline = encoder.pipeline
    let writers = try zip(pipeline.modalities, pipeline.featureShapes).map { name, shape in
      // Named like a file that was never finished: what a process that is killed here leaves goes with the next.
      try ArrayWriter(
        shape: [split.count] + shape, source: "the encodings of '\(name)' (\(split.name))",
        file: inFile ? "\(run.path)/encodings-\(split.name)-\(name).partial-\(getpid())" : nil)
    }
    progress.report(.began(title: "encode \(split.name)", samples: split.count))
    defer { progress.report(.ended) }
    let loader = BatchLoader(
      split, conversions: try pipeline.conversions(for: split), batchSize: BlockEncoder.size)
    var done = 0
    while let batch = try loader.next() {
      if stop.isSet { return nil }
      let features = try encoder.features(batch.tensors(device: encoder.device))
      for (writer, tensor) in zip(writers, features) { try writer.append(UnsafeBufferPointer(tensor.storage.values)) }
      done += batch.count
      progress.report(.advanced(samples: done, loss: nil))
    }
    let arrays = try zip(split.modalities, writers).map { modality, writer in
      ModalityArray(modality.name, try writer.finish(), presence: modality.presence?.gathered(split.rows))
    }
    return try split.replacing(arrays: arrays)
  }
}
