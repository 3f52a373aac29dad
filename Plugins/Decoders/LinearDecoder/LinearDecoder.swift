import FusionCore

/// One linear layer from the fused features to the task's output.
public struct LinearDecoder: Decoder {
  /// Its name in configurations.
  public static let name = "linear"
  /// What `fusionkit list` says of it.
  public static let summary = "one linear layer from the fused features to the output"
  /// It has no keys.
  public typealias Configuration = NoConfiguration

  private let linear: Linear
  private let output: Shape

  /// Draws the parameters: `weight` [out, in], `bias` [out], initialised as `torch.nn.Linear`.
  public init(_ configuration: Configuration, input: Shape, output: Shape, context: BuildContext) {
    linear = Linear(inputs: input.elementCount, outputs: output.elementCount, context: context)
    self.output = output
  }

  /// Decodes a batch: `[N, …]`, flattened to `[N, D]` → `[N, classes]`, or the shape of the targets.
  public func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor {
    linear(fused.flattened(from: 1), pass).reshaped([fused.shape[0]] + output)
  }
}
