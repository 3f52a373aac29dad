import FusionComponents
import FusionCore

/// Early fusion by a transformer over the tokens of all modalities at once (Vaswani et al. 2017; the class token as in
/// Dosovitskiy et al. 2021, the norms in front): every token looks at every other, of whichever modality.
public struct FusionTransformerFusion: Fusion {
  public static let name = "fusion_transformer"
  public static let summary = "a transformer over the tokens of all modalities at once"

  /// How tokens become features.
  public enum Pool: String, Codable, CaseIterable, Sendable {
    /// One more token, learned, that looks at all others.
    case `class`
    /// Their mean.
    case mean
  }

  public struct Configuration: TransformerConfiguration {
    public var width = 64
    public var depth = 2
    public var heads = 4
    public var mlpRatio = 4
    public var dropout = 0.0
    public var positions = TokenPositions.Kind.learned
    public var pool = Pool.class
    public init() {}
    enum CodingKeys: String, CodingKey {
      case width, depth, heads, dropout, positions, pool
      case mlpRatio = "mlp_ratio"
    }
    public static let options: [Option] =
      [.depth] + Option.transformer + [Option("pool", "the features: a class token, or the mean of all", Pool.self)]
  }

  public static let traits = FusionTraits(orderMatters: false, missing: .skip)

  private let embedding: TokenEmbedding
  private let classToken: Parameter?
  private let stack: TransformerStack

  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let width = configuration.width
    embedding = TokenEmbedding(
      inputs, of: Self.name, width: width, positions: configuration.positions, context: context)
    classToken =
      configuration.pool == .class ? context.parameter("class_token", [1, 1, width], .normal(deviation: 0.02)) : nil
    stack = TransformerStack(configuration.sizes(), depth: configuration.depth, context: context)
  }

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
