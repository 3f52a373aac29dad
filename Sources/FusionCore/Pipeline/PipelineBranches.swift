// What a pipeline does with one modality alone.

extension Pipeline {
  /// One modality's way through its encoder.
  ///
  /// - Parameters:
  ///   - raw: `[N, …sample]`, converted, of the modality at `index`.
  /// - Returns: what the encoder takes, `[N, …input]`, and what it makes of it, `[N, …features]`.
  /// - Throws: ``PipelineError`` where a component produces another shape than it inferred.
  public func encode(
    modality index: Int, _ raw: Tensor, _ pass: ForwardPass
  ) throws(PipelineError) -> (input: Tensor, features: Tensor) {
    let branch = branches[index]
    let pass = pass.part("encoders.\(branch.name)")
    let input = branch.modality(raw, pass)
    try expect(input, branch.encoderInput, raw.shape[0], "modality", type(of: branch.modality).name, branch.name)
    let features = pass.measured("encoders.\(branch.name)") { branch.encoder(input, pass) }
    try expect(features, branch.features, raw.shape[0], "encoder", type(of: branch.encoder).name, branch.name)
    return (input, features)
  }

  /// The shape of one sample's features, by modality, in order.
  public var featureShapes: [Shape] { branches.map(\.features) }

  /// Makes the mirror of the encoder at `index`; nil where it has none.
  ///
  /// - Parameter context: where the mirror's parameters are made; they are not the pipeline's.
  public func makeMirror(ofModality index: Int, _ context: BuildContext) -> (any ReconstructionDecoder)? {
    specification.branches[index].encoder.makeMirror?(branches[index].encoderInput, context)
  }
}
