import FusionCore

/// The sum of all modalities, each mapped to one width and bent: y = Σ_m tanh(P_m x_m).
///
/// A start: put the formula of your own in its place.
public struct SampleFusion: Fusion {
  /// Its name in configurations.
  public static let name = "sample"
  /// What `fusionkit list` says of it.
  public static let summary = "the sum of all modalities, each mapped to one width and bent"

  /// Its keys in configurations.
  public struct Configuration: ComponentConfiguration {
    /// The width of the result.
    public var width = 64
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [Option("width", "the width of the result", .size)]
  }

  /// What it promises; checks and comparisons go by it.
  public static let traits = FusionTraits(orderMatters: false, missing: .skip)

  private let projections: [Linear]

  /// The parameters, each under the name of its modality.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    projections = inputs.map {
      Linear(
        inputs: $0.width, outputs: configuration.width, context: context.scope("projections.\($0.modality)"))
    }
  }

  /// Shapes: `[N, d_m]` a modality to `[N, width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let terms = zip(projections, features.vectors).map { projection, x in projection(x, pass).tanh() }
    // A missing modality leaves its term out.
    return features.leavingOut(terms).total()
  }
}
