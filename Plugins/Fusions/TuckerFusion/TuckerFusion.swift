import FusionComponents
import FusionCore

/// Bilinear pooling by Tucker decomposition (Ben-younes et al. 2017, equation 4): with narrow projections of both
/// modalities and a full core tensor,
///
/// y = O (C ×_1 (U x_1) ×_2 (V x_2)) + b
public struct TuckerFusion: Fusion {
  /// Its name in configurations.
  public static let name = "tucker"
  /// What `fusionkit list` says of it.
  public static let summary = "bilinear pooling through a small core tensor (Ben-younes 2017, Tucker decomposition)"

  /// The keys of `fusion: {type: tucker}`.
  public struct Configuration: ComponentConfiguration {
    /// The width of the result.
    public var width = 64
    /// The height, width and depth of the core tensor.
    public var rank = 24
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("width", "the width of the result", .size),
      Option("rank", "the height, width and depth of the core tensor", .range(1, 1024)),
    ]
  }

  /// Exactly two; the mean of the training features takes the place of a missing one.
  public static let traits = FusionTraits.bilinear

  private let projections: ModalityLinears
  private let core: Parameter
  private let output: Linear

  /// Draws the parameters: `projections.<modality>.weight` `[rank, d_m]`, `core` `[rank, rank, rank]`, Xavier
  /// normal, `output.weight` `[width, rank]`; `.bias` in all but the core.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let rank = configuration.rank
    projections = ModalityLinears("projections", inputs, width: rank, context: context)
    core = context.parameter("core", [rank, rank, rank], .xavierNormal())
    output = Linear(inputs: rank, outputs: configuration.width, context: context.scope("output"))
  }

  /// Fuses a batch: x_m `[N, d_m]` → y `[N, width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let x = projections(features.vectors, pass)
    let core = pass[core]
    return output(x[0].outerProduct(x[1]).matmul(core.reshaped([-1, core.shape[2]])), pass)
  }
}
