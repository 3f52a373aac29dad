import FusionCore

/// Which axis of a sample is time.
public enum TimeAxis: String, Codable, Sendable, CaseIterable {
  /// The last but one: sequences `[T, F]`.
  case first
  /// The last: spectrograms `[F, T]`.
  case last
}

/// Bands along one of the last two axes that become one value: SpecAugment (Park et al., Interspeech 2019), drawn as by
/// `torchaudio.transforms.TimeMasking`: of width ⌊U(0, most)⌋, from ⌊U(0, size − width)⌋ on.
package struct AxisMask: Sendable {
  let isLastAxis: Bool
  let most: Int
  let masks: Int
  let value: Float

  func apply(to sample: inout TransformSample, random: RandomStream) {
    for i in sample.modalities.indices {
      guard let planes = Planes(sample.modalities[i].shape) else { continue }
      let stream = random.derived(sample.modalities[i].modality)
      for mask in 0..<masks {
        let size = isLastAxis ? planes.columns : planes.rows
        let band = Self.band(
          of: size, most: most, Double(stream.uniform(at: 2 * mask)), Double(stream.uniform(at: 2 * mask + 1)))
        planes.forEach(
          rows: isLastAxis ? 0..<planes.rows : band, columns: isLastAxis ? band : 0..<planes.columns
        ) { sample.modalities[i].values[$0] = value }
      }
    }
  }

  /// The places that are masked, from two numbers of 0 ..< 1. A width beyond the size is the size.
  package static func band(of size: Int, most: Int, _ width: Double, _ start: Double) -> Range<Int> {
    let length = width * Double(min(most, size))
    let first = Int(start * (Double(size) - length))
    return first..<first + Int(length)
  }
}
