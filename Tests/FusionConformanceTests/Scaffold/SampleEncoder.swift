import FusionCore

/// One layer over the flattened input: y = tanh(W x + b).
///
/// A start: put the layers of your own in its place.
public struct SampleEncoder: Encoder {
  /// Its name in configurations.
  public static let name = "sample"
  /// What `fusionkit list` says of it.
  public static let summary = "one layer over the flattened input"

  /// Its keys in configurations.
  public struct Configuration: ComponentConfiguration {
    /// The width of the features.
    public var width = 64
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [Option("width", "the width of the features", .size)]
  }

  private let linear: Linear

  /// The parameters.
  public init(_ configuration: Configuration, input: Shape, context: BuildContext) {
    linear = Linear(inputs: input.elementCount, outputs: configuration.width, context: context.scope("linear"))
  }

  /// Shapes: `[N, …input]` to `[N, width]`.
  public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
    linear(input.flattened(from: 1), pass).tanh()
  }
}
