import FusionComponents
import FusionCore

/// Block-superdiagonal bilinear pooling (Ben-younes et al. 2019, section 3): projections of both modalities are cut into
/// chunks, each pair of chunks has a core of its own with slices of low rank,
///
/// z_c = Σ_r (M_cr u_c) ⊙ (N_cr v_c),  u = U x_1,  v = V x_2,  y = O [n(z_1); …; n(z_C)] + b
///
/// with n the signed root and the scaling to length one.
public struct BlockFusion: Fusion {
  /// Its name in configurations.
  public static let name = "block"
  /// What `fusionkit list` says of it.
  public static let summary = "bilinear pooling chunk by chunk, each with a core of low rank (Ben-younes 2019)"

  /// The keys of `fusion: {type: block}`.
  public struct Configuration: ComponentConfiguration {
    /// The width of the result.
    public var width = 64
    /// The width that both modalities are mapped to, all chunks together.
    public var inner = 64
    /// The number of chunks, which divides the inner width.
    public var chunks = 4
    /// The rank of the slices of a chunk's core.
    public var rank = 4
    /// Whether a signed root and a scaling to length one follow in each chunk.
    public var normalize = true
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("width", "the width of the result", .size),
      Option("inner", "the width that both modalities are mapped to, all chunks together", .range(1, 16_384)),
      Option("chunks", "the number of chunks, which divides the inner width", .range(1, 1024)),
      Option("rank", "the rank of the slices of a chunk's core", .range(1, 1024)),
      Option("normalize", "whether a signed root and a scaling to length one follow in each chunk"),
    ]
  }

  /// Exactly two; the mean of the training features takes the place of a missing one.
  public static let traits = FusionTraits.bilinear

  private let projections: ModalityLinears
  private let cores: [FactorizedProduct]
  private let output: Linear
  private let normalize: Bool

  /// Draws the parameters: `projections.<modality>.weight` `[inner, d_m]`, `cores.<c>.<modality>.weight` `[inner /
  /// chunks · rank, inner / chunks]`, `output.weight` `[width, inner]`, each with `.bias`.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let (inner, chunks) = (configuration.inner, configuration.chunks)
    if inner % chunks != 0 {
      context.problem("\(chunks) chunks do not divide the inner width \(inner)", key: "chunks")
    }
    let width = inner / chunks
    normalize = configuration.normalize
    projections = ModalityLinears("projections", inputs, width: inner, context: context)
    cores = (0..<chunks).map {
      FactorizedProduct(
        inputs.pair("cores.\($0)").names, (width, width), width: width, rank: configuration.rank, context: context)
    }
    output = Linear(inputs: inner, outputs: configuration.width, context: context.scope("output"))
  }

  /// Fuses a batch: x_m `[N, d_m]` → y `[N, width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let parts = projections(features.vectors, pass).map { $0.chunked(cores.count, axis: 1) }
    let results = cores.enumerated().map { index, core in
      let z = core(parts[0][index], parts[1][index], pass)
      return normalize ? z.powerNormalized() : z
    }
    return output(.concatenated(results, axis: 1), pass)
  }
}
