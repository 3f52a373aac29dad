import FusionComponents
import FusionCore

/// Bilinear pooling by a Tucker decomposition whose core has slices of low rank (Ben-younes et al. 2017, equation 9):
///
/// y = O Σ_r (M_r u) ⊙ (N_r v) + b,  u = act(U x_1),  v = act(V x_2)
///
/// with act = tanh in the paper, and none in the code that its authors released.
public struct MutanFusion: Fusion {
  public static let name = "mutan"
  public static let summary = "bilinear pooling through a core tensor whose slices have low rank (Ben-younes 2017)"

  public struct Configuration: ComponentConfiguration {
    public var width = 64
    public var inner = 48
    public var rank = 5
    public var activation = Activation.tanh
    public init() {}
    public static let options: [Option] = [
      Option("width", "the width of the result", .size),
      Option("inner", "the width that both modalities are mapped to, and that of their product", .range(1, 4096)),
      Option("rank", "the rank of the core's slices", .range(1, 1024)),
      Option("activation", "what follows the projections of both modalities", Activation.self),
    ]
  }

  public static let traits = FusionTraits.bilinear

  private let projections: ModalityLinears
  private let core: FactorizedProduct
  private let output: Linear
  private let activation: Activation

  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let inner = configuration.inner
    activation = configuration.activation
    projections = ModalityLinears("projections", inputs, width: inner, context: context)
    core = FactorizedProduct(
      inputs.pair("core").names, (inner, inner), width: inner, rank: configuration.rank, context: context)
    output = Linear(inputs: inner, outputs: configuration.width, context: context.scope("output"))
  }

  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let x = projections(features.vectors, pass).map { activation($0) }
    return output(core(x[0], x[1], pass), pass)
  }
}
