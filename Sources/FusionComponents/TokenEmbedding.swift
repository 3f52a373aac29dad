import FusionCore

/// Tokens of all modalities, brought to one width, with their positions: x_mt ↦ E_m x_mt + e_m + p_mt.
///
/// Parameters: `embedding.<modality>.weight` `[width, d_m]`, `.bias`; `positions.<modality>` `[1, T_m, width]` where
/// positions are learned: they tell the modality as well. Shapes: `[N, T_m, d_m]` to `[N, T_m, width]`.
public struct TokenEmbedding {
  private let projections: ModalityLinears
  private let positions: [TokenPositions]

  /// Makes the parameters in `context`; refuses modalities that are no tokens.
  ///
  /// - Parameter fusion: its name, for the refusal.
  public init(
    _ inputs: [ModalityShape], of fusion: String, width: Int, positions kind: TokenPositions.Kind,
    context: BuildContext
  ) {
    let vectors = inputs.filter { $0.shape.count != 2 }
    if let first = vectors.first {
      let others = vectors.dropFirst().map { ", those of '\($0.modality)' \($0.shape)" }.joined()
      context.problem(
        "the fusion '\(fusion)' takes tokens [T, D] of every modality; the features of '\(first.modality)' have the "
          + "shape \(first.shape)\(others)", key: "type",
        hint:
          "encoders that give tokens: 'transformer', 'gru' and 'lstm' with 'pool: none', 'lenet' and 'conv' with 'tokens: true'"
      )
    }
    // Nothing is made of vectors; heads that do not divide the width are told of at the same time.
    let inputs = vectors.isEmpty ? inputs : inputs.map { ModalityShape($0.modality, [1, $0.width]) }
    projections = ModalityLinears("embedding", inputs, width: width, overTokens: true, context: context)
    positions = inputs.map {
      TokenPositions(kind, "positions.\($0.modality)", tokens: $0.shape[0], width: width, context: context)
    }
  }

  /// One tensor `[N, T_m, width]` a modality.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> [Tensor] {
    zip(positions, projections(features.tensors, pass)).map { $0($1, pass) }
  }
}

extension Tensor {
  /// A learned row, or rows, `[1, T, D]`, for every sample of a batch: `[N, T, D]`.
  public func forEach(of batch: Int) -> Tensor { broadcast(to: [batch] + shape.dropFirst()) }
}
