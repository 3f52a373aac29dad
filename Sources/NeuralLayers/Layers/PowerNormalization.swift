import TensorEngine

// The two steps that bilinear poolings end in. Roots are infinitely steep at zero; ε = 1e-8 under each keeps gradients
// below 1e4 there, and changes nothing that a float shows from 1 down to 0.01.

extension Tensor {
  /// The root of the size with the sign kept: x / √(|x| + ε), which is sign(x) √|x| but near zero.
  ///
  /// Shapes: any, and the same out.
  public func signedSquareRoot(epsilon: Float = 1e-8) -> Tensor { self * (abs() + epsilon).rsqrt() }

  /// The last dimension scaled to length one: x / √(Σ x² + ε). Shapes: `[…, D]` and the same out.
  public func unitLength(epsilon: Float = 1e-8) -> Tensor {
    self * (square().sum(axes: [-1], keepDimensions: true) + epsilon).rsqrt()
  }

  /// Signed root, then length one: how bilinear poolings are normalised.
  public func powerNormalized() -> Tensor { signedSquareRoot().unitLength() }
}
