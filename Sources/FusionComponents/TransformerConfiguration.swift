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
