import FusionCore

/// A bilinear form of low rank: z_d = Σ_r (U x_1)_{dr} (V x_2)_{dr}.
///
/// The core of the bilinear poolings: `mlb` has rank 1, `mfb` and `mfh` sum over windows, `mutan` and `block` over slices.
/// Parameters: `<first>.weight` `[width·rank, d_1]` and `<second>.weight` `[width·rank, d_2]`, each with `.bias`; the ranks
/// of one value lie side by side. Shapes: `[N, d_1]` and `[N, d_2]` to `[N, width]`.
public struct FactorizedProduct {
  private let first, second: Linear
  private let width, rank: Int

  /// Makes the parameters in `context`, the layers under `names`.
  public init(
    _ names: (String, String), _ widths: (Int, Int), width: Int, rank: Int, context: BuildContext
  ) {
    first = Linear(inputs: widths.0, outputs: width * rank, context: context.scope(names.0))
    second = Linear(inputs: widths.1, outputs: width * rank, context: context.scope(names.1))
    (self.width, self.rank) = (width, rank)
  }

  /// The products before they are summed, `[N, width·rank]`.
  public func expanded(_ x1: Tensor, _ x2: Tensor, _ pass: ForwardPass, activation: (Tensor) -> Tensor = { $0 })
    -> Tensor
  {
    activation(first(x1, pass)) * activation(second(x2, pass))
  }

  /// The sum over the ranks: `[N, width·rank]` to `[N, width]`.
  public func summed(_ expanded: Tensor) -> Tensor {
    rank == 1 ? expanded : expanded.reshaped([expanded.shape[0], width, rank]).sum(axes: [2])
  }

  /// Shapes: `[N, d_1]` and `[N, d_2]` to `[N, width]`.
  public func callAsFunction(_ x1: Tensor, _ x2: Tensor, _ pass: ForwardPass) -> Tensor {
    summed(expanded(x1, x2, pass))
  }
}

extension Features {
  /// The vectors of the two modalities of a bilinear fusion.
  public var pair: (Tensor, Tensor) {
    let vectors = vectors
    return (vectors[0], vectors[1])
  }
}

extension FusionTraits {
  /// Exactly two modalities. Where one is missing, the mean of its training features takes its place: zeros would wipe
  /// out the other in a product.
  public static let bilinear = FusionTraits(fewest: 2, most: 2, missing: .mean)
}

extension [ModalityShape] {
  /// The names and widths of the two modalities of a bilinear fusion, the names below `prefix`.
  public func pair(_ prefix: String) -> (names: (String, String), widths: (Int, Int)) {
    (("\(prefix).\(self[0].modality)", "\(prefix).\(self[1].modality)"), (self[0].width, self[1].width))
  }
}
