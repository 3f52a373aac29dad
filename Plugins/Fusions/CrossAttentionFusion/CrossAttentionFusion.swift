import FusionComponents
import FusionCore

/// Cross-attention between tokens (Vaswani et al. 2017, section 3.2, with queries of one modality and keys of the others):
///
/// y_m = mean over tokens of norm(q_m + attention(q_m, k_m, k_m)),  y = [y_1; …; y_M]
///
/// with q_m the embedded tokens of modality m, and k_m those of all other modalities one after the other. Nobody looks at a
/// missing modality, and y_m is zero.
public struct CrossAttentionFusion: Fusion {
  /// Its name in configurations.
  public static let name = "cross_attention"
  /// What `fusionkit list` says of it.
  public static let summary = "the tokens of each modality look at those of all others; their means side by side"

  /// The keys of `fusion: {type: cross_attention}`.
  public struct Configuration: ComponentConfiguration {
    /// Width of the tokens and of the features.
    public var width = 64
    /// Attention heads; they divide the width.
    public var heads = 4
    /// Share of values set to zero in training.
    public var dropout = 0.0
    /// How a token tells where it stands.
    public var positions = TokenPositions.Kind.none
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options = Option.attention
  }

  /// Two or more; nobody looks at a missing one, and its part of the result is zero.
  public static let traits = FusionTraits(fewest: 2, missing: .skip)

  private let embedding: TokenEmbedding
  private let attention: [MultiHeadAttention]
  private let norms: [LayerNorm]

  /// Draws the parameters: `embedding.<modality>.weight` `[width, d_m]`, `.bias`; `positions.<modality>` `[1, T_m,
  /// width]`, N(0, 0.02²), where positions are learned; `attention.<modality>` as in `nn.MultiheadAttention`,
  /// `norms.<modality>.weight`, `.bias`.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let width = configuration.width
    embedding = TokenEmbedding(
      inputs, of: Self.name, width: width, positions: configuration.positions, context: context)
    attention = inputs.map {
      MultiHeadAttention(
        width: width, heads: configuration.heads, dropout: configuration.dropout,
        context: context.scope("attention.\($0.modality)"))
    }
    norms = inputs.map { LayerNorm(width: width, context: context.scope("norms.\($0.modality)")) }
  }

  /// Fuses a batch: tokens x_m `[N, T_m, d_m]`: from the encoders `transformer`, `gru` and `lstm` with `pool:
  /// none`; features of another shape are refused before anything is trained → y `[N, M · width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let tokens = embedding(features, pass)
    let parts = tokens.indices.map { index in
      let others = tokens.indices.filter { $0 != index }
      let keys = others.count == 1 ? tokens[others[0]] : Tensor.concatenated(others.map { tokens[$0] }, axis: 1)
      let padding = features.tokenPadding(of: others)
      let answer = attention[index](query: tokens[index], key: keys, value: keys, keyPadding: padding, pass)
      return norms[index](tokens[index] + answer, pass).mean(axes: [1])
    }
    return .concatenated(features.leavingOut(parts), axis: 1)
  }
}
