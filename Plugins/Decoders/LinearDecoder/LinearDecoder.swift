import FusionCore

/// One linear layer from the fused features to the task's output.
public struct LinearDecoder: Decoder {
  public static let name = "linear"
  public static let summary = "one linear layer from the fused features to the output"
  public typealias Configuration = NoConfiguration

  private let linear: Linear
  private let output: Shape

  public init(_ configuration: Configuration, input: Shape, output: Shape, context: BuildContext) {
    linear = Linear(inputs: input.elementCount, outputs: output.elementCount, context: context)
    self.output = output
  }

  public func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor {
    linear(fused.flattened(from: 1), pass).reshaped([fused.shape[0]] + output)
  }
}
