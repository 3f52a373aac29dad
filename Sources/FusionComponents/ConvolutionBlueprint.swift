import FusionCore

extension Blueprint {
  /// Writes down the blocks of a ``ConvolutionStack`` and what is wrong with them.
  ///
  /// - Parameters:
  ///   - key: of the configuration, to blame for a block that does not fit.
  /// - Returns: the shape of the stack's output for one sample, `[C, H, W]`; nil after a problem was reported.
  public mutating func convolutions(_ blocks: [ConvolutionBlock], input: Shape, key: String) -> Shape? {
    let plan = ConvolutionStack.plan(blocks, input: input)
    for (index, row) in plan.layers.enumerated() {
      layer(
        "convs.\(index)", row.kind, output: row.output, parameters: row.parameters, flops: row.flops, path: row.path,
        normalised: row.normalised)
    }
    for issue in plan.issues {
      problem((issue.block.map { "block \($0 + 1): " } ?? "") + issue.message, key: issue.block == nil ? nil : key)
    }
    return plan.output
  }
}
