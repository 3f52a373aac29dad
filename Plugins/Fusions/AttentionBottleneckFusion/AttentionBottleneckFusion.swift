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
  public static let name = "attention_bottleneck"
  public static let aliases = ["mbt"]
  public static let summary = "a transformer a modality, which meet in a few shared tokens (Nagrani 2021)"

  public struct Configuration: TransformerConfiguration {
    public var width = 64
    public var depth = 2
    public var fusionLayer = 1
    public var bottlenecks = 4
    public var heads = 4
    public var mlpRatio = 4
    public var dropout = 0.0
    public var positions = TokenPositions.Kind.learned
    public init() {}
    enum CodingKeys: String, CodingKey {
      case width, depth, bottlenecks, heads, dropout, positions
      case fusionLayer = "fusion_layer"
      case mlpRatio = "mlp_ratio"
    }
    public static let options: [Option] =
      [
        .depth, Option("fusion_layer", "the first layer, from 0, that has bottlenecks", .range(0, 63)),
        Option("bottlenecks", "how many tokens all modalities share", .range(1, 4096)),
      ] + Option.transformer
  }

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
