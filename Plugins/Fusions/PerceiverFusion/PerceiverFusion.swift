import FusionComponents
import FusionCore

/// The perceiver (Jaegle et al. 2021, section 3.1): a few learned latent tokens look at the tokens of all modalities, then at
/// each other, and so on; y is their mean. The cost grows with the tokens, not with their square.
public struct PerceiverFusion: Fusion {
  /// Its name in configurations.
  public static let name = "perceiver"
  /// What `fusionkit list` says of it.
  public static let summary = "a few latent tokens look at those of all modalities, block by block (Jaegle 2021)"

  /// The keys of `fusion: {type: perceiver}`.
  public struct Configuration: TransformerConfiguration {
    /// Width of the tokens and of the features.
    public var width = 64
    /// How many latent tokens there are.
    public var latents = 8
    /// How often the latents look at the tokens.
    public var blocks = 2
    /// Layers of self-attention among the latents in each block.
    public var depth = 1
    /// Whether all blocks have the same parameters.
    public var share = false
    /// Attention heads; they divide the width.
    public var heads = 4
    /// Hidden width of the perceptrons, in widths of a token.
    public var mlpRatio = 4
    /// Share of values set to zero in training.
    public var dropout = 0.0
    /// How a token tells where it stands.
    public var positions = TokenPositions.Kind.learned
    /// The defaults.
    public init() {}
    enum CodingKeys: String, CodingKey {
      case width, latents, blocks, depth, share, heads, dropout, positions
      case mlpRatio = "mlp_ratio"
    }
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] =
      [
        Option("latents", "how many latent tokens there are", .range(1, 4096)),
        Option("blocks", "how often the latents look at the tokens", .range(1, 64)),
        Option("depth", "layers of self-attention among the latents in each block", .range(0, 64)),
        Option("share", "whether all blocks have the same parameters"),
      ] + Option.transformer
  }

  /// One or more, in any order; nobody looks at the tokens of a missing one.
  public static let traits = FusionTraits(orderMatters: false, missing: .skip)

  private let embedding: TokenEmbedding
  private let latents: Parameter
  private let blocks: [(cross: TransformerLayer, layers: [TransformerLayer])]
  private let norm: LayerNorm

  /// Draws the parameters: `embedding.<modality>.weight` `[width, d_m]`, `.bias`; `positions.<modality>` `[1, T_m,
  /// width]`, N(0, 0.02²), where positions are learned; `latents` `[1, L, width]`; `blocks.<i>.cross` those of
  /// `nn.TransformerEncoderLayer(norm_first=True)`, with gelu, and `norm_keys`; `blocks.<i>.layers.<j>` without it;
  /// `norm`. With `share` there is one block, used again.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let (width, sizes) = (configuration.width, configuration.sizes())
    embedding = TokenEmbedding(
      inputs, of: Self.name, width: width, positions: configuration.positions, context: context)
    latents = context.parameter("latents", [1, configuration.latents, width], .normal(deviation: 0.02))
    let made = (0..<(configuration.share ? 1 : configuration.blocks)).map { index in
      let scope = context.scope("blocks.\(index)")
      return (
        cross: TransformerLayer(sizes, crosses: true, context: scope.scope("cross")),
        layers: (0..<configuration.depth).map { TransformerLayer(sizes, context: scope.scope("layers.\($0)")) }
      )
    }
    blocks = (0..<configuration.blocks).map { made[configuration.share ? 0 : $0] }
    norm = LayerNorm(width: width, context: context.scope("norm"))
  }

  /// Fuses a batch: tokens x_m `[N, T_m, d_m]`: from the encoders `transformer`, `gru` and `lstm` with `pool:
  /// none`; features of another shape are refused before anything is trained → y `[N, width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let tokens = Tensor.concatenated(embedding(features, pass), axis: 1)
    var x = pass[latents].forEach(of: tokens.shape[0])
    // No latent looks at the tokens of a missing modality.
    let padding = features.tokenPadding()
    for block in blocks {
      x = block.cross(x, keys: tokens, keyPadding: padding, pass)
      for layer in block.layers { x = layer(x, pass) }
    }
    return norm(x, pass).mean(axes: [1])
  }
}
