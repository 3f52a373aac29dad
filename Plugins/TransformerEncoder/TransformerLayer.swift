import FusionCore

/// Attention and a perceptron, each with its norm in front and its input added: `nn.TransformerEncoderLayer` with
/// `norm_first=True, activation="gelu"`, whose parameter names it has.
struct TransformerLayer {
  private let attention: MultiHeadAttention
  private let linear1, linear2: Linear
  private let norm1, norm2: LayerNorm
  private let dropout1, dropout, dropout2: Dropout

  init(_ configuration: TransformerEncoder.Configuration, context: BuildContext) {
    let (width, hidden) = (configuration.width, configuration.width * configuration.mlpRatio)
    attention = MultiHeadAttention(
      width: width, heads: configuration.heads, dropout: configuration.dropout, context: context.scope("self_attn"))
    linear1 = Linear(inputs: width, outputs: hidden, context: context.scope("linear1"))
    linear2 = Linear(inputs: hidden, outputs: width, context: context.scope("linear2"))
    norm1 = LayerNorm(width: width, context: context.scope("norm1"))
    norm2 = LayerNorm(width: width, context: context.scope("norm2"))
    dropout1 = Dropout(configuration.dropout, context: context.scope("dropout1"))
    dropout = Dropout(configuration.dropout, context: context.scope("dropout"))
    dropout2 = Dropout(configuration.dropout, context: context.scope("dropout2"))
  }

  /// Shapes: `[N, T, width]` and the same out.
  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let x = x + dropout1(attention(norm1(x, pass), pass), pass)
    return x + dropout2(linear2(dropout(linear1(norm2(x, pass), pass).gelu(), pass), pass), pass)
  }

  static func describe(
    _ index: Int, tokens: Int, _ configuration: TransformerEncoder.Configuration, _ blueprint: inout Blueprint
  ) {
    let (width, hidden) = (configuration.width, configuration.width * configuration.mlpRatio)
    let dropout = configuration.dropout > 0 ? ", dropout \(configuration.dropout)" : ""
    blueprint.layer(
      "layers.\(index).self_attn", "layer norm, attention, heads \(configuration.heads)\(dropout)",
      output: [tokens, width], parameters: 2 * width + MultiHeadAttention.parameterCount(width: width),
      flops: tokens * (Linear.flops(inputs: width, outputs: 4 * width) + 4 * tokens * width))
    blueprint.layer(
      "layers.\(index).linear", "layer norm, linear \(width) → \(hidden), gelu, linear \(hidden) → \(width)\(dropout)",
      output: [tokens, width],
      parameters: 2 * width + Linear.parameterCount(inputs: width, outputs: hidden)
        + Linear.parameterCount(inputs: hidden, outputs: width),
      flops: 2 * tokens * Linear.flops(inputs: width, outputs: hidden))
  }
}
