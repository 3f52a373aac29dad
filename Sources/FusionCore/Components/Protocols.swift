/// A named feature shape: what one modality hands to the fusion, for one sample, without the batch dimension.
public struct ModalityShape: Sendable, Equatable {
  /// The modality's name in the configuration.
  public let modality: String
  /// The shape for one sample: `[D]` for a vector, `[T, D]` for tokens.
  public let shape: Shape
  /// The number of values for one sample: the width after flattening.
  public var width: Int { shape.elementCount }

  /// A shape with a name.
  public init(_ modality: String, _ shape: Shape) {
    self.modality = modality
    self.shape = shape
  }
}

/// What is known of a stored array before it is read: enough to infer every shape and scale.
public struct ArrayDescription: Sendable, Equatable {
  /// The shape of one sample, without the batch dimension.
  public var sampleShape: Shape
  /// The stored type as NumPy writes it: `uint8`, `float32`, `float64`, ….
  public var elementType: String
  /// The smallest and largest stored value, where they have been looked at.
  public var valueRange: ClosedRange<Double>?

  /// Describes an array.
  public init(sampleShape: Shape, elementType: String, valueRange: ClosedRange<Double>? = nil) {
    self.sampleShape = sampleShape
    self.elementType = elementType
    self.valueRange = valueRange
  }
}

/// From a raw array to the tensor that an encoder takes: the shape and the scale of its values.
public protocol Modality: Component {
  /// How stored values are scaled; applied by the data loader, so that bytes stay bytes until a batch is made.
  static func conversion(_ configuration: Configuration, input: ArrayDescription) -> ValueConversion

  /// Where the values of each feature stand, if the stored values are to be standardised: the pipeline then keeps mean
  /// and deviation of the training part's values in its buffers, and completes ``conversion(_:input:)`` by them. Nil, the
  /// default: they are not.
  static func standardisedFeatures(_ configuration: Configuration, input: ArrayDescription) -> FeatureLayout?

  /// A modality for arrays of this kind; says by `context.problem` what it cannot read.
  init(_ configuration: Configuration, input: ArrayDescription, context: BuildContext)

  /// Shapes: `[N, …raw sample]`, converted, to `[N, …output]`.
  func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor
}

/// From a modality's tensor to features: a vector `[N, D]`, or tokens `[N, T, D]`.
public protocol Encoder: Component {
  /// Makes the parameters for samples of the shape `input`; says by `context.problem` what does not fit.
  init(_ configuration: Configuration, input: Shape, context: BuildContext)

  /// Shapes: `[N, …input]` to `[N, …output]`.
  func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor
}

/// The features of all modalities for one batch, in the order of the configuration.
public struct Features {
  /// Modality names and their tensors `[N, …]`, in order.
  public let entries: [(modality: String, tensor: Tensor)]
  /// Which samples have which modality; nil: nothing is missing. The values of a modality in the rows of samples that lack
  /// it must not count; a pipeline puts zeros there.
  public let presence: Presence?

  /// Features in a given order.
  public init(_ entries: [(modality: String, tensor: Tensor)], presence: Presence? = nil) {
    self.entries = entries
    self.presence = presence
  }

  /// The tensors in order.
  public var tensors: [Tensor] { entries.map(\.tensor) }
  /// The tensors in order, each flattened to `[N, D]`.
  public var vectors: [Tensor] { entries.map { $0.tensor.rank == 2 ? $0.tensor : $0.tensor.flattened(from: 1) } }
}

/// What a fusion does where a modality is missing for a sample.
///
/// The pipeline puts zeros, means and tokens in place, and refuses; a fusion that declares one of these sees features
/// without gaps. One that declares to skip or to renormalise is handed ``Features/presence`` and does so itself, with
/// ``Features/leavingOut(_:as:axis:)``.
public enum MissingModalityPolicy: String, Sendable, CaseIterable, Codable {
  /// Zeros take its place.
  case zero
  /// The mean of the training features takes its place.
  case mean
  /// A learned vector takes its place.
  case token
  /// The term is left out.
  case skip
  /// The remaining terms are weighted up.
  case renormalise
  /// The sample cannot be processed.
  case refuse
}

