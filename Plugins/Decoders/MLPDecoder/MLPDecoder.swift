import FusionComponents
import FusionCore

/// A multilayer perceptron from the fused features to the task's output.
public struct MLPDecoder: Decoder {
  public static let name = "mlp"
  public static let summary = "a multilayer perceptron from the fused features to the output"

  public struct Configuration: ComponentConfiguration {
    public var hidden = [100]
    public var activation = Activation.relu
    public var dropout = 0.0
    public init() {}
    public static let options = Option.perceptron
  }

  private let perceptron: MultilayerPerceptron
  private let output: Shape

  public init(_ configuration: Configuration, input: Shape, output: Shape, context: BuildContext) {
    perceptron = MultilayerPerceptron(
      inputs: input.elementCount, hidden: configuration.hidden, outputs: output.elementCount,
      activation: configuration.activation, dropout: configuration.dropout, context: context)
    self.output = output
  }

  public func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor {
    perceptron(fused.flattened(from: 1), pass).reshaped([fused.shape[0]] + output)
  }
}
