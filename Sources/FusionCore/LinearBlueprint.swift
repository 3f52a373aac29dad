extension Blueprint {
  /// Writes down a linear layer.
  ///
  /// - Parameters:
  ///   - rows: how many rows of a sample it runs over; nil: the sample is one vector.
  ///   - tail: what follows it, in words.
  public mutating func linear(
    _ name: String, _ inputs: Int, _ outputs: Int, bias: Bool = true, rows: Int? = nil, then tail: String? = nil
  ) {
    layer(
      name, "linear \(inputs) → \(outputs)" + (tail.map { ", \($0)" } ?? ""),
      output: rows.map { [$0, outputs] } ?? [outputs],
      parameters: Linear.parameterCount(inputs: inputs, outputs: outputs, bias: bias),
      flops: (rows ?? 1) * Linear.flops(inputs: inputs, outputs: outputs))
  }
}
