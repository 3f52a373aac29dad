import FusionComponents
import FusionCore

/// Feature vectors: whatever is stored, flattened to `[D]`.
public struct VectorModality: Modality {
  public static let name = "vector"
  public static let summary = "a feature vector [D]; arrays of any shape are flattened"

  public struct Configuration: ComponentConfiguration {
    public var values = FeatureValues.auto
    public var mean = 0.0
    public var std = 1.0
    public init() {}
    public static let options: [Option] = [
      Option("values", "how stored numbers are read; auto standardises them", FeatureValues.self),
      Option("mean", "subtracted after scaling"),
      Option("std", "what is divided by after that", .above(0)),
    ]
  }

  public static func conversion(_ configuration: Configuration, input: ArrayDescription) -> ValueConversion {
    configuration.values.conversion(mean: configuration.mean, deviation: configuration.std)
  }

  public static func standardisedFeatures(_ configuration: Configuration, input: ArrayDescription) -> FeatureLayout? {
    configuration.values.standardises(mean: configuration.mean, deviation: configuration.std)
      ? FeatureLayout(count: input.sampleShape.elementCount) : nil
  }

  public init(_ configuration: Configuration, input: ArrayDescription, context: BuildContext) {
    let values = configuration.values.words(mean: configuration.mean, deviation: configuration.std, context: context)
    context.describe("vector, \(values)")
  }

  public func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor {
    // One number a sample, stored as `[N]`, has no axis 1 to flatten.
    raw.reshaped([raw.shape[0], raw.shape.dropFirst().reduce(1, *)])
  }
}
