import FusionComponents
import FusionCore

/// A transformer over the patches of an image, `[C, H, W]`, or the frames of a sequence, `[T, F]`.
///
/// tokens = E x + positions; per layer x += attention(norm(x)), x += W_2 gelu(W_1 norm(x)); norm; pooling
/// (Dosovitskiy et al. 2021; Vaswani et al. 2017, the norms in front as in Xiong et al. 2020).
public struct TransformerEncoder: Encoder {
  public static let name = "transformer"
  public static let aliases = ["vit_patch"]
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

  public struct Configuration: TransformerConfiguration {
    public var patch: Int?
    public var width = 64
    public var depth = 2
    public var heads = 4
    public var mlpRatio = 4
    public var dropout = 0.0
    public var positions = TokenPositions.Kind.learned
    public var pool = Pool.mean
    public init() {}
    enum CodingKeys: String, CodingKey {
      case patch, width, depth, heads, dropout, positions, pool
      case mlpRatio = "mlp_ratio"
    }
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
