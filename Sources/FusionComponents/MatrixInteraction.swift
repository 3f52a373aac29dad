import FusionCore

/// The matrix form of a multiplicative interaction (Jayakumar et al. 2020, section 3):
///
/// y = x_2·(x_1·W + V) + x_1·U + b
///
/// Parameters: `W` `[d_1, d_2, D]`, `V` `[d_2, D]`, `U` `[d_1, D]`, Xavier normal, and `b` `[D]`, N(0, 1).
public struct MatrixInteraction {
  /// W.
  public let mapWeight: Parameter
  /// V.
  public let mapBias: Parameter
  /// U.
  public let weight: Parameter
  /// b.
  public let bias: Parameter

  /// Makes the parameters in `context`.
  public init(first: Int, second: Int, width: Int, context: BuildContext) {
    mapWeight = context.parameter("W", [first, second, width], .xavierNormal())
    mapBias = context.parameter("V", [second, width], .xavierNormal())
    weight = context.parameter("U", [first, width], .xavierNormal())
    bias = context.parameter("b", [width], .normal())
  }

  /// Shapes: `[N, d_1]` and `[N, d_2]` to `[N, D]`.
  ///
  /// - Parameters:
  ///   - value: how a parameter is read.
  public func callAsFunction(_ x1: Tensor, _ x2: Tensor, value: (Parameter) -> Tensor) -> Tensor {
    // x_2·(x_1·W) as one product of [x_1 ⊗ x_2] with W as a matrix: the map itself, [N, d_2, D], is never formed.
    let W = value(mapWeight)
    let (first, second, width) = (W.shape[0], W.shape[1], W.shape[2])
    let bilinear = x1.outerProduct(x2).matmul(W.reshaped([first * second, width]))
    return bilinear + x2.matmul(value(mapBias)) + x1.matmul(value(weight)) + value(bias)
  }
}

extension Tensor {
  /// All products of a row's values with those of another's: `[N, d_1]` and `[N, d_2]` to `[N, d_1·d_2]`.
  public func outerProduct(_ other: Tensor) -> Tensor {
    let (batch, first, second) = (shape[0], shape[1], other.shape[1])
    return (reshaped([batch, first, 1]) * other.reshaped([batch, 1, second])).reshaped([batch, first * second])
  }
}
