// A component's type together with its configuration, the type forgotten: what a configuration file is decoded to.

/// A component of any kind and its configuration.
public struct ConfiguredComponent: Sendable {
  /// The component's type.
  public let type: any Component.Type
  /// Its configuration, a `type.Configuration`.
  public let configuration: any ComponentConfiguration

  /// Pairs a type with a configuration.
  public init<C: Component>(_ type: C.Type, _ configuration: C.Configuration) {
    self.type = type
    self.configuration = configuration
  }

  /// Of what is a pair already.
  init(erasing type: any Component.Type, _ configuration: any ComponentConfiguration) {
    self.type = type
    self.configuration = configuration
  }
}

/// A modality and its configuration.
public struct ConfiguredModality: Sendable {
  /// The component's type.
  public let type: any Modality.Type
  /// Its configuration, a `type.Configuration`.
  public let configuration: any ComponentConfiguration
  /// Whether two evaluations of the same batch may differ.
  public let isStochastic: Bool
  /// Runs the component once without values; see ``ModelSummary/infer(_:_:make:run:)``.
  package let infer: @Sendable (ArrayDescription, inout ModelSummary) -> Shape?
  let conversion: @Sendable (ArrayDescription) -> ValueConversion
  let standardisedFeatures: @Sendable (ArrayDescription) -> FeatureLayout?
  let make: @Sendable (ArrayDescription, BuildContext) -> any Modality

  /// Pairs a type with a configuration.
  public init<M: Modality>(_ type: M.Type, _ configuration: M.Configuration) {
    self.type = type
    self.configuration = configuration
    isStochastic = M.isStochastic(configuration)
    infer = { array, summary in
      summary.infer(
        type, [ModalityShape("array", array.sampleShape)], make: { M(configuration, input: array, context: $0) },
        run: { $0($1[0], $2) })
    }
    conversion = { M.conversion(configuration, input: $0) }
    standardisedFeatures = { M.standardisedFeatures(configuration, input: $0) }
    make = { M(configuration, input: $0, context: $1) }
  }
}

/// An encoder and its configuration.
public struct ConfiguredEncoder: Sendable {
  /// The component's type.
  public let type: any Encoder.Type
  /// Its configuration, a `type.Configuration`.
  public let configuration: any ComponentConfiguration
  /// Whether two evaluations of the same batch may differ.
  public let isStochastic: Bool
  /// Runs the component once without values; see ``ModelSummary/infer(_:_:make:run:)``.
  package let infer: @Sendable (Shape, inout ModelSummary) -> Shape?
  let make: @Sendable (Shape, BuildContext) -> any Encoder
  /// Makes the mirror for an input of this shape; nil where the encoder is no ``AutoencodableEncoder``.
  let makeMirror: (@Sendable (Shape, BuildContext) -> any ReconstructionDecoder)?

  /// Whether it can be trained alone, by reconstruction.
  public var hasMirror: Bool { makeMirror != nil }

  /// Pairs a type with a configuration.
  public init<E: Encoder>(_ type: E.Type, _ configuration: E.Configuration) {
    func maker<M: AutoencodableEncoder>(_ type: M.Type) -> @Sendable (Shape, BuildContext) -> any ReconstructionDecoder
    {
      // E is M, found out at run time: their configurations are of one type.
      let configuration = configuration as! M.Configuration
      return { M.mirror(configuration, input: $0, context: $1) }
    }
    self.type = type
    self.configuration = configuration
    makeMirror = (type as? any AutoencodableEncoder.Type).map { maker($0) }
    isStochastic = E.isStochastic(configuration)
    infer = { input, summary in
      summary.infer(
        type, [ModalityShape("input", input)], make: { E(configuration, input: input, context: $0) },
        run: { $0($1[0], $2) })
    }
    make = { E(configuration, input: $0, context: $1) }
  }
}

/// A fusion and its configuration.
public struct ConfiguredFusion: Sendable {
  /// The component's type.
  public let type: any Fusion.Type
  /// Its configuration, a `type.Configuration`.
  public let configuration: any ComponentConfiguration
  /// What the fusion declares about itself.
  public let traits: FusionTraits
  /// What was asked to be done where a modality is missing.
  public let missing: MissingModalityChoice
  /// What is done where a modality is missing.
  public var missingPolicy: MissingModalityPolicy { missing.policy(declared: traits.missing) }
  /// Runs the component once without values; see ``ModelSummary/infer(_:_:make:run:)``.
  package let infer: @Sendable ([ModalityShape], inout ModelSummary) -> Shape?
  let make: @Sendable ([ModalityShape], BuildContext) -> any Fusion

  /// Pairs a type with a configuration.
  public init<F: Fusion>(_ type: F.Type, _ configuration: F.Configuration, missing: MissingModalityChoice = .own) {
    self.type = type
    self.configuration = configuration
    self.missing = missing
    traits = F.traits(configuration)
    infer = { inputs, summary in
      summary.infer(
        type, inputs, make: { F(configuration, inputs: inputs, context: $0) },
        run: { fusion, tensors, pass in
          fusion(Features(zip(inputs, tensors).map { ($0.modality, $1) }), pass)
        })
    }
    make = { F(configuration, inputs: $0, context: $1) }
  }
}

/// A decoder and its configuration.
public struct ConfiguredDecoder: Sendable {
  /// The component's type.
  public let type: any Decoder.Type
  /// Its configuration, a `type.Configuration`.
  public let configuration: any ComponentConfiguration
  /// Runs the component once without values; see ``ModelSummary/infer(_:_:make:run:)``.
  package let infer: @Sendable (_ input: Shape, _ output: Shape, inout ModelSummary) -> Shape?

  /// Runs the component once without values; another shape than asked for is a problem.
  func check(_ input: Shape, _ output: Shape, _ summary: inout ModelSummary) {
    guard let found = infer(input, output, &summary), found != output else { return }
    summary.problem(
      "the decoder '\(type.name)' gives \(found) for a sample, the task asks for \(output)", key: "type")
  }
  let make: @Sendable (_ input: Shape, _ output: Shape, BuildContext) -> any Decoder

  /// Pairs a type with a configuration.
  public init<D: Decoder>(_ type: D.Type, _ configuration: D.Configuration) {
    self.type = type
    self.configuration = configuration
    infer = { input, output, summary in
      summary.infer(
        type, [ModalityShape("fused", input)],
        make: { D(configuration, input: input, output: output, context: $0) }, run: { $0($1[0], $2) })
    }
    make = { D(configuration, input: $0, output: $1, context: $2) }
  }
}
