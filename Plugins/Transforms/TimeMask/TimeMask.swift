import FusionCore

/// Bands of frames become one value: SpecAugment's time masking (Park et al., Interspeech 2019), as
/// `torchaudio.transforms.TimeMasking` does it: of width ⌊U(0, frames)⌋, from ⌊U(0, size − width)⌋ on.
public struct TimeMask: Transform {
  public static let name = "time_mask"
  public static let summary = "bands of frames become one value: SpecAugment"
  public static let strengthKey: String? = "frames"

  public struct Configuration: ComponentConfiguration {
    public var frames = 20
    public var masks = 1
    public var value = 0.0
    public var timeAxis = TimeAxis.last
    public init() {}
    private enum CodingKeys: String, CodingKey {
      case frames, masks, value
      case timeAxis = "time_axis"
    }
    public static let options: [Option] = [
      Option("frames", "a band is narrower than this many frames", .range(0, 65_536)),
      Option("masks", "how many bands, drawn one by one", .range(1, 1000)),
      Option("value", "what takes the place", .range(-1e9, 1e9)),
      Option("time_axis", "last for spectrograms [F, T], first for sequences [T, F]", TimeAxis.self),
    ]
  }

  public static func isStochastic(_ configuration: Configuration) -> Bool { configuration.frames > 1 }

  public static func problems(_ configuration: Configuration, inputs: [ModalityShape]) -> [Problem] {
    Planes.problems(name, inputs, needs: "spectrograms [F, T] or sequences [T, F]")
  }

  private let mask: AxisMask

  public init(_ configuration: Configuration, inputs: [ModalityShape]) {
    mask = AxisMask(
      isLastAxis: configuration.timeAxis == .last, most: configuration.frames, masks: configuration.masks,
      value: Float(configuration.value))
  }

  public func callAsFunction(_ sample: inout TransformSample, random: RandomStream) {
    mask.apply(to: &sample, random: random)
  }
}
