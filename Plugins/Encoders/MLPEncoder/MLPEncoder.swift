import FusionComponents
import FusionCore

/// A multilayer perceptron over the flattened modality.
public struct MLPEncoder: Encoder {
  /// Its name in configurations.
  public static let name = "mlp"
  /// What `fusionkit list` says of it.
  public static let summary = "a multilayer perceptron over the flattened modality"

  /// The keys of `encoder: {type: mlp}`.
  public struct Configuration: ComponentConfiguration {
    /// Width of each hidden layer.
    public var hidden = [128]
    /// The width of the features.
    public var width = 64
    /// What follows each hidden layer.
    public var activation = Activation.relu
    /// Share of hidden values set to zero in training.
    public var dropout = 0.0
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options = Option.perceptron + [Option("width", "the width of the features", .size)]
  }

  private let perceptron: MultilayerPerceptron

  /// Draws the parameters: `layers.<i>.weight` [out, in], `layers.<i>.bias` [out], initialised as
  /// `torch.nn.Linear`.
  public init(_ configuration: Configuration, input: Shape, context: BuildContext) {
    perceptron = MultilayerPerceptron(
      inputs: input.elementCount, hidden: configuration.hidden, outputs: configuration.width,
      activation: configuration.activation, dropout: configuration.dropout, context: context)
  }

  /// Encodes a batch: `[N, …]`, flattened to `[N, D]` → `[N, width]`.
  public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
    perceptron(input.flattened(from: 1), pass)
  }
}

extension MLPEncoder: AutoencodableEncoder {
  /// The decoder that reconstructs the input: a perceptron with the hidden widths in reverse order, without
  /// dropout.
  public static func mirror(_ configuration: Configuration, input: Shape, context: BuildContext)
    -> any ReconstructionDecoder
  {
    PerceptronMirror(
      hidden: configuration.hidden, width: configuration.width, activation: configuration.activation, input: input,
      context: context)
  }
}
