import TensorEngine

/// Linear → activation → dropout for every hidden width, then Linear.
///
/// Parameters: `layers.<i>.weight` and `layers.<i>.bias`, the linear layers counted from 0; the last one is
/// `layers.<hidden.count>`. PyTorch's `nn.Sequential` counts activations and dropouts too: layer i there is
/// `<3i>` (or `<2i>` where the model has no dropout).
/// Shapes: `[…, inputs]` to `[…, outputs]`.
public struct MultilayerPerceptron {
  /// The linear layers in order.
  public let layers: [Linear]
  private let activation: Activation
  private let dropout: Double
  private let path: String

  /// Makes the parameters in `context`.
  ///
  /// - Parameters:
  ///   - hidden: the width of each hidden layer; none: a single linear layer.
  ///   - dropout: the probability that a hidden value is set to zero in training.
  public init(
    inputs: Int, hidden: [Int], outputs: Int, activation: Activation = .relu, dropout: Double = 0,
    context: BuildContext
  ) {
    layers = Self.sizes(inputs: inputs, hidden: hidden, outputs: outputs).map {
      Linear(inputs: $0.inputs, outputs: $0.outputs, context: context.scope($0.name))
    }
    self.activation = activation
    self.dropout = dropout
    path = context.path
  }

  /// Shapes: `[…, inputs]` to `[…, outputs]`.
  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    var x = x
    for (index, layer) in layers.dropLast().enumerated() {
      x = activation(layer(x, pass))
      if dropout > 0, pass.mode == .training {
        x = x.dropout(Float(dropout), random: pass.random(for: "\(path).dropout.\(index)"))
      }
    }
    return layers[layers.count - 1](x, pass)
  }

  /// The names and sizes of the linear layers.
  private static func sizes(inputs: Int, hidden: [Int], outputs: Int) -> [(name: String, inputs: Int, outputs: Int)] {
    zip([inputs] + hidden, hidden + [outputs]).enumerated().map { ("layers.\($0)", $1.0, $1.1) }
  }
}
