import FusionCore

/// A run's pipeline, run once in evaluation on random values, with everything that it did.
///
/// Two of these, for different numbers of samples and different values, tell what of a model is fixed and what follows from
/// its input: see ``RecordedPair``.
struct RecordedPass {
  /// A part of the pipeline, by the operations that it took.
  struct Part {
    /// As parameters begin: `encoders.image`.
    let name: String
    /// For people: `the encoder 'lenet' of modality 'image'`.
    let title: String
    /// Indices of the log's entries.
    let entries: Range<Int>
  }

  let log = OperationLog()
  let samples: Int
  private(set) var parts: [Part] = []
  /// The features of each modality, what they are fused to, and the output: indices of the log's values; nil where no
  /// operation made the tensor.
  private(set) var features: [Int?] = []
  private(set) var fused: Int?
  private(set) var output: Int?
  /// The pipeline that ran; its tensors' device holds the log.
  let pipeline: Pipeline

  /// All results that a graph may give.
  var results: [Int?] { features + [fused, output] }

  /// The part of this name.
  func part(_ name: String) -> Part { parts.first { $0.name == name } ?? parts[parts.count - 1] }

  /// Builds, with `make`, and runs.
  ///
  /// - Parameters:
  ///   - more: how many samples there are more than modalities: each modality is missing in one sample, and one has all.
  ///   - scale: what the normal values of the input are multiplied with.
  ///   - missing: whether samples may lack modalities: each but one of them lacks some.
  init(
    more: Int, seed: UInt64, scale: Double = 1, missing: Bool, threads: Int, make: (Device) throws -> Pipeline
  ) throws {
    let device = Device(threads: threads, log: log)
    let pipeline = try make(device)
    let samples = pipeline.modalities.count + more
    (self.samples, self.pipeline) = (samples, pipeline)
    for parameter in pipeline.store.parameters { log.addParameter(parameter.name, parameter.value) }
    let random = RandomStream(seed: seed)
    let plain = Device(threads: 1)
    func given(_ name: String, _ tensor: Tensor) -> Tensor {
      let tensor = Tensor(shape: tensor.shape, storage: tensor.storage, device: device)
      log.addInput(name, tensor)
      return tensor
    }
    let raw = zip(pipeline.modalities, pipeline.inputs).map { name, input in
      given(name, random.derived(name).normal([samples] + input.sampleShape, deviation: scale, device: plain))
    }
    var presence: Presence?
    if missing {
      let masks = Self.masks(modalities: raw.count, samples: samples, random)
      presence = Presence(masks, count: samples)
      for (index, mask) in masks.enumerated() {
        let name = OperationLog.presence(ofModality: index)
        _ = given(name, Tensor(mask.map { $0 ? 1 : 0 }, shape: [samples], device: plain))
      }
    }
    let pass = ForwardPass.evaluation(device: device)
    let specification = pipeline.specification
    let encoded = try raw.enumerated().map { index, tensor in
      let branch = specification.branches[index]
      return try encode(tensor, index, pass, branch)
    }
    let entries = zip(pipeline.modalities, encoded).map { (modality: $0, tensor: $1) }
    let fused = try record("fusion", "the fusion '\(specification.fusion.type.name)'") {
      try pipeline.fuse(Features(entries, presence: presence), pass)
    }
    let output = try record("decoder", "the decoder '\(specification.decoder.type.name)'") {
      try pipeline.decode(fused: fused, pass)
    }
    features = encoded.map { log.value(of: $0) }
    (self.fused, self.output) = (log.value(of: fused), log.value(of: output))
  }

  /// The operations of a modality and of its encoder are parts of their own.
  private mutating func encode(
    _ tensor: Tensor, _ index: Int, _ pass: ForwardPass, _ branch: PipelineSpecification.Branch
  ) throws -> Tensor {
    let start = log.entries.count
    let (input, features) = try log.record { Result { try pipeline.encode(modality: index, tensor, pass) } }.get()
    var border = start
    if let value = log.value(of: input), case .computed(let entry) = log.values[value].source, entry >= start {
      border = entry + 1
    }
    parts.append(
      Part(
        name: "modalities.\(branch.name)", title: "the modality '\(branch.modality.type.name)' of '\(branch.name)'",
        entries: start..<border))
    parts.append(
      Part(
        name: "encoders.\(branch.name)", title: "the encoder '\(branch.encoder.type.name)' of '\(branch.name)'",
        entries: border..<log.entries.count))
    return features
  }

  private mutating func record(_ name: String, _ title: String, _ body: () throws -> Tensor) throws -> Tensor {
    let start = log.entries.count
    let result = try log.record { Result { try body() } }.get()
    parts.append(Part(name: name, title: title, entries: start..<log.entries.count))
    return result
  }

  /// Each modality is missing somewhere and there somewhere, and every sample has one.
  private static func masks(modalities: Int, samples: Int, _ random: RandomStream) -> [[Bool]] {
    (0..<modalities).map { modality in
      (0..<samples).map { sample in
        if sample < modalities { return sample != modality }
        if sample == modalities { return true }
        let kept = random.derived("kept").integer(below: modalities, at: sample)
        return kept == modality || random.derived("missing").derived(modality).integer(below: 2, at: sample) == 1
      }
    }
  }
}
