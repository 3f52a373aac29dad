import FusionCore

/// Stored arrays of any shape as vectors.
///
/// A start: say which arrays you read, and into which shape.
public struct SampleModality: Modality {
  public static let name = "sample"
  public static let summary = "arrays of any shape as vectors"

  public struct Configuration: ComponentConfiguration {
    public var values = ValueScale.raw
    public init() {}
    public static let options: [Option] = [Option("values", "how stored numbers are read", ValueScale.self)]
  }

  /// The first pass: the shape that the encoder takes; nil after a problem was reported.
  public static func outputShape(
    _ configuration: Configuration, input: ArrayDescription, summary: inout ModelSummary
  ) -> Shape? {
    guard let scale = summary.resolve(configuration.values, for: input) else { return nil }
    let shape = [input.sampleShape.elementCount]
    summary.layer("", "sample, \(scale)", output: shape)
    return shape
  }

  /// How stored values become those that the model sees; applied while a batch is gathered.
  public static func conversion(_ configuration: Configuration, input: ArrayDescription) -> ValueConversion {
    configuration.values.conversion(for: input)
  }

  private let width: Int

  /// The second pass.
  public init(_ configuration: Configuration, input: ArrayDescription, context: BuildContext) {
    width = input.sampleShape.elementCount
  }

  /// Shapes: `[N, …sample]` to `[N, width]`.
  public func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor { raw.reshaped([raw.shape[0], width]) }
}
