/// An encoder that can be trained alone, by how well its input is rebuilt from its features.
///
/// A stage of training whose objective is `reconstruction` makes the mirror, trains it together with the encoder, and
/// lets it go: its parameters are no part of the model. Conforming is optional.
///
/// ```swift
/// extension MyEncoder: AutoencodableEncoder {
///   static func mirror(_ configuration: Configuration, input: Shape, context: BuildContext) -> any ReconstructionDecoder {
///     PerceptronMirror(hidden: configuration.hidden, width: configuration.width, input: input, context: context)
///   }
/// }
/// ```
public protocol AutoencodableEncoder: Encoder {
  /// Makes the mirror of an encoder of this configuration, after a run without values found
  /// nothing wrong.
  ///
  /// - Parameters:
  ///   - input: the shape of one sample that the encoder takes, which is what the mirror gives.
  static func mirror(_ configuration: Configuration, input: Shape, context: BuildContext) -> any ReconstructionDecoder
}

/// From an encoder's features back to its input.
public protocol ReconstructionDecoder {
  /// Shapes: the features `[N, …output]` of the encoder to its input, `[N, …input]`.
  func callAsFunction(_ features: Tensor, _ pass: ForwardPass) -> Tensor
}

extension ConvolutionMirror: ReconstructionDecoder {}

/// The mirror of a `MultilayerPerceptron`: its hidden layers in reverse order, the last layer linear.
///
/// Parameters: those of a perceptron, `layers.<i>.weight` and `.bias`.
public struct PerceptronMirror: ReconstructionDecoder {
  private let perceptron: MultilayerPerceptron
  private let input: Shape

  /// Makes the parameters in `context`.
  ///
  /// - Parameters:
  ///   - hidden: the widths of the encoder's hidden layers, in its order.
  ///   - width: of the features.
  ///   - input: the shape of one sample that the encoder takes.
  public init(hidden: [Int], width: Int, activation: Activation = .relu, input: Shape, context: BuildContext) {
    perceptron = MultilayerPerceptron(
      inputs: width, hidden: hidden.reversed(), outputs: input.elementCount, activation: activation, context: context)
    self.input = input
  }

  /// Shapes: `[N, width]` to `[N, …input]`.
  public func callAsFunction(_ features: Tensor, _ pass: ForwardPass) -> Tensor {
    perceptron(features, pass).reshaped([features.shape[0]] + input)
  }
}
