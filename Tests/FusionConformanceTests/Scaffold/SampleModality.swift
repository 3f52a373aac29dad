import FusionCore

/// Stored arrays of any shape as vectors.
///
/// A start: say which arrays you read, and into which shape.
public struct SampleModality: Modality {
  /// Its name in configurations.
  public static let name = "sample"
  /// What `fusionkit list` says of it.
  public static let summary = "arrays of any shape as vectors"

  /// Its keys in configurations.
  public struct Configuration: ComponentConfiguration {
    /// How stored numbers are read.
    public var values = ValueScale.raw
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [Option("values", "how stored numbers are read", ValueScale.self)]
  }

  /// How stored values become those that the model sees; applied while a batch is gathered.
  public static func conversion(_ configuration: Configuration, input: ArrayDescription) -> ValueConversion {
    configuration.values.conversion(for: input)
  }

  private let width: Int

  /// What it is made for.
  public init(_ configuration: Configuration, input: ArrayDescription, context: BuildContext) {
    context.describe("sample, \(configuration.values.words(for: input, context: context))")
    width = input.sampleShape.elementCount
  }

  /// Shapes: `[N, …sample]` to `[N, width]`.
  public func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor { raw.reshaped([raw.shape[0], width]) }
}
