import FusionCore

/// Bands of frames become one value: SpecAugment's time masking (Park et al., Interspeech 2019), as
/// `torchaudio.transforms.TimeMasking` does it: of width ⌊U(0, frames)⌋, from ⌊U(0, size − width)⌋ on.
public struct TimeMask: Transform {
  /// Its name in configurations.
  public static let name = "time_mask"
  /// What `fusionkit list` says of it.
  public static let summary = "bands of frames become one value: SpecAugment"
  /// The key that a strength sets, as in `evaluate --corrupt audio=time_mask:0.5`.
  public static let strengthKey: String? = "frames"

  /// The keys of `transforms: [{type: time_mask}]`.
  public struct Configuration: ComponentConfiguration {
    /// A band is narrower than this many frames.
    public var frames = 20
    /// How many bands, drawn one by one.
    public var masks = 1
    /// The value that takes the place of what is erased.
    public var value = 0.0
    /// Last for spectrograms [F, T], first for sequences [T, F].
    public var timeAxis = TimeAxis.last
    /// The defaults.
    public init() {}
    private enum CodingKeys: String, CodingKey {
      case frames, masks, value
      case timeAxis = "time_axis"
    }
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("frames", "a band is narrower than this many frames", .range(0, 65_536)),
      Option("masks", "how many bands, drawn one by one", .range(1, 1000)),
      Option("value", "what takes the place", .range(-1e9, 1e9)),
      Option("time_axis", "last for spectrograms [F, T], first for sequences [T, F]", TimeAxis.self),
    ]
  }

  /// Whether anything is drawn with these settings.
  public static func isStochastic(_ configuration: Configuration) -> Bool { configuration.frames > 1 }

  /// What is wrong with these settings for samples of these shapes.
  public static func problems(_ configuration: Configuration, inputs: [ModalityShape]) -> [Problem] {
    Planes.problems(name, inputs, needs: "spectrograms [F, T] or sequences [T, F]")
  }

  private let mask: AxisMask

  /// A transform with these settings.
  public init(_ configuration: Configuration, inputs: [ModalityShape]) {
    mask = AxisMask(
      isLastAxis: configuration.timeAxis == .last, most: configuration.frames, masks: configuration.masks,
      value: Float(configuration.value))
  }

  /// Changes the sample in place; everything random is drawn from `random`.
  public func callAsFunction(_ sample: inout TransformSample, random: RandomStream) {
    mask.apply(to: &sample, random: random)
  }
}
