/// The first part of a pipeline whose output is not finite.
package struct NotFinitePart: Sendable, Equatable {
  /// In words: `the encoder 'mlp' of 'image'`, `the fusion 'concat'`.
  package let name: String
  /// The first sample of the batch for which it is so.
  package let sample: Int
  /// How many of the batch's samples it is so for.
  package let samples: Int
  /// The first such value.
  package let value: Float

  /// Nil where all values are finite.
  ///
  /// - Parameter rows: the places in the batch of the tensor's samples; nil: all of them, in order.
  package init?(_ name: String, _ tensor: Tensor, rows: [Int]? = nil) {
    let width = tensor.count / max(tensor.shape[0], 1)
    let values = tensor.storage.values
    guard width > 0, let place = values.firstIndex(where: { !$0.isFinite }) else { return nil }
    self.name = name
    sample = rows?[place / width] ?? place / width
    samples = (0..<tensor.shape[0]).count { row in values[row * width..<(row + 1) * width].contains { !$0.isFinite } }
    value = values[place]
  }
}

extension Tensor {
  /// Whether no value is infinite or NaN.
  package var isFinite: Bool {
    // All bits of the exponent are set in infinities and NaN alone. Without a way out of the loop it is computed in lanes.
    var bad: UInt32 = 0
    for value in storage.values { bad |= value.bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0 }
    return bad == 0
  }
}

extension Pipeline {
  /// Looks for the first part whose output is not finite, in the order in which they compute.
  ///
  /// The batch is computed once more, part by part: for answers that are known to be wrong.
  ///
  /// - Parameters as ``encode(_:presence:_:)``.
  /// - Returns: nil where everything is finite.
  package func firstNotFinite(
    _ raw: [Tensor], presence: Presence?, _ pass: ForwardPass
  ) throws(PipelineError) -> NotFinitePart? {
    for index in branches.indices {
      let rows = presence?.rows(having: index)
      if rows?.isEmpty == true { continue }
      let present = rows.map { raw[index].selected($0, axis: 0) } ?? raw[index]
      if let part = try firstNotFinite(modality: index, present, rows: rows, pass) { return part }
    }
    let features = try encode(raw, presence: presence, pass)
    return try firstNotFinite(features, pass)
  }

  /// The same within one modality's way through its encoder.
  ///
  /// - Parameters:
  ///   - raw: `[n, …sample]`, of the samples that have the modality.
  ///   - rows: the places of these samples in the batch; nil: all of them.
  package func firstNotFinite(
    modality index: Int, _ raw: Tensor, rows: [Int]?, _ pass: ForwardPass
  ) throws(PipelineError) -> NotFinitePart? {
    let branch = branches[index]
    if let part = NotFinitePart("the data of '\(branch.name)'", raw, rows: rows) { return part }
    let (input, features) = try encode(modality: index, raw, pass)
    return NotFinitePart("the modality '\(type(of: branch.modality).name)' of '\(branch.name)'", input, rows: rows)
      ?? NotFinitePart("the encoder '\(type(of: branch.encoder).name)' of '\(branch.name)'", features, rows: rows)
  }

  /// The same from features on.
  package func firstNotFinite(
    _ features: Features, rows: [Int]? = nil, _ pass: ForwardPass
  ) throws(PipelineError) -> NotFinitePart? {
    for entry in features.entries {
      if let part = NotFinitePart("the encoder of '\(entry.modality)'", entry.tensor, rows: rows) { return part }
    }
    let fused = try fuse(features, pass)
    if let part = NotFinitePart("the fusion '\(type(of: fusion).name)'", fused, rows: rows) { return part }
    return NotFinitePart("the decoder '\(type(of: decoder).name)'", try decode(features, pass), rows: rows)
  }
}
