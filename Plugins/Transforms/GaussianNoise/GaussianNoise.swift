import FusionCore

/// x + std · σ(x) · n, with n normal and σ(x) the standard deviation of the sample's own values: a signal-to-noise ratio of
/// −20 log₁₀ std dB, whatever the scale of the values.
public struct GaussianNoise: Transform {
  public static let name = "gaussian_noise"
  public static let summary = "normal noise, its deviation a share of that of the sample's values"
  public static let strengthKey: String? = "std"

  public struct Configuration: ComponentConfiguration {
    public var std = 0.1
    public init() {}
    public static let options: [Option] = [
      Option("std", "standard deviation of the noise, as a share of that of the sample's values", .range(0, 1e6))
    ]
  }

  public static func isStochastic(_ configuration: Configuration) -> Bool { configuration.std > 0 }

  private let std: Double

  public init(_ configuration: Configuration, inputs: [ModalityShape]) { std = configuration.std }

  public func callAsFunction(_ sample: inout TransformSample, random: RandomStream) {
    guard std > 0 else { return }
    for i in sample.modalities.indices {
      let values = sample.modalities[i].values
      let noise = random.derived(sample.modalities[i].modality).normals(values.count)
      let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
      let variance = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count)
      let scale = Float(std * variance.squareRoot())
      for k in values.indices { sample.modalities[i].values[k] += scale * noise[k] }
    }
  }
}
