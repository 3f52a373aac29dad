import FusionComponents
import FusionCore

/// Cross-attention between tokens (Vaswani et al. 2017, section 3.2, with queries of one modality and keys of the others):
///
/// y_m = mean over tokens of norm(q_m + attention(q_m, k_m, k_m)),  y = [y_1; …; y_M]
///
/// with q_m the embedded tokens of modality m, and k_m those of all other modalities one after the other. Nobody looks at a
/// missing modality, and y_m is zero.
public struct CrossAttentionFusion: Fusion {
  public static let name = "cross_attention"
  public static let summary = "the tokens of each modality look at those of all others; their means side by side"

  public struct Configuration: ComponentConfiguration {
    public var width = 64
    public var heads = 4
    public var dropout = 0.0
    public var positions = TokenPositions.Kind.none
    public init() {}
    public static let options = Option.attention
  }

  public static let traits = FusionTraits(fewest: 2, missing: .skip)

  private let embedding: TokenEmbedding
  private let attention: [MultiHeadAttention]
  private let norms: [LayerNorm]

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
