extension Tensor {
  /// The element-wise sum of two tensors of one shape.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    precondition(a.shape == b.shape, "+: shapes \(a.shape) and \(b.shape) differ")
    let output = Tensor(shape: a.shape, device: a.device) { out in
      for i in 0..<out.count { out[i] = a.storage.base[i] + b.storage.base[i] }
    }
    return recorded("+", inputs: [a, b], output: output) { [$0, $0] }
  }

  /// The same values in another shape of as many values.
  public func reshaped(_ shape: Shape) -> Tensor {
    let before = self.shape
    precondition(shape.elementCount == count, "reshaped: \(before) does not hold the \(shape.elementCount) values of \(shape)")
    return Tensor.recorded(
      "reshaped", inputs: [self], output: Tensor(shape: shape, storage: storage, device: device)
    ) { [$0.reshaped(before)] }
  }

  /// All dimensions from `first` on made into one.
  public func flattened(from first: Int) -> Tensor {
    reshaped(shape[..<first] + [Shape(shape[first...]).elementCount])
  }
}
