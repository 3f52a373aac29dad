import TensorEngine

/// Multi-head attention (Vaswani et al. 2017): `torch.nn.MultiheadAttention` with the batch first.
///
/// Parameters, initialised as PyTorch's: `in_proj_weight` `[3·width, width]` (Xavier uniform), `in_proj_bias`
/// `[3·width]` (zeros), `out_proj.weight` `[width, width]` (as a linear layer), `out_proj.bias` `[width]` (zeros).
/// Shapes: query `[N, T, width]`, key and value `[N, S, width]` to `[N, T, width]`.
public struct MultiHeadAttention {
  private let inWeight: Parameter
  private let inBias: Parameter?
  private let outWeight: Parameter
  private let outBias: Parameter?
  private let heads: Int
  private let dropout: Float
  private let path: String

  /// Makes the parameters in `context`; refuses heads that do not divide the width, by the key `heads`.
  ///
  /// - Parameters:
  ///   - heads: divides the width.
  ///   - dropout: the probability that an attention weight is set to zero in training.
  public init(width: Int, heads: Int, bias: Bool = true, dropout: Double = 0, context: BuildContext) {
    if width % heads != 0 { context.problem("\(heads) heads do not divide the width \(width)", key: "heads") }
    inWeight = context.parameter("in_proj_weight", [3 * width, width], .xavierUniform())
    inBias = bias ? context.parameter("in_proj_bias", [3 * width], .zeros) : nil
    outWeight = context.parameter("out_proj.weight", [width, width], .layerDefault)
    outBias = bias ? context.parameter("out_proj.bias", [width], .zeros) : nil
    (self.heads, self.dropout, path) = (heads, Float(dropout), context.path)
  }

  /// Self-attention: every token of `x` looks at all of them.
  ///
  /// - Parameters:
  ///   - keyPadding: `[N, T]`, 1 where a token is padding.
  ///   - mask: broadcasts to `[N, heads, T, T]`.
  public func callAsFunction(
    _ x: Tensor, keyPadding: Tensor? = nil, mask: AttentionMask? = nil, isCausal: Bool = false, _ pass: ForwardPass
  ) -> Tensor {
    self(query: x, key: x, value: x, keyPadding: keyPadding, mask: mask, isCausal: isCausal, pass)
  }

  /// Every token of `query` looks at the tokens of `key` and gathers from `value`.
  ///
  /// - Parameters:
  ///   - keyPadding: `[N, S]`, 1 where a key is padding.
  ///   - mask: broadcasts to `[N, heads, T, S]`.
  public func callAsFunction(
    query: Tensor, key: Tensor, value: Tensor, keyPadding: Tensor? = nil, mask: AttentionMask? = nil,
    isCausal: Bool = false, _ pass: ForwardPass
  ) -> Tensor {
    let drops = dropout > 0 && pass.mode == .training
    let words = heads == 1 ? "attention" : "attention, \(heads) heads"
    return pass.layer(path, dropout > 0 ? "\(words), dropout \(dropout)" : words) {
      .multiHeadAttention(
        query: query, key: key, value: value, heads: heads,
        weights: AttentionWeights(
          inWeight: pass[inWeight], inBias: pass[inBias], outWeight: pass[outWeight], outBias: pass[outBias]),
        keyPadding: keyPadding, mask: mask, isCausal: isCausal,
        dropout: drops ? AttentionDropout(dropout, random: pass.random(for: path)) : nil)
    }
  }
}
