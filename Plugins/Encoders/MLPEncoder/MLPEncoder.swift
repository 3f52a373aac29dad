import FusionComponents
import FusionCore

/// A multilayer perceptron over the flattened modality.
public struct MLPEncoder: Encoder {
  public static let name = "mlp"
  public static let summary = "a multilayer perceptron over the flattened modality"

  public struct Configuration: ComponentConfiguration {
    public var hidden = [128]
    public var width = 64
    public var activation = Activation.relu
    public var dropout = 0.0
    public init() {}
    public static let options = Option.perceptron + [Option("width", "the width of the features", .size)]
  }

  private let perceptron: MultilayerPerceptron

  public init(_ configuration: Configuration, input: Shape, context: BuildContext) {
    perceptron = MultilayerPerceptron(
      inputs: input.elementCount, hidden: configuration.hidden, outputs: configuration.width,
      activation: configuration.activation, dropout: configuration.dropout, context: context)
  }

  public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
    perceptron(input.flattened(from: 1), pass)
  }
}

extension MLPEncoder: AutoencodableEncoder {
  public static func mirror(_ configuration: Configuration, input: Shape, context: BuildContext)
    -> any ReconstructionDecoder
  {
    PerceptronMirror(
      hidden: configuration.hidden, width: configuration.width, activation: configuration.activation, input: input,
      context: context)
  }
}
