/// A pipeline with its parameters: raw arrays in, logits or values out.
///
/// Parameter names: `modalities.<name>.…`, `encoders.<name>.…`, `fusion.…`, `decoder.…`.
public final class Pipeline {
  /// One modality at work.
  struct Branch {
    let name: String
    let modality: any Modality
    let encoder: any Encoder
    let encoderInput: Shape
    let features: Shape
  }

  /// What the pipeline was made from.
  public let specification: PipelineSpecification
  /// Layers and costs.
  public let blueprint: Blueprint
  /// All parameters and buffers.
  public let store = ParameterStore()
  /// How the stored values of each modality are scaled, in order.
  public let conversions: [ValueConversion]
  /// The arrays that the pipeline was built for, in order.
  public let inputs: [ArrayDescription]
  /// The shape of one sample's output.
  public let output: Shape
  let branches: [Branch]
  let fusion: any Fusion
  let decoder: any Decoder
  let fused: Shape

  init(
    _ specification: PipelineSpecification, inputs: [String: ArrayDescription],
    inferred: PipelineSpecification.Inferred, fused: Shape, output: Shape, device: Device, seed: UInt64
  ) throws(PipelineError) {
    let context = BuildContext(store: store, device: device, seed: seed)
    let arrays = specification.branches.map { inputs[$0.name]! }
    branches = specification.branches.enumerated().map { index, branch in
      let encoderInput = inferred.encoderInputs[index]!
      return Branch(
        name: branch.name,
        modality: branch.modality.make(arrays[index], context.scope("modalities.\(branch.name)")),
        encoder: branch.encoder.make(encoderInput, context.scope("encoders.\(branch.name)")),
        encoderInput: encoderInput, features: inferred.features[index]!)
    }
    fusion = specification.fusion.make(
      branches.map { ModalityShape($0.name, $0.features) }, context.scope("fusion"))
    decoder = specification.decoder.make(fused, output, context.scope("decoder"))
    conversions = zip(specification.branches, arrays).map { $0.modality.conversion($1) }
    self.inputs = arrays
    self.specification = specification
    blueprint = inferred.blueprint
    self.output = output
    self.fused = fused
    guard store.duplicateNames.isEmpty else {
      throw PipelineError(
        problems: store.duplicateNames.map {
          Problem("the parameter '\($0)' is made twice: a bug of the component that makes it")
        })
    }
  }

  /// The names of the modalities, in order.
  public var modalities: [String] { branches.map { $0.name } }

  /// How the stored values of another array than the one built for would be scaled.
  public func conversion(of array: ArrayDescription, modality index: Int) -> ValueConversion {
    specification.branches[index].modality.conversion(array)
  }

  /// The features of a batch, one tensor a modality, before they are fused.
  ///
  /// - Parameter raw: one tensor `[N, …sample]` per modality, in order, already converted.
  /// - Throws: ``PipelineError`` where a component produces another shape than it inferred.
  public func encode(_ raw: [Tensor], _ pass: ForwardPass) throws(PipelineError) -> Features {
    precondition(
      raw.count == branches.count, "a pipeline of \(branches.count) modalities was given \(raw.count) tensors")
    var entries: [(modality: String, tensor: Tensor)] = []
    for (branch, raw) in zip(branches, raw) {
      let input = branch.modality(raw, pass)
      try expect(input, branch.encoderInput, raw.shape[0], "modality", type(of: branch.modality).name, branch.name)
      let features = pass.measured("encoders.\(branch.name)") { branch.encoder(input, pass) }
      try expect(features, branch.features, raw.shape[0], "encoder", type(of: branch.encoder).name, branch.name)
      entries.append((branch.name, features))
    }
    return Features(entries)
  }

  /// The output for features: fusion, then decoder.
  public func decode(_ features: Features, _ pass: ForwardPass) throws(PipelineError) -> Tensor {
    let batch = features.tensors[0].shape[0]
    let joined = pass.measured("fusion") { fusion(features, pass) }
    try expect(joined, fused, batch, "fusion", type(of: fusion).name, nil)
    let result = pass.measured("decoder") { decoder(joined, pass) }
    try expect(result, output, batch, "decoder", type(of: decoder).name, nil)
    return result
  }

  /// Shapes: one `[N, …sample]` per modality to `[N, …output]`.
  ///
  /// - Throws: ``PipelineError`` where a component produces another shape than it inferred.
  public func callAsFunction(_ raw: [Tensor], _ pass: ForwardPass) throws(PipelineError) -> Tensor {
    try decode(encode(raw, pass), pass)
  }

  private func expect(
    _ tensor: Tensor, _ sample: Shape, _ batch: Int, _ kind: String, _ name: String, _ modality: String?
  ) throws(PipelineError) {
    guard tensor.shape != [batch] + sample else { return }
    let place = modality.map { " of modality '\($0)'" } ?? ""
    throw PipelineError(problems: [
      Problem(
        "the \(kind) '\(name)'\(place) inferred the shape \([batch] + sample) and produced \(tensor.shape)",
        hint: "its outputShape and its forward pass disagree: a bug of that component")
    ])
  }
}
