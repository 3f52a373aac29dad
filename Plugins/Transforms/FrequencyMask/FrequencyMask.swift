import FusionCore

/// Bands of frequencies become one value: SpecAugment's frequency masking (Park et al., Interspeech 2019), as
/// `torchaudio.transforms.FrequencyMasking` does it: of width ⌊U(0, bins)⌋, from ⌊U(0, size − width)⌋ on.
public struct FrequencyMask: Transform {
  public static let name = "frequency_mask"
  public static let summary = "bands of frequencies become one value: SpecAugment"
  public static let strengthKey: String? = "bins"

  public struct Configuration: ComponentConfiguration {
    public var bins = 8
    public var masks = 1
    public var value = 0.0
    public var timeAxis = TimeAxis.last
    public init() {}
    private enum CodingKeys: String, CodingKey {
      case bins, masks, value
      case timeAxis = "time_axis"
    }
    public static let options: [Option] = [
      Option("bins", "a band is narrower than this many frequencies", .range(0, 65_536)),
      Option("masks", "how many bands, drawn one by one", .range(1, 1000)),
      Option("value", "what takes the place", .range(-1e9, 1e9)),
      Option("time_axis", "last for spectrograms [F, T], first for sequences [T, F]", TimeAxis.self),
    ]
  }

  public static func isStochastic(_ configuration: Configuration) -> Bool { configuration.bins > 1 }

  public static func problems(_ configuration: Configuration, inputs: [ModalityShape]) -> [Problem] {
    Planes.problems(name, inputs, needs: "spectrograms [F, T] or sequences [T, F]")
  }

  private let mask: AxisMask

  public init(_ configuration: Configuration, inputs: [ModalityShape]) {
    mask = AxisMask(
      isLastAxis: configuration.timeAxis == .first, most: configuration.bins, masks: configuration.masks,
      value: Float(configuration.value))
  }

  public func callAsFunction(_ sample: inout TransformSample, random: RandomStream) {
    mask.apply(to: &sample, random: random)
  }
}
