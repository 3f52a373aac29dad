import TensorEngine

/// A table of vectors, looked up by index: `torch.nn.Embedding`.
///
/// Parameters: `weight` `[entries, width]`, standard normal; the row of the padding index is zero and stays so.
/// Shapes: indices of any shape to that shape + `[width]`.
public struct Embedding {
  private let weight: Parameter
  private let padding: Int?

  /// Makes the parameters in `context`.
  ///
  /// - Parameters:
  ///   - padding: the index that stands for nothing.
  public init(entries: Int, width: Int, padding: Int? = nil, context: BuildContext) {
    weight = context.parameter("weight", [entries, width], .normal())
    self.padding = padding
    if let padding { weight.write { ($0.baseAddress! + padding * width).update(repeating: 0, count: width) } }
  }

  /// Shapes: `indices` in row-major order, `shape` theirs, to `shape + [width]`.
  public func callAsFunction(_ indices: [Int], shape: Shape? = nil, _ pass: ForwardPass) -> Tensor {
    pass.layer(weight.scope, "embedding \(weight.value.shape[0]) → \(weight.value.shape[1])") {
      pass[weight].embedding(indices, shape: shape, padding: padding)
    }
  }
}
