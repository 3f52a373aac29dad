import FusionCore

/// One hidden layer to the task's output: y = V tanh(W x + b) + c.
///
/// A start: put the head of your own in its place.
public struct SampleDecoder: Decoder {
  /// Its name in configurations.
  public static let name = "sample"
  /// What `fusionkit list` says of it.
  public static let summary = "one hidden layer from the fused features to the output"

  /// Its keys in configurations.
  public struct Configuration: ComponentConfiguration {
    /// The width of the hidden layer.
    public var width = 64
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [Option("width", "the width of the hidden layer", .size)]
  }

  private let hidden, last: Linear
  private let output: Shape

  /// The parameters.
  public init(_ configuration: Configuration, input: Shape, output: Shape, context: BuildContext) {
    let width = configuration.width
    hidden = Linear(inputs: input.elementCount, outputs: width, context: context.scope("hidden"))
    last = Linear(inputs: width, outputs: output.elementCount, context: context.scope("output"))
    self.output = output
  }

  /// Shapes: `[N, …input]` to `[N, …output]`.
  public func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor {
    last(hidden(fused.flattened(from: 1), pass).tanh(), pass).reshaped([fused.shape[0]] + output)
  }
}
