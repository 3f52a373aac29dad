import FusionCore

/// Stretches or squeezes a spectrogram `[F, T]` along time by a factor from 1 − strength to 1 + strength; values between two
/// frames are interpolated, and frames beyond the end are the last one.
public struct TimeWarp: Transform {
  /// What configurations call it.
  public static let name = "time_warp"
  /// What `fusionkit list transforms` says.
  public static let summary = "stretches or squeezes a spectrogram along time"
  /// 0 leaves samples as they are: `evaluate --corrupt audio=time_warp:0.3`.
  public static let strengthKey: String? = "strength"

  /// How much.
  public struct Configuration: ComponentConfiguration {
    /// The largest change of the length, as a share.
    public var strength = 0.2
    /// A fifth.
    public init() {}
    /// See the property.
    public static let options: [Option] = [
      Option("strength", "the largest change of the length, as a share", .range(0, 0.9))
    ]
  }

  /// Every epoch draws another factor.
  public static func isStochastic(_ configuration: Configuration) -> Bool { configuration.strength > 0 }

  /// Refuses vectors, at the place that names it.
  public static func problems(_ configuration: Configuration, inputs: [ModalityShape]) -> [Problem] {
    inputs.filter { $0.shape.count < 2 }.map {
      Problem(
        "'time_warp' does not suit '\($0.modality)', whose samples have the shape \($0.shape)", hint: "it needs [F, T]")
    }
  }

  private let strength: Float

  /// The same for all shapes.
  public init(_ configuration: Configuration, inputs: [ModalityShape]) { strength = Float(configuration.strength) }

  /// Reads each frame at its warped place.
  public func callAsFunction(_ sample: inout TransformSample, random: RandomStream) {
    for i in sample.modalities.indices where strength > 0 {
      let (values, frames) = (sample.modalities[i].values, sample.modalities[i].shape.last!)
      let factor = 1 + strength * (2 * random.derived(sample.modalities[i].modality).uniform(at: 0) - 1)
      for k in values.indices {
        let place = min(Float(k % frames) * factor, Float(frames - 1))
        let (row, left) = (k - k % frames, Int(place))
        let (a, b) = (values[row + left], values[row + min(left + 1, frames - 1)])
        sample.modalities[i].values[k] = a + (b - a) * (place - Float(left))
      }
    }
  }
}
