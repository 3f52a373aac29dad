import FusionComponents
import FusionCore

/// The multimodal transformer MulT (Tsai et al. 2019, section 3): for every ordered pair of modalities layers in which the
/// tokens of one look at those of the other; per modality the results side by side, layers of self-attention over them, and
/// of these the last token:
///
/// z_{s→t} = cross_{s→t}(x_t, x_s),  h_t = memory_t([z_{s→t} for s ≠ t])_last,  y = [h_1; …; h_M]
///
/// The layers have their norms in front, as there; the keys of each have a norm of their own. Nobody looks at a missing
/// modality, and its h_m is zero.
public struct CrossModalTransformerFusion: Fusion {
  /// Its name in configurations.
  public static let name = "cross_modal_transformer"
  /// Other names that configurations may use.
  public static let aliases = ["mult"]
  /// What `fusionkit list` says of it.
  public static let summary = "transformers from every modality to every other, then self-attention (Tsai 2019)"

  /// Which token of the last layers is handed on.
  public enum Pool: String, Codable, CaseIterable, Sendable {
    case last, mean
  }

  /// The keys of `fusion: {type: cross_modal_transformer}`.
  public struct Configuration: TransformerConfiguration {
    /// Width of the tokens and of the features.
    public var width = 32
    /// Layers of attention and perceptron.
    public var depth = 2
    /// Layers of self-attention over what a modality has gathered.
    public var memoryDepth = 1
    /// Attention heads; they divide the width.
    public var heads = 4
    /// Hidden width of the perceptrons, in widths of a token.
    public var mlpRatio = 4
    /// Share of values set to zero in training.
    public var dropout = 0.0
    /// How a token tells where it stands.
    public var positions = TokenPositions.Kind.sinusoidal
    /// The features: the last token, or the mean of all.
    public var pool = Pool.last
    /// The defaults.
    public init() {}
    enum CodingKeys: String, CodingKey {
      case width, depth, heads, dropout, positions, pool
      case memoryDepth = "memory_depth"
      case mlpRatio = "mlp_ratio"
    }
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] =
      [.depth, Option("memory_depth", "layers of self-attention over what a modality has gathered", .range(1, 64))]
      + Option.transformer + [Option("pool", "the features: the last token, or the mean of all", Pool.self)]
  }

  /// Two or more; nobody looks at a missing one, and its part of the result is zero.
  public static let traits = FusionTraits(fewest: 2, missing: .skip)

  private let embedding: TokenEmbedding
  /// For each target the transformers from the other modalities, in order.
  private let cross: [[(source: Int, stack: TransformerStack)]]
  private let memory: [TransformerStack]
  private let pool: Pool

  /// Draws the parameters: `embedding.<modality>.weight` `[width, d_m]`, `.bias`; `positions.<modality>` `[1, T_m,
  /// width]`, N(0, 0.02²), where positions are learned; `cross.<target>.<source>.layers.<i>` those of
  /// `nn.TransformerEncoderLayer(norm_first=True)`, and `norm_keys`; `memory.<target>.layers.<i>` without it, (M −
  /// 1) · width wide; a last `norm` in each stack.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    pool = configuration.pool
    embedding = TokenEmbedding(
      inputs, of: Self.name, width: configuration.width, positions: configuration.positions, context: context)
    let sizes = configuration.sizes(activation: .relu)
    cross = inputs.indices.map { target in
      inputs.indices.filter { $0 != target }.map { source in
        let path = "cross.\(inputs[target].modality).\(inputs[source].modality)"
        return (
          source,
          TransformerStack(sizes, depth: configuration.depth, crosses: true, context: context.scope(path))
        )
      }
    }
    let wide = configuration.sizes(widths: inputs.count - 1, activation: .relu)
    memory = inputs.map {
      TransformerStack(wide, depth: configuration.memoryDepth, context: context.scope("memory.\($0.modality)"))
    }
  }

  /// Fuses a batch: tokens x_m `[N, T_m, d_m]`: from the encoders `transformer`, `gru` and `lstm` with `pool:
  /// none`; features of another shape are refused before anything is trained → y `[N, M · (M − 1) · width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let tokens = embedding(features, pass)
    let parts = tokens.indices.map { target in
      let gathered = cross[target].map { source, stack in
        stack(tokens[target], keys: tokens[source], keyPadding: features.tokenPadding(of: [source]), pass)
      }
      let memorised = memory[target](
        gathered.count == 1 ? gathered[0] : .concatenated(gathered, axis: 2), pass)
      return pool == .mean ? memorised.mean(axes: [1]) : memorised.selected(memorised.shape[1] - 1, axis: 1)
    }
    return .concatenated(features.leavingOut(parts), axis: 1)
  }
}
