import FusionComponents
import FusionCore

/// Attention bottlenecks (Nagrani et al. 2021, MBT, section 3.2): each modality keeps to its own tokens, and from the layer
/// `fusion_layer` on all of them meet in a few tokens that they share,
///
/// [z_m'; b_m'] = layer_m([z_m; b]),  b' = mean over m of b_m'
///
/// y = [norm(z_1)_class; …; norm(z_M)_class]: a linear decoder over it is the paper's sum of one classifier a modality. A
/// missing modality has no part in the mean, and its part of y is zero.
public struct AttentionBottleneckFusion: Fusion {
  /// Its name in configurations.
  public static let name = "attention_bottleneck"
  /// Other names that configurations may use.
  public static let aliases = ["mbt"]
  /// What `fusionkit list` says of it.
  public static let summary = "a transformer a modality, which meet in a few shared tokens (Nagrani 2021)"

  /// The keys of `fusion: {type: attention_bottleneck}`.
  public struct Configuration: TransformerConfiguration {
    /// Width of the tokens and of the features.
    public var width = 64
    /// Layers of attention and perceptron.
    public var depth = 2
    /// The first layer, from 0, that has bottlenecks.
    public var fusionLayer = 1
    /// How many tokens all modalities share.
    public var bottlenecks = 4
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
      case width, depth, bottlenecks, heads, dropout, positions
      case fusionLayer = "fusion_layer"
      case mlpRatio = "mlp_ratio"
    }
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] =
      [
        .depth, Option("fusion_layer", "the first layer, from 0, that has bottlenecks", .range(0, 63)),
        Option("bottlenecks", "how many tokens all modalities share", .range(1, 4096)),
      ] + Option.transformer
  }

  /// Two or more; a missing one has no part in the shared tokens, and its part of the result is zero.
  public static let traits = FusionTraits(fewest: 2, missing: .skip)

  /// One modality's own.
  private struct Branch {
    let classToken: Parameter
    let layers: [TransformerLayer]
    let norm: LayerNorm
  }

  private let embedding: TokenEmbedding
  private let bottlenecks: Parameter
  private let branches: [Branch]
  private let fusionLayer: Int
  private let depth: Int

  /// Draws the parameters: `embedding.<modality>.weight` `[width, d_m]`, `.bias`; `positions.<modality>` `[1, T_m,
  /// width]`, N(0, 0.02²), where positions are learned; `class_token.<modality>` `[1, 1, width]`, `bottlenecks`
  /// `[1, B, width]`; `layers.<modality>.<i>` those of `nn.TransformerEncoderLayer(norm_first=True)`, with gelu;
  /// `norms.<modality>`.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let width = configuration.width
    if configuration.fusionLayer >= configuration.depth {
      context.problem(
        "the modalities would never meet: bottlenecks from layer \(configuration.fusionLayer) on, and the last of "
          + "\(configuration.depth) layers is \(configuration.depth - 1)", key: "fusion_layer")
    }
    embedding = TokenEmbedding(
      inputs, of: Self.name, width: width, positions: configuration.positions, context: context)
    bottlenecks = context.parameter("bottlenecks", [1, configuration.bottlenecks, width], .normal(deviation: 0.02))
    branches = inputs.map { input in
      Branch(
        classToken: context.parameter("class_token.\(input.modality)", [1, 1, width], .normal(deviation: 0.02)),
        layers: (0..<configuration.depth).map {
          TransformerLayer(configuration.sizes(), context: context.scope("layers.\(input.modality).\($0)"))
        },
        norm: LayerNorm(width: width, context: context.scope("norms.\(input.modality)")))
    }
    (fusionLayer, depth) = (configuration.fusionLayer, configuration.depth)
  }

  /// Fuses a batch: tokens x_m `[N, T_m, d_m]`: from the encoders `transformer`, `gru` and `lstm` with `pool:
  /// none`; features of another shape are refused before anything is trained → y `[N, M · width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    var streams = zip(branches, embedding(features, pass)).map { branch, tokens in
      Tensor.concatenated([pass[branch.classToken].forEach(of: tokens.shape[0]), tokens], axis: 1)
    }
    var shared = pass[bottlenecks].forEach(of: streams[0].shape[0])
    for index in 0..<depth {
      guard index >= fusionLayer else {
        streams = zip(branches, streams).map { $0.layers[index]($1, pass) }
        continue
      }
      let parts = zip(branches, streams).map { branch, stream in
        branch.layers[index](.concatenated([stream, shared], axis: 1), pass)
          .split([stream.shape[1], shared.shape[1]], axis: 1)
      }
      streams = parts.map { $0[0] }
      let mean = features.leavingOut(parts.map { $0[1] }).total() * (1 / Float(parts.count))
      shared = features.renormalisation.map { mean * $0.unsqueezed(2) } ?? mean
    }
    let classes = zip(branches, streams).map { $0.norm($1.selected(0, axis: 1), pass) }
    return .concatenated(features.leavingOut(classes), axis: 1)
  }
}
