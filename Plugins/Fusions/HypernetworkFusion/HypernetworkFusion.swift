import FusionComponents
import FusionCore

/// A hypernetwork (Ha et al. 2017, section 3.1, as a combiner of modalities): the first modality makes the layer that is
/// applied to the others,
///
/// h = relu(H x_1 + b_h),  y = Σ_{m > 1} W(h) P_m x_m + b(h)
///
/// with W(h) and b(h) linear in h.
public struct HypernetworkFusion: Fusion {
  /// Its name in configurations.
  public static let name = "hypernetwork"
  /// What `fusionkit list` says of it.
  public static let summary = "the first modality makes the weights of the layer that the others pass (Ha 2017)"

  /// The keys of `fusion: {type: hypernetwork}`.
  public struct Configuration: ComponentConfiguration {
    /// The width of the others when they pass the layer, and that of the result.
    public var width = 32
    /// The width of what the weights are made from.
    public var hidden = 16
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("width", "the width of the others when they pass the layer, and that of the result", .range(1, 4096)),
      Option("hidden", "the width of what the weights are made from", .size),
    ]
  }

  /// Two or more; a missing one counts as zero.
  public static let traits = FusionTraits(fewest: 2)

  private let embedding, weights, bias: Linear
  private let projections: ModalityLinears

  /// Draws the parameters: `embedding` `[hidden, d_1]`, `weights` `[width², hidden]`, `bias` `[width, hidden]`,
  /// `projections.<modality>` `[width, d_m]` for all but the first; each with `.weight` and `.bias`.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let (width, hidden) = (configuration.width, configuration.hidden)
    embedding = Linear(inputs: inputs[0].width, outputs: hidden, context: context.scope("embedding"))
    weights = Linear(inputs: hidden, outputs: width * width, context: context.scope("weights"))
    bias = Linear(inputs: hidden, outputs: width, context: context.scope("bias"))
    projections = ModalityLinears("projections", Array(inputs.dropFirst()), width: width, context: context)
  }

  /// Fuses a batch: x_m `[N, d_m]` → y `[N, width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let vectors = features.vectors
    let h = embedding(vectors[0], pass).relu()
    // The layer is the same for all others: it is applied once, to their sum.
    let sum = projections(Array(vectors.dropFirst()), pass).total()
    let (batch, width) = (sum.shape[0], sum.shape[1])
    let layer = weights(h, pass).reshaped([batch, width, width])
    return layer.matmul(sum.unsqueezed(2)).squeezed(2) + bias(h, pass)
  }
}
