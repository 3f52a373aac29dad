import FusionComponents
import FusionCore

/// Multiplicative interaction of three modalities (Jayakumar et al. 2020, as MultiBench extends it): the first two make the
/// map that is applied to the third,
///
/// y = x_3·A(x_1, x_2) + B(x_1, x_2),  A(x_1, x_2) = x_2·(x_1·W + V) + x_1·U + b as a matrix [d_3, D]
///
/// and B the same with a vector [D]. Every sample has a map of its own: "bm,bmp->bp", not the product of two matrices,
/// which would mix the samples of a batch.
public struct TrimodalInteractionFusion: Fusion {
  /// Its name in configurations.
  public static let name = "trimodal_interaction"
  /// What `fusionkit list` says of it.
  public static let summary = "the first two modalities make a map that is applied to the third (Jayakumar 2020)"

  /// The keys of `fusion: {type: trimodal_interaction}`.
  public struct Configuration: ComponentConfiguration {
    /// The width of the result; that of the third modality if not given.
    public var width: Int?
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("width", "the width of the result; that of the third modality if not given", .size)
    ]
  }

  /// Exactly three; a missing one counts as zero.
  public static let traits = FusionTraits(fewest: 3, most: 3)

  private let map, offset: MatrixInteraction

  /// Draws the parameters: `map.W` `[d_1, d_2, d_3·D]`, `map.V` `[d_2, d_3·D]`, `map.U` `[d_1, d_3·D]`, `map.b`
  /// `[d_3·D]`; `offset.W` `[d_1, d_2, D]`, `offset.V`, `offset.U`, `offset.b`.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let (first, second, third) = (inputs[0].width, inputs[1].width, inputs[2].width)
    let width = configuration.width ?? third
    map = MatrixInteraction(first: first, second: second, width: third * width, context: context.scope("map"))
    offset = MatrixInteraction(first: first, second: second, width: width, context: context.scope("offset"))
  }

  /// Fuses a batch: x_m `[N, d_m]` → y `[N, width]`; width: as asked for, else d_3.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let x = features.vectors
    let base = offset(x[0], x[1]) { pass[$0] }
    let maps = map(x[0], x[1]) { pass[$0] }.reshaped([x[2].shape[0], x[2].shape[1], base.shape[1]])
    return Tensor.einsum("bm,bmp->bp", x[2], maps) + base
  }
}
