import FusionCore

/// x + std · σ(x) · n, with n normal and σ(x) the standard deviation of the sample's own values: a signal-to-noise ratio of
/// −20 log₁₀ std dB, whatever the scale of the values.
public struct GaussianNoise: Transform {
  /// Its name in configurations.
  public static let name = "gaussian_noise"
  /// What `fusionkit list` says of it.
  public static let summary = "normal noise, its deviation a share of that of the sample's values"
  /// The key that a strength sets, as in `evaluate --corrupt audio=gaussian_noise:0.5`.
  public static let strengthKey: String? = "std"

  /// The keys of `transforms: [{type: gaussian_noise}]`.
  public struct Configuration: ComponentConfiguration {
    /// Standard deviation of the noise, as a share of that of the sample's values.
    public var std = 0.1
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("std", "standard deviation of the noise, as a share of that of the sample's values", .range(0, 1e6))
    ]
  }

  /// Whether anything is drawn with these settings.
  public static func isStochastic(_ configuration: Configuration) -> Bool { configuration.std > 0 }

  private let std: Double

  /// A transform with these settings.
  public init(_ configuration: Configuration, inputs: [ModalityShape]) { std = configuration.std }

  /// Changes the sample in place; everything random is drawn from `random`.
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
