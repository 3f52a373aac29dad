import FusionComponents
import FusionCore

/// Tensor fusion (Zadeh et al. 2017, section 3.2): the outer product of all modalities, each with a 1 in front,
///
/// y = [1; x_1] ⊗ … ⊗ [1; x_M]
///
/// which holds each modality, each pair, and so on up to the product of all.
public struct TensorFusion: Fusion {
  /// Its name in configurations.
  public static let name = "tensor_fusion"
  /// What `fusionkit list` says of it.
  public static let summary = "the outer product of all modalities, each with a 1 in front (Zadeh 2017)"

  /// The keys of `fusion: {type: tensor_fusion}`.
  public struct Configuration: ComponentConfiguration {
    /// The width that every modality is mapped to first; theirs as they are if not given.
    public var width: Int?
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("width", "the width that every modality is mapped to first; theirs as they are if not given", .size)
    ]
  }

  private let projections: ModalityLinears?

  /// Nothing is drawn: it has no parameters.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let widths = inputs.map { (configuration.width ?? $0.width) + 1 }
    let largest = 1 << 20
    context.describe("outer product")
    var size = 1
    // What is larger than the bound is no larger than a product of two numbers below it.
    for width in widths where size <= largest { size *= min(width, largest + 1) }
    if size > largest {
      context.problem(
        "the outer product of widths \(zip(inputs, widths).map { "\($0.modality) \($1)" }.joined(separator: " x ")) "
          + "is larger than \(largest)",
        key: configuration.width == nil ? nil : "width",
        hint: "a smaller 'width' makes every modality narrower first; low_rank_tensor never forms the product")
    }
    projections = configuration.width.map {
      ModalityLinears("projections", inputs, width: $0, context: context)
    }
  }

  /// Fuses a batch: x_m `[N, d_m]` → y `[N, Π (d_m + 1)]`, the last modality fastest; at most 2²⁰ values. With
  /// `width` every modality is mapped to that width first.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let terms = (projections?(features.vectors, pass) ?? features.vectors).map { x in
      Tensor.concatenated([Tensor(repeating: 1, shape: [x.shape[0], 1], device: pass.device), x], axis: 1)
    }
    return terms.joined { $0.outerProduct($1) }
  }
}
