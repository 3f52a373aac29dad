import FusionComponents
import FusionCore

/// Bilinear pooling by Tucker decomposition (Ben-younes et al. 2017, equation 4): with narrow projections of both
/// modalities and a full core tensor,
///
/// y = O (C ×_1 (U x_1) ×_2 (V x_2)) + b
public struct TuckerFusion: Fusion {
  public static let name = "tucker"
  public static let summary = "bilinear pooling through a small core tensor (Ben-younes 2017, Tucker decomposition)"

  public struct Configuration: ComponentConfiguration {
    public var width = 64
    public var rank = 24
    public init() {}
    public static let options: [Option] = [
      Option("width", "the width of the result", .size),
      Option("rank", "the height, width and depth of the core tensor", .range(1, 1024)),
    ]
  }

  public static let traits = FusionTraits.bilinear

  private let projections: ModalityLinears
  private let core: Parameter
  private let output: Linear

  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let rank = configuration.rank
    projections = ModalityLinears("projections", inputs, width: rank, context: context)
    core = context.parameter("core", [rank, rank, rank], .xavierNormal())
    output = Linear(inputs: rank, outputs: configuration.width, context: context.scope("output"))
  }

  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let x = projections(features.vectors, pass)
    let core = pass[core]
    return output(x[0].outerProduct(x[1]).matmul(core.reshaped([-1, core.shape[2]])), pass)
  }
}
