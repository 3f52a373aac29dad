import TensorEngine

/// Attention and a perceptron, each with its norm in front and its input added: `nn.TransformerEncoderLayer` with
/// `norm_first=True`, whose parameter names it has.
///
/// x ← x + attention(norm1(x)), x ← x + W_2 act(W_1 norm2(x) + b_1) + b_2. A layer that crosses looks at the tokens of
/// another sequence instead of its own, after a norm of theirs, `norm_keys`.
public struct TransformerLayer {
  /// The sizes of a layer.
  public struct Sizes: Sendable, Equatable {
    /// The width of a token.
    public var width: Int
    /// Attention heads, which divide the width.
    public var heads: Int
    /// The hidden width of the perceptron.
    public var hidden: Int
    /// The share of values set to zero in training.
    public var dropout: Double
    /// What follows the hidden layer.
    public var activation: Activation

    /// Sizes of a layer.
    public init(width: Int, heads: Int, hidden: Int, dropout: Double = 0, activation: Activation = .gelu) {
      (self.width, self.heads, self.hidden) = (width, heads, hidden)
      (self.dropout, self.activation) = (dropout, activation)
    }
  }

  private let attention: MultiHeadAttention
  private let linear1, linear2: Linear
  private let norm1, norm2: LayerNorm
  private let normKeys: LayerNorm?
  private let dropout1, dropout, dropout2: Dropout
  private let activation: Activation

  /// Makes the parameters in `context`.
  ///
  /// - Parameters:
  ///   - crosses: whether the layer looks at another sequence.
  public init(_ sizes: Sizes, crosses: Bool = false, context: BuildContext) {
    let (width, hidden) = (sizes.width, sizes.hidden)
    attention = MultiHeadAttention(
      width: width, heads: sizes.heads, dropout: sizes.dropout, context: context.scope("self_attn"))
    linear1 = Linear(inputs: width, outputs: hidden, context: context.scope("linear1"))
    linear2 = Linear(inputs: hidden, outputs: width, context: context.scope("linear2"))
    norm1 = LayerNorm(width: width, context: context.scope("norm1"))
    norm2 = LayerNorm(width: width, context: context.scope("norm2"))
    normKeys = crosses ? LayerNorm(width: width, context: context.scope("norm_keys")) : nil
    dropout1 = Dropout(sizes.dropout, context: context.scope("dropout1"))
    dropout = Dropout(sizes.dropout, context: context.scope("dropout"))
    dropout2 = Dropout(sizes.dropout, context: context.scope("dropout2"))
    activation = sizes.activation
  }

  /// Shapes: `[N, T, width]` and the same out.
  ///
  /// - Parameters:
  ///   - keys: `[N, S, width]`, what a layer that crosses looks at.
  ///   - keyPadding: `[N, S]`, 1 where what it looks at is padding.
  public func callAsFunction(
    _ x: Tensor, keys: Tensor? = nil, keyPadding: Tensor? = nil, _ pass: ForwardPass
  ) -> Tensor {
    let queries = norm1(x, pass)
    let others = normKeys.flatMap { norm in keys.map { norm($0, pass) } } ?? queries
    let answer = attention(query: queries, key: others, value: others, keyPadding: keyPadding, pass)
    let attended = x + dropout1(answer, pass)
    return attended + dropout2(linear2(dropout(activation(linear1(norm2(attended, pass), pass)), pass), pass), pass)
  }
}

/// Transformer layers one after the other, `layers.<i>`, and a last norm, `norm`.
public struct TransformerStack {
  private let layers: [TransformerLayer]
  private let norm: LayerNorm

  /// Makes the parameters in `context`.
  public init(_ sizes: TransformerLayer.Sizes, depth: Int, crosses: Bool = false, context: BuildContext) {
    layers = (0..<depth).map { TransformerLayer(sizes, crosses: crosses, context: context.scope("layers.\($0)")) }
    norm = LayerNorm(width: sizes.width, context: context.scope("norm"))
  }

  /// Shapes: `[N, T, width]` and the same out; `keys` `[N, S, width]` are what layers that cross look at, all of them the
  /// same, but for those that `keyPadding` `[N, S]` marks with 1.
  public func callAsFunction(
    _ x: Tensor, keys: Tensor? = nil, keyPadding: Tensor? = nil, _ pass: ForwardPass
  ) -> Tensor {
    norm(layers.reduce(x) { $1($0, keys: keys, keyPadding: keyPadding, pass) }, pass)
  }
}
