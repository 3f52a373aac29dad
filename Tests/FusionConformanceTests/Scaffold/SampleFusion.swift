import FusionCore

/// The sum of all modalities, each mapped to one width and bent: y = Σ_m tanh(P_m x_m).
///
/// A start: put the formula of your own in its place.
public struct SampleFusion: Fusion {
  public static let name = "sample"
  public static let summary = "the sum of all modalities, each mapped to one width and bent"

  public struct Configuration: ComponentConfiguration {
    public var width = 64
    public init() {}
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
