import FusionCore

/// One hidden layer to the task's output: y = V tanh(W x + b) + c.
///
/// A start: put the head of your own in its place.
public struct SampleDecoder: Decoder {
  public static let name = "sample"
  public static let summary = "one hidden layer from the fused features to the output"

  public struct Configuration: ComponentConfiguration {
    public var width = 64
    public init() {}
    public static let options: [Option] = [Option("width", "the width of the hidden layer", .size)]
  }

  /// The first pass: the cost of each layer; `output` is what the task asks for.
  public static func check(_ configuration: Configuration, input: Shape, output: Shape, summary: inout ModelSummary) {
    let sizes = (input.elementCount, configuration.width, output.elementCount)
    summary.layer(
      "hidden", "linear \(sizes.0) → \(sizes.1), tanh", output: [sizes.1],
      parameters: Linear.parameterCount(inputs: sizes.0, outputs: sizes.1),
      flops: Linear.flops(inputs: sizes.0, outputs: sizes.1))
    summary.layer(
      "output", "linear \(sizes.1) → \(sizes.2)", output: output,
      parameters: Linear.parameterCount(inputs: sizes.1, outputs: sizes.2),
      flops: Linear.flops(inputs: sizes.1, outputs: sizes.2))
  }

  private let hidden, last: Linear
  private let output: Shape

  /// The second pass: the parameters.
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
