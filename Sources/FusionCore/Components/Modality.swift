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

extension Modality {
  /// A modality.
  public static var kind: ComponentKind { .modality }
  /// Nothing is standardised.
  public static func standardisedFeatures(_ configuration: Configuration, input: ArrayDescription) -> FeatureLayout? {
    nil
  }
}
