extension [Tensor] {
  /// Folds one tensor or more with an operation, from the left.
  public func joined(_ operation: (Tensor, Tensor) -> Tensor) -> Tensor { dropFirst().reduce(self[0], operation) }

  /// The sum of one tensor or more.
  public func total() -> Tensor { joined(+) }
}

extension Tensor {
  /// Σ_m w_m x_m for every sample: K terms `[N, D]` and weights `[N, K]` to `[N, D]`.
  public static func weightedSum(_ terms: [Tensor], _ weights: Tensor) -> Tensor {
    let all = Tensor.stacked(terms, axis: 1)  // [N, K, D]
    return weights.unsqueezed(1).matmul(all).squeezed(1)
  }
}
