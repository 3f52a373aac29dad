import FusionComponents
import FusionCore

/// Early fusion by a transformer over the tokens of all modalities at once (Vaswani et al. 2017; the class token as in
/// Dosovitskiy et al. 2021, the norms in front): every token looks at every other, of whichever modality.
public struct FusionTransformerFusion: Fusion {
  /// Its name in configurations.
  public static let name = "fusion_transformer"
  /// What `fusionkit list` says of it.
  public static let summary = "a transformer over the tokens of all modalities at once"

  /// How tokens become features.
  public enum Pool: String, Codable, CaseIterable, Sendable {
    /// One more token, learned, that looks at all others.
    case `class`
    /// Their mean.
    case mean
  }

  /// The keys of `fusion: {type: fusion_transformer}`.
  public struct Configuration: TransformerConfiguration {
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
    /// The features: a class token, or the mean of all.
    public var pool = Pool.class
    /// The defaults.
    public init() {}
    enum CodingKeys: String, CodingKey {
      case width, depth, heads, dropout, positions, pool
      case mlpRatio = "mlp_ratio"
    }
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] =
      [.depth] + Option.transformer + [Option("pool", "the features: a class token, or the mean of all", Pool.self)]
  }

  /// One or more, in any order; nobody looks at the tokens of a missing one.
  public static let traits = FusionTraits(orderMatters: false, missing: .skip)

  private let embedding: TokenEmbedding
  private let classToken: Parameter?
  private let stack: TransformerStack

  /// Draws the parameters: `embedding.<modality>.weight` `[width, d_m]`, `.bias`; `positions.<modality>` `[1, T_m,
  /// width]`, N(0, 0.02²), where positions are learned; `class_token` `[1, 1, width]`; `layers.<i>` those of
  /// `nn.TransformerEncoderLayer(norm_first=True)`, with gelu; `norm`.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let width = configuration.width
    embedding = TokenEmbedding(
      inputs, of: Self.name, width: width, positions: configuration.positions, context: context)
    classToken =
      configuration.pool == .class ? context.parameter("class_token", [1, 1, width], .normal(deviation: 0.02)) : nil
    stack = TransformerStack(configuration.sizes(), depth: configuration.depth, context: context)
  }

  /// Fuses a batch: tokens x_m `[N, T_m, d_m]`: from the encoders `transformer`, `gru` and `lstm` with `pool:
  /// none`; features of another shape are refused before anything is trained → y `[N, width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let tokens = embedding(features, pass)
    let front = classToken.map { [pass[$0].forEach(of: tokens[0].shape[0])] } ?? []
    // Nobody looks at the tokens of a missing modality, and they do not count in a mean.
    let padding = features.tokenPadding(after: front.count)
    let x = stack(.concatenated(front + tokens, axis: 1), keyPadding: padding, pass)
    guard classToken == nil else { return x.selected(0, axis: 1) }
    guard let padding else { return x.mean(axes: [1]) }
    return Tensor.where(padding.unsqueezed(2), 0, x).sum(axes: [1]) / (1 - padding).sum(axes: [1], keepDimensions: true)
  }
}
