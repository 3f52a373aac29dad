import TensorEngine

/// Sets values to zero with a probability in training and scales the others up: `torch.nn.Dropout`.
///
/// No parameters. Shapes: any, and the same out.
public struct Dropout {
  private let probability: Float
  private let path: String

  /// A dropout whose random numbers derive from the pass and the path of `context`.
  public init(_ probability: Double, context: BuildContext) {
    (self.probability, path) = (Float(probability), context.path)
  }

  /// Leaves `x` as it is in evaluation.
  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    guard probability > 0, pass.mode == .training else { return x }
    return x.dropout(probability, random: pass.random(for: path))
  }
}
