import FusionComponents
import FusionCore

/// A multilayer perceptron from the fused features to the task's output.
public struct MLPDecoder: Decoder {
  /// Its name in configurations.
  public static let name = "mlp"
  /// What `fusionkit list` says of it.
  public static let summary = "a multilayer perceptron from the fused features to the output"

  /// The keys of `decoder: {type: mlp}`.
  public struct Configuration: ComponentConfiguration {
    /// Width of each hidden layer.
    public var hidden = [100]
    /// What follows each hidden layer.
    public var activation = Activation.relu
    /// Share of hidden values set to zero in training.
    public var dropout = 0.0
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options = Option.perceptron
  }

  private let perceptron: MultilayerPerceptron
  private let output: Shape

  /// Draws the parameters: `layers.<i>.weight` [out, in], `layers.<i>.bias` [out], initialised as
  /// `torch.nn.Linear`.
  public init(_ configuration: Configuration, input: Shape, output: Shape, context: BuildContext) {
    perceptron = MultilayerPerceptron(
      inputs: input.elementCount, hidden: configuration.hidden, outputs: output.elementCount,
      activation: configuration.activation, dropout: configuration.dropout, context: context)
    self.output = output
  }

  /// Decodes a batch: `[N, …]`, flattened to `[N, D]` → `[N, classes]`, or the shape of the targets.
  public func callAsFunction(_ fused: Tensor, _ pass: ForwardPass) -> Tensor {
    perceptron(fused.flattened(from: 1), pass).reshaped([fused.shape[0]] + output)
  }
}
