import FusionCore

/// The options that everything made of transformer layers has.
public protocol TransformerConfiguration: ComponentConfiguration {
  /// The width of a token.
  var width: Int { get }
  /// Attention heads.
  var heads: Int { get }
  /// The hidden width of the perceptrons, in widths of a token.
  var mlpRatio: Int { get }
  /// The share of values set to zero in training.
  var dropout: Double { get }
  /// How a token tells where it stands.
  var positions: TokenPositions.Kind { get }
}

extension TransformerConfiguration {
  /// The sizes of a layer whose tokens are so many widths wide.
  public func sizes(widths: Int = 1, activation: Activation = .gelu) -> TransformerLayer.Sizes {
    TransformerLayer.Sizes(
      width: widths * width, heads: heads, hidden: widths * width * mlpRatio, dropout: dropout, activation: activation)
  }
}

extension Option {
  /// The options of attention over tokens: `width`, `heads`, `dropout`, `positions`.
  public static let attention: [Option] = [
    Option("width", "width of the tokens and of the features", .range(1, 16_384)),
    Option("heads", "attention heads; they divide the width", .range(1, 256)),
    Option("dropout", "share of values set to zero in training", .range(0, 1, includesUpper: false)),
    Option("positions", "how a token tells where it stands", TokenPositions.Kind.self),
  ]
  /// The options of transformer layers: those of attention and `mlp_ratio`.
  public static let transformer: [Option] =
    attention + [Option("mlp_ratio", "hidden width of the perceptrons, in widths of a token", .range(1, 64))]
  /// How many layers.
  public static let depth = Option("depth", "layers of attention and perceptron", .range(1, 64))
}

extension Blueprint {
  /// Whether the heads divide the width; reports it where not.
  public mutating func divides(heads: Int, width: Int) -> Bool {
    if width % heads != 0 { problem("\(heads) heads do not divide the width \(width)", key: "heads") }
    return width % heads == 0
  }

  /// Operations of multi-head attention for one sample: its four projections and its two products.
  static func attentionFlops(width: Int, tokens: Int, keys: Int) -> Int {
    Linear.flops(inputs: width, outputs: 2 * width) * (tokens + keys) + 4 * tokens * keys * width
  }

  /// Writes down ``MultiHeadAttention``.
  ///
  /// - Parameters:
  ///   - keys: how many tokens are looked at; nil: their own.
  ///   - norms: layer norms in front of it.
  public mutating func attention(
    _ name: String, width: Int, heads: Int, dropout: Double, tokens: Int, keys: Int? = nil, norms: Int = 0
  ) {
    layer(
      name,
      (norms > 0 ? "layer norm, " : "") + (keys == nil ? "" : "cross-") + "attention, heads \(heads)"
        + (dropout > 0 ? ", dropout \(dropout)" : ""),
      output: [tokens, width], parameters: norms * 2 * width + MultiHeadAttention.parameterCount(width: width),
      flops: Self.attentionFlops(width: width, tokens: tokens, keys: keys ?? tokens))
  }

  /// Writes down a ``TransformerLayer``.
  ///
  /// - Parameters:
  ///   - keys: how many tokens a layer that crosses looks at; nil: it does not cross.
  public mutating func transformerLayer(
    _ name: String, _ sizes: TransformerLayer.Sizes, tokens: Int, keys: Int? = nil
  ) {
    let (width, hidden) = (sizes.width, sizes.hidden)
    attention(
      "\(name).self_attn", width: width, heads: sizes.heads, dropout: sizes.dropout, tokens: tokens, keys: keys,
      norms: keys == nil ? 1 : 2)
    let dropout = sizes.dropout > 0 ? ", dropout \(sizes.dropout)" : ""
    layer(
      "\(name).linear",
      "layer norm, linear \(width) → \(hidden), \(sizes.activation.inWords.map { "\($0), " } ?? "")"
        + "linear \(hidden) → \(width)\(dropout)",
      output: [tokens, width],
      parameters: 2 * width + Linear.parameterCount(inputs: width, outputs: hidden)
        + Linear.parameterCount(inputs: hidden, outputs: width),
      flops: 2 * tokens * Linear.flops(inputs: width, outputs: hidden))
  }

  /// Writes down a ``TransformerStack``.
  ///
  /// - Parameters:
  ///   - tail: what follows the last norm, in words, and the shape it leaves.
  public mutating func transformerStack(
    _ sizes: TransformerLayer.Sizes, depth: Int, tokens: Int, keys: Int? = nil,
    then tail: (words: String, output: Shape)? = nil
  ) {
    for index in 0..<depth { transformerLayer("layers.\(index)", sizes, tokens: tokens, keys: keys) }
    layer(
      "norm", "layer norm" + (tail.map { ", \($0.words)" } ?? ""), output: tail?.output ?? [tokens, sizes.width],
      parameters: 2 * sizes.width)
  }
}
