/// A pipeline as a configuration describes it: one modality and encoder per input, one fusion, one decoder.
public struct PipelineSpecification: Sendable {
  /// One modality with its encoder.
  public struct Branch: Sendable {
    /// The modality's name: the key of its array in the data set.
    public let name: String
    /// From the raw array to the encoder's input.
    public let modality: ConfiguredModality
    /// From there to features.
    public let encoder: ConfiguredEncoder

    /// A branch.
    public init(name: String, modality: ConfiguredModality, encoder: ConfiguredEncoder) {
      self.name = name
      self.modality = modality
      self.encoder = encoder
    }
  }

  /// The modalities in the order of the configuration, which is the order of the features.
  public let branches: [Branch]
  /// Joins the features.
  public let fusion: ConfiguredFusion
  /// Solves the task.
  public let decoder: ConfiguredDecoder

  /// A pipeline of these parts.
  public init(branches: [Branch], fusion: ConfiguredFusion, decoder: ConfiguredDecoder) {
    self.branches = branches
    self.fusion = fusion
    self.decoder = decoder
  }

  /// All shapes of a pipeline, as far as they could be inferred.
  public struct Inferred: Sendable {
    /// Layers, costs and problems.
    public var summary = ModelSummary()
    /// What each encoder takes.
    public var encoderInputs: [Shape?] = []
    /// What the fusion takes.
    public var features: [Shape?] = []
    /// What the decoder takes.
    public var fused: Shape?
  }

  /// Runs everything without values: infers every shape and gathers every problem, allocating nothing.
  ///
  /// - Parameters:
  ///   - inputs: the arrays of the data set by name; a name may be absent where the data are not at hand, and what
  ///     depends on it is then left open.
  ///   - output: what the task asks for, `[classes]` or `[targets]`; nil where that is not known yet.
  public func infer(inputs: [String: ArrayDescription], output: Shape?) -> Inferred {
    var result = Inferred()
    checkArity(&result.summary)
    for branch in branches {
      let keys = ["modalities", branch.name]
      let input = inputs[branch.name].flatMap { array in
        result.summary.scope("modalities.\(branch.name)", keys: keys) { branch.modality.infer(array, &$0) }
      }
      result.encoderInputs.append(input)
      result.features.append(
        input.flatMap { shape in
          result.summary.scope("encoders.\(branch.name)", keys: keys + ["encoder"]) {
            branch.encoder.infer(shape, &$0)
          }
        })
    }
    let known = zip(branches, result.features).compactMap { branch, shape in
      shape.map { ModalityShape(branch.name, $0) }
    }
    guard known.count == branches.count, hasValidArity else { return result }
    result.fused = result.summary.scope("fusion", keys: ["fusion"]) { fusion.infer(known, &$0) }
    if let fused = result.fused, let output {
      result.summary.scope("decoder", keys: ["decoder"]) { decoder.check(fused, output, &$0) }
    }
    result.summary.scope("missing") { MissingModalities.describe(fusion.missingPolicy, known, &$0) }
    checkSize(&result.summary)
    return result
  }

  /// Refuses what no machine could hold before anything is allocated.
  private func checkSize(_ summary: inout ModelSummary) {
    let largest = 1 << 31
    guard summary.parameterCount > largest, let layer = summary.layers.max(by: { $0.parameters < $1.parameters })
    else { return }
    summary.problem(
      "the pipeline would have \(summary.parameterCount) parameters, more than the \(largest) allowed",
      hint: "most of them are in '\(layer.name)': \(layer.parameters)")
  }

  private var hasValidArity: Bool {
    branches.count >= fusion.traits.fewest && branches.count <= fusion.traits.most ?? .max
  }

  private func checkArity(_ summary: inout ModelSummary) {
    guard !hasValidArity else { return }
    let names = branches.map { $0.name }.joined(separator: ", ")
    summary.scope("fusion", keys: ["fusion"]) {
      $0.problem(
        "the fusion '\(fusion.type.name)' takes \(fusion.traits.arity) modalities, the pipeline has \(branches.count): \(names)",
        key: "type", hint: "add or remove modalities, or choose another fusion (fusionkit list fusions)")
    }
  }

  /// Both passes: infers shapes, then makes the parameters.
  ///
  /// - Parameter standardisesTargets: whether the output is in units of the training targets' deviation, around their mean.
  /// - Throws: ``PipelineError`` with every problem that a run without values finds, arrays that the data set lacks included.
  public func build(
    inputs: [String: ArrayDescription], output: Shape, standardisesTargets: Bool = false, device: Device, seed: UInt64
  ) throws(PipelineError) -> Pipeline {
    let missing = branches.filter { inputs[$0.name] == nil }.map { branch in
      Problem(
        path: ["modalities", branch.name], "the data set has no array '\(branch.name)'",
        hint: "it has: \(inputs.keys.sorted().joined(separator: ", "))")
    }
    let inferred = infer(inputs: inputs, output: output)
    let problems = missing + inferred.summary.problems
    guard problems.isEmpty else { throw PipelineError(problems: problems) }
    guard let fused = inferred.fused else {
      throw PipelineError(problems: [Problem("a component gave no output shape and no reason: a bug of that component")]
      )
    }
    return try Pipeline(
      self, inputs: inputs, inferred: inferred, fused: fused, output: output,
      standardisesTargets: standardisesTargets, device: device, seed: seed)
  }
}
