import FusionCore

/// One layer over the flattened input: y = tanh(W x + b).
///
/// A start: put the layers of your own in its place.
public struct SampleEncoder: Encoder {
  public static let name = "sample"
  public static let summary = "one layer over the flattened input"

  public struct Configuration: ComponentConfiguration {
    public var width = 64
    public init() {}
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
