import FusionComponents
import FusionCore

/// Feature vectors: whatever is stored, flattened to `[D]`.
public struct VectorModality: Modality {
  /// Its name in configurations.
  public static let name = "vector"
  /// What `fusionkit list` says of it.
  public static let summary = "a feature vector [D]; arrays of any shape are flattened"

  /// The keys of `modalities.NAME: {type: vector}`.
  public struct Configuration: ComponentConfiguration {
    /// How stored numbers are read; auto standardises them.
    public var values = FeatureValues.auto
    /// The mean that is subtracted after scaling.
    public var mean = 0.0
    /// The deviation that values are divided by after that.
    public var std = 1.0
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("values", "how stored numbers are read; auto standardises them", FeatureValues.self),
      Option("mean", "subtracted after scaling"),
      Option("std", "what is divided by after that", .above(0)),
    ]
  }

  /// How stored numbers become the values that the encoder gets.
  public static func conversion(_ configuration: Configuration, input: ArrayDescription) -> ValueConversion {
    configuration.values.conversion(mean: configuration.mean, deviation: configuration.std)
  }

  /// Which values are standardised by their mean and deviation in the training part; nil: none.
  public static func standardisedFeatures(_ configuration: Configuration, input: ArrayDescription) -> FeatureLayout? {
    configuration.values.standardises(mean: configuration.mean, deviation: configuration.std)
      ? FeatureLayout(count: input.sampleShape.elementCount) : nil
  }

  /// A modality with these settings; it has no parameters of its own.
  public init(_ configuration: Configuration, input: ArrayDescription, context: BuildContext) {
    let values = configuration.values.words(mean: configuration.mean, deviation: configuration.std, context: context)
    context.describe("vector, \(values)")
  }

  /// A batch as its encoder gets it: `[…]` → `[D]`.
  public func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor {
    // One number a sample, stored as `[N]`, has no axis 1 to flatten.
    raw.reshaped([raw.shape[0], raw.shape.dropFirst().reduce(1, *)])
  }
}
