extension ModelSummary {
  /// What is costly where modalities are fused and decided on, one sentence a layer; empty: nothing out of the ordinary.
  ///
  /// Told of are layers of the fusion and the decoder with 10 million parameters, 1 GFLOP a sample, or 100,000 values a
  /// sample, or more: an outer product makes such sizes from encoders that look small. Encoders of images are large on
  /// purpose.
  ///
  /// - Parameter batchSize: the samples of a step.
  public func burdens(batchSize: Int) -> [String] {
    layers.compactMap { layer in
      guard ["fusion", "decoder"].contains(layer.name.split(separator: ".").first.map(String.init)) else { return nil }
      var costs: [String] = []
      let values = layer.output.reduce(1, *)
      if values >= 100_000 {
        costs.append("\(grouped(values)) values a sample, \(megabytes(values, batchSize)) a batch of \(batchSize)")
      }
      if layer.parameters >= 10_000_000 {
        costs.append(
          "\(grouped(layer.parameters)) parameters, \(megabytes(layer.parameters)) and as much again for their gradients "
            + "and for each average that the optimizer keeps")
      }
      if layer.flops >= 1_000_000_000 {
        costs.append("\(grouped(layer.flops / 1_000_000)) million operations a sample")
      }
      guard !costs.isEmpty else { return nil }
      return "\(layer.name) (\(layer.kind)) is large: \(costs.joined(separator: "; "))"
    }
  }

  /// Of 32-bit numbers, in whole megabytes.
  private func megabytes(_ counts: Int...) -> String {
    let bytes = counts.reduce(4.0) { $0 * Double($1) }
    return "\(grouped(Int(min((bytes / 1e6).rounded(.up), 9e18)))) MB"
  }
}
