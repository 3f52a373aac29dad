import FusionComponents
import FusionCore

/// A transformer over the patches of an image, `[C, H, W]`, or the frames of a sequence, `[T, F]`.
///
/// tokens = E x + positions; per layer x += attention(norm(x)), x += W_2 gelu(W_1 norm(x)); norm; pooling
/// (Dosovitskiy et al. 2021; Vaswani et al. 2017, the norms in front as in Xiong et al. 2020).
public struct TransformerEncoder: Encoder {
  /// Its name in configurations.
  public static let name = "transformer"
  /// Other names that configurations may use.
  public static let aliases = ["vit_patch"]
  /// What `fusionkit list` says of it.
  public static let summary = "attention over the patches of an image or the frames of a sequence"

  /// How tokens become features.
  public enum Pool: String, Codable, CaseIterable, Sendable {
    /// Their mean.
    case mean
    /// One more token, learned, that looks at all others.
    case `class`
    /// They stay tokens.
    case none
  }

  /// The keys of `encoder: {type: transformer}`.
  public struct Configuration: TransformerConfiguration {
    /// Height and width of an image's patches, which divide the image.
    public var patch: Int?
    /// Width of the tokens and of the features.
    public var width = 64
    /// Layers of attention and perceptron.
    public var depth = 2
    /// Attention heads; they divide the width.
    public var heads = 4
    /// Hidden width of the perceptrons, in widths of a token.
    public var mlpRatio = 4
    /// Share of values set to zero in training.
    public var dropout = 0.0
    /// How a token tells where it stands.
    public var positions = TokenPositions.Kind.learned
    /// The features: the mean of the tokens, a class token, or none: all tokens.
    public var pool = Pool.mean
    /// The defaults.
    public init() {}
    enum CodingKeys: String, CodingKey {
      case patch, width, depth, heads, dropout, positions, pool
      case mlpRatio = "mlp_ratio"
    }
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] =
      [Option("patch", "height and width of an image's patches, which divide the image", .range(1, 1024)), .depth]
      + Option.transformer + [
        Option("pool", "the features: the mean of the tokens, a class token, or none: all tokens", Pool.self)
      ]
  }

  private let configuration: Configuration
  private let cut: TokenCut
  private let embedding: Linear
  private let classToken: Parameter?
  private let positions: TokenPositions
  private let dropout: Dropout
  private let stack: TransformerStack

  /// Draws the parameters: `embedding.{weight, bias}` [width, C·P²] (`nn.Conv2d`'s weight, flattened) or [width,
  /// F], `positions` [1, T, width] where learned, `class_token` [1, 1, width]; per layer those of
  /// `nn.TransformerEncoderLayer(norm_first=True, activation="gelu")`: `layers.<i>.self_attn.{in_proj_weight,
  /// in_proj_bias, out_proj.weight, out_proj.bias}`, `layers.<i>.{linear1, linear2, norm1, norm2}.{weight, bias}`;
  /// `norm.{weight, bias}`. Positions and class token are N(0, 0.02²), all others as PyTorch's.
  public init(_ configuration: Configuration, input: Shape, context: BuildContext) {
    let cut = TokenCut(configuration, input, context: context)
    self.configuration = configuration
    self.cut = cut
    let width = configuration.width
    let tokens = cut.count + (configuration.pool == .class ? 1 : 0)
    embedding = Linear(inputs: cut.width, outputs: width, context: context.scope("embedding"))
    classToken =
      configuration.pool == .class ? context.parameter("class_token", [1, 1, width], .normal(deviation: 0.02)) : nil
    positions = TokenPositions(configuration.positions, tokens: tokens, width: width, context: context)
    dropout = Dropout(configuration.dropout, context: context.scope("dropout"))
    stack = TransformerStack(configuration.sizes(), depth: configuration.depth, context: context)
  }

  /// Encodes a batch: `[N, C, H, W]` or `[N, T, F]` → `[N, width]`: the mean of the tokens, or with `pool: class`
  /// the class token; with `pool: none` the tokens `[N, T, width]`.
  public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor {
    var x = embedding(cut.tokens(input), pass)
    if let classToken {
      x = .concatenated([pass[classToken].forEach(of: x.shape[0]), x], axis: 1)
    }
    x = stack(dropout(positions(x, pass), pass), pass)
    switch configuration.pool {
    case .mean: return x.mean(axes: [1])
    case .class: return x.selected(0, axis: 1)
    case .none: return x
    }
  }
}
