import FusionComponents
import FusionCore

/// Block-superdiagonal bilinear pooling (Ben-younes et al. 2019, section 3): projections of both modalities are cut into
/// chunks, each pair of chunks has a core of its own with slices of low rank,
///
/// z_c = Σ_r (M_cr u_c) ⊙ (N_cr v_c),  u = U x_1,  v = V x_2,  y = O [n(z_1); …; n(z_C)] + b
///
/// with n the signed root and the scaling to length one.
public struct BlockFusion: Fusion {
  public static let name = "block"
  public static let summary = "bilinear pooling chunk by chunk, each with a core of low rank (Ben-younes 2019)"

  public struct Configuration: ComponentConfiguration {
    public var width = 64
    public var inner = 64
    public var chunks = 4
    public var rank = 4
    public var normalize = true
    public init() {}
    public static let options: [Option] = [
      Option("width", "the width of the result", .size),
      Option("inner", "the width that both modalities are mapped to, all chunks together", .range(1, 16_384)),
      Option("chunks", "the number of chunks, which divides the inner width", .range(1, 1024)),
      Option("rank", "the rank of the slices of a chunk's core", .range(1, 1024)),
      Option("normalize", "whether a signed root and a scaling to length one follow in each chunk"),
    ]
  }

  public static let traits = FusionTraits.bilinear

  private let projections: ModalityLinears
  private let cores: [FactorizedProduct]
  private let output: Linear
  private let normalize: Bool

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

  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let parts = projections(features.vectors, pass).map { $0.chunked(cores.count, axis: 1) }
    let results = cores.enumerated().map { index, core in
      let z = core(parts[0][index], parts[1][index], pass)
      return normalize ? z.powerNormalized() : z
    }
    return output(.concatenated(results, axis: 1), pass)
  }
}