/// What a user asks to be done where a modality is missing: `missing:` in the section of the fusion.
public enum MissingModalityChoice: String, Sendable, CaseIterable, Codable {
  /// What the fusion declares.
  case own
  /// Zeros, whatever the fusion declares.
  case zero
  /// The mean of the training features, whatever the fusion declares.
  case mean
  /// A learned vector, whatever the fusion declares.
  case token
  /// Samples that lack a modality are refused.
  case refuse

  /// The policy that follows for a fusion that declares `declared`.
  public func policy(declared: MissingModalityPolicy) -> MissingModalityPolicy {
    switch self {
    case .own: declared
    case .zero: .zero
    case .mean: .mean
    case .token: .token
    case .refuse: .refuse
    }
  }
}

/// What a fusion declares about itself; checks are gated by traits, never by names.
public struct FusionTraits: Sendable, Equatable {
  /// The fewest and the most modalities it takes; no upper end: any number.
  public var fewest: Int
  /// See ``fewest``.
  public var most: Int?
  /// Whether exchanging two modalities can change the result beyond the names of parameters.
  public var orderMatters: Bool
  /// Whether two evaluations of the same batch may differ.
  public var isStochastic: Bool
  /// What it does with a missing modality.
  public var missing: MissingModalityPolicy
  /// What it names beside its result with ``ForwardPass/sideOutput(_:_:)``, for objectives to read; `<modality>` stands for
  /// the name of each: `logits.<modality>`.
  public var sideOutputs: [String]

  /// Traits; the defaults suit most fusions.
  public init(
    fewest: Int = 1, most: Int? = nil, orderMatters: Bool = true, isStochastic: Bool = false,
    missing: MissingModalityPolicy = .zero, sideOutputs: [String] = []
  ) {
    self.fewest = fewest
    self.most = most
    self.orderMatters = orderMatters
    self.isStochastic = isStochastic
    self.missing = missing
    self.sideOutputs = sideOutputs
  }

  /// In words, for error messages: `exactly 2`, `2 or more`, `1 to 3`.
  public var arity: String {
    guard let most else { return "\(fewest) or more" }
    return fewest == most ? "exactly \(fewest)" : "\(fewest) to \(most)"
  }
}

/// From the features of all modalities to one tensor.
public protocol Fusion: Component {
  /// How many modalities it takes, and how it behaves, whatever its configuration; the defaults of ``FusionTraits`` if it says
  /// nothing.
  static var traits: FusionTraits { get }

  /// The same where it depends on the configuration.
  static func traits(_ configuration: Configuration) -> FusionTraits

  /// Makes the parameters for features of these shapes; says by `context.problem` what does not fit. The number of
  /// modalities has been checked against ``traits(_:)`` before.
  init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext)

  /// Shapes: the features `[N, …]` to `[N, …output]`.
  func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor
}

/// From fused features to the task: logits of classes, or the values of a regression.
public protocol Decoder: Component {
  /// Makes the parameters for fused features of the shape `input`; `output` is the shape that the task asks for: `[classes]`,
  /// `[targets]`. Says by `context.problem` what does not fit.
  init(_ configuration: Configuration, input: Shape, output: Shape, context: BuildContext)

  /// Shapes: `[N, …input]` to `[N, …output]`.
  func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor
}

extension Modality {
  /// A modality.
  public static var kind: ComponentKind { .modality }
  /// Nothing is standardised.
  public static func standardisedFeatures(_ configuration: Configuration, input: ArrayDescription) -> FeatureLayout? {
    nil
  }
}
extension Encoder {
  /// An encoder.
  public static var kind: ComponentKind { .encoder }
}
extension Fusion {
  /// A fusion.
  public static var kind: ComponentKind { .fusion }
  /// Those of most fusions.
  public static var traits: FusionTraits { FusionTraits() }
  /// Those of every configuration.
  public static func traits(_ configuration: Configuration) -> FusionTraits { traits }
  /// What the traits say.
  public static func isStochastic(_ configuration: Configuration) -> Bool { traits(configuration).isStochastic }
}
extension Decoder {
  /// A decoder.
  public static var kind: ComponentKind { .decoder }
}

extension [ModalityShape] {
  /// The width of all modalities side by side.
  public var totalWidth: Int { reduce(0) { $0 + $1.width } }
}
