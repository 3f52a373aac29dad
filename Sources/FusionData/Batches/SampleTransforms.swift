import FusionCore

/// Transforms at work on batches, one sample after the other: what each draws follows from its stream, the epoch and the row.
public struct SampleTransforms: Sendable {
  /// A transform and what it is for.
  public struct Step: Sendable {
    let place: String
    let transform: any Transform
    let modalities: [String]
    let random: RandomStream

    /// A transform of some modalities.
    ///
    /// - Parameters:
    ///   - place: what messages call it: `modalities.audio.transforms.0 (gaussian_noise)`.
    ///   - random: of its own; epochs and rows are derived from it.
    public init(place: String, _ transform: any Transform, modalities: [String], random: RandomStream) {
      self.place = place
      self.transform = transform
      self.modalities = modalities
      self.random = random
    }
  }

  private let steps: [Step]
  /// Counted from 0.
  public var epoch = 0

  /// Transforms in the order in which they are applied; nil where there are none.
  public init?(_ steps: [Step]) {
    guard !steps.isEmpty else { return nil }
    self.steps = steps
  }

  /// Changes a batch's values in place.
  ///
  /// - Parameter values: the memory of each modality of the part.
  /// - Throws: ``DataError`` that names the transform which changed a shape, or made values that are not finite.
  func apply(
    to values: [UnsafeMutablePointer<Float>], rows: ArraySlice<Int>, of split: DataSplit
  ) throws(DataError) {
    for step in steps {
      let places = split.modalities.indices.filter { step.modalities.contains(split.modalities[$0].name) }
      let random = step.random.derived(epoch)
      for (index, row) in rows.enumerated() {
        let present = places.filter { split.modalities[$0].presence?.isPresent[row] ?? true }
        guard !present.isEmpty else { continue }
        var sample = TransformSample(
          present.map { place in
            let array = split.modalities[place].array
            let start = values[place] + index * array.sampleCount
            return .init(
              split.modalities[place].name, array.sampleShape,
              Array(UnsafeBufferPointer(start: start, count: array.sampleCount)))
          })
        step.transform(&sample, random: random.derived(row))
        try step.check(sample, present, row, split)
        for (place, changed) in zip(present, sample.modalities) {
          let start = values[place] + index * changed.values.count
          changed.values.withUnsafeBufferPointer { start.update(from: $0.baseAddress!, count: $0.count) }
        }
      }
    }
  }
}

extension SampleTransforms.Step {
  /// Refuses what the pipeline cannot take.
  fileprivate func check(
    _ sample: TransformSample, _ places: [Int], _ row: Int, _ split: DataSplit
  ) throws(DataError) {
    func problem(_ what: String, _ expected: String) -> DataError {
      DataError("the transform \(place)", "\(what) for row \(row) of the part '\(split.name)'", expected: expected)
    }
    let names = places.map { split.modalities[$0].name }
    guard sample.modalities.map(\.modality) == names else {
      throw problem(
        "gave the modalities \(sample.modalities.map(\.modality).listed())", "\(names.listed()), as it was given")
    }
    for (place, changed) in zip(places, sample.modalities) {
      let array = split.modalities[place].array
      guard changed.shape == array.sampleShape, changed.values.count == array.sampleCount else {
        throw problem(
          "gave \(changed.values.count) values of shape \(changed.shape) of '\(changed.modality)'",
          "\(array.sampleCount) of shape \(array.sampleShape): transforms keep shapes")
      }
      guard let bad = changed.values.first(where: { !$0.isFinite }) else { continue }
      throw problem("gave \(bad) in '\(changed.modality)'", "finite values")
    }
  }
}
