/// A pipeline with its parameters: raw arrays in, logits or values out.
///
/// Parameter names: `modalities.<name>.…`, `encoders.<name>.…`, `fusion.…`, `decoder.…`; and `missing.<name>.…` where the
/// policy for missing modalities has parameters. Where values are standardised, mean and deviation are buffers of the
/// pipeline too: `modalities.<name>.standardise.…` and `targets.standardise.…`, see ``Standardiser``.
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
  public let summary: ModelSummary
  /// All parameters and buffers.
  public let store = ParameterStore()
  /// What standardises the stored values of each modality, in order; nil where nothing does.
  public let standardisers: [Standardiser?]
  /// What standardises the targets of a regression; nil where they are taken as they are. The pipeline's output is of its
  /// units: see ``Standardiser/original(_:)``.
  public let targets: Standardiser?
  private let readings: [ValueConversion]
  /// The arrays that the pipeline was built for, in order.
  public let inputs: [ArrayDescription]
  /// The shape of one sample's output.
  public let output: Shape
  let branches: [Branch]
  let fusion: any Fusion
  let decoder: any Decoder
  let missing: MissingModalities
  /// The shape of one sample's fused features.
  public let fused: Shape

  init(
    _ specification: PipelineSpecification, inputs: [String: ArrayDescription],
    inferred: PipelineSpecification.Inferred, fused: Shape, output: Shape, standardisesTargets: Bool, device: Device,
    seed: UInt64
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
    let features = branches.map { ModalityShape($0.name, $0.features) }
    fusion = specification.fusion.make(features, context.scope("fusion"))
    decoder = specification.decoder.make(fused, output, context.scope("decoder"))
    missing = MissingModalities(
      specification.fusion.missingPolicy, fusion: specification.fusion.type.name, features,
      context: context.scope("missing"))
    readings = zip(specification.branches, arrays).map { $0.modality.conversion($1) }
    standardisers = zip(specification.branches, arrays).map { branch, array in
      branch.modality.standardisedFeatures(array).map {
        Standardiser($0, context: context.scope("modalities.\(branch.name).standardise"))
      }
    }
    targets =
      standardisesTargets
      ? Standardiser(FeatureLayout(count: output.elementCount), context: context.scope("targets.standardise")) : nil
    self.inputs = arrays
    self.specification = specification
    summary = inferred.summary
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

  /// How the stored values of each modality are scaled, in order: by what ``standardisers`` hold now.
  public var conversions: [ValueConversion] {
    readings.indices.map { readings[$0].standardised(by: standardisers[$0]) }
  }

  /// How the stored values of another array than the one built for would be scaled.
  public func conversion(of array: ArrayDescription, modality index: Int) -> ValueConversion {
    specification.branches[index].modality.conversion(array).standardised(by: standardisers[index])
  }

  /// The features of a batch, one tensor a modality, before they are fused.
  ///
  /// A modality and its encoder see only the samples that have it: what stands in the place of the others reaches neither
  /// the result nor a statistic of the batch. Their features are zeros.
  ///
  /// - Parameters:
  ///   - raw: one tensor `[N, …sample]` per modality, in order, already converted.
  ///   - presence: which samples have which modality; nil: nothing is missing.
  /// - Throws: ``PipelineError`` where a component gives another shape than without values, and for samples that have no
  ///   modality, or lack one that the fusion does not go without.
  public func encode(
    _ raw: [Tensor], presence: Presence? = nil, _ pass: ForwardPass
  ) throws(PipelineError) -> Features {
    precondition(
      raw.count == branches.count, "a pipeline of \(branches.count) modalities was given \(raw.count) tensors")
    precondition(
      presence.map { $0.masks.count == branches.count && $0.count == raw[0].shape[0] } ?? true,
      "presence of other modalities or samples than the tensors")
    try missing.check(presence)
    var entries: [(modality: String, tensor: Tensor)] = []
    for (index, raw) in raw.enumerated() {
      let branch = branches[index]
      guard let rows = presence?.rows(having: index) else {
        entries.append((branch.name, try encode(modality: index, raw, pass).features))
        continue
      }
      let batch = raw.shape[0]
      guard !rows.isEmpty else {
        entries.append((branch.name, .zeros([batch] + branch.features, device: pass.device)))
        continue
      }
      let features = try encode(modality: index, raw.selected(rows, axis: 0), pass).features
      entries.append((branch.name, features.spread(to: rows, of: batch)))
    }
    return Features(entries, presence: presence)
  }

  /// The fused features of a batch, before the decoder; what takes the place of missing ones is in them.
  /// Shape: `[N, …fused]`.
  ///
  /// - Throws: ``PipelineError`` as ``encode(_:presence:_:)``.
  public func fuse(_ features: Features, _ pass: ForwardPass) throws(PipelineError) -> Tensor {
    let complete = try missing.complete(features, pass.part("fusion"))
    let joined = pass.measured("fusion") { fusion(complete, pass.part("fusion")) }
    try expect(joined, fused, features.tensors[0].shape[0], "fusion", type(of: fusion).name, nil)
    return joined
  }

  /// The output for features: fusion, then decoder.
  ///
  /// - Throws: ``PipelineError`` as ``encode(_:presence:_:)``.
  public func decode(_ features: Features, _ pass: ForwardPass) throws(PipelineError) -> Tensor {
    try decode(fused: fuse(features, pass), pass)
  }

  /// The output for what ``fuse(_:_:)`` gave, `[N, …fused]`: the decoder alone.
  ///
  /// - Throws: ``PipelineError`` where the decoder produces another shape than was asked for.
  public func decode(fused joined: Tensor, _ pass: ForwardPass) throws(PipelineError) -> Tensor {
    let result = pass.measured("decoder") { decoder(joined, pass.part("decoder")) }
    try expect(result, output, joined.shape[0], "decoder", type(of: decoder).name, nil)
    return result
  }

  /// Shapes: one `[N, …sample]` per modality to `[N, …output]`.
  ///
  /// - Throws: ``PipelineError`` as ``encode(_:presence:_:)``.
  public func callAsFunction(
    _ raw: [Tensor], presence: Presence? = nil, _ pass: ForwardPass
  ) throws(PipelineError) -> Tensor {
    try decode(encode(raw, presence: presence, pass), pass)
  }

  func expect(
    _ tensor: Tensor, _ sample: Shape, _ batch: Int, _ kind: String, _ name: String, _ modality: String?
  ) throws(PipelineError) {
    guard tensor.shape != [batch] + sample else { return }
    let place = modality.map { " of modality '\($0)'" } ?? ""
    throw PipelineError(problems: [
      Problem(
        "the \(kind) '\(name)'\(place) inferred the shape \([batch] + sample) and produced \(tensor.shape)",
        hint: "the shape of a sample's result may depend neither on the batch nor on values: a bug of that component")
    ])
  }
}

extension Tensor {
  /// Rows put in their places among `count`, zeros elsewhere; the gradient comes back from those places alone.
  fileprivate func spread(to rows: [Int], of count: Int) -> Tensor {
    var places = [Int](repeating: rows.count, count: count)
    for (place, row) in rows.enumerated() { places[row] = place }
    let gap = Tensor.zeros([1] + shape.dropFirst(), device: device)
    return Tensor.concatenated([self, gap], axis: 0).selected(places, axis: 0)
  }
}
