/// The options of factorized bilinear pooling: those of `mfb`, which `mfh` has too.
public protocol FactorizedPoolingConfiguration: ComponentConfiguration {
  /// The width of a block's result.
  var width: Int { get }
  /// The products that are summed for each value.
  var factor: Int { get }
  /// The share of products set to zero in training.
  var dropout: Double { get }
  /// Whether a signed root and a scaling to length one follow.
  var normalize: Bool { get }
  /// The number of blocks.
  var order: Int { get }
}

extension Option {
  /// The options of factorized bilinear pooling.
  public static let factorizedPooling: [Option] = [
    Option("width", "the width of a block's result", .size),
    Option("factor", "how many products are summed for each value", .range(1, 1024)),
    Option("dropout", "share of products set to zero in training", .range(0, 1, includesUpper: false)),
    Option("normalize", "whether a signed root and a scaling to length one follow"),
  ]
}

/// A fusion by factorized bilinear pooling: a conforming type gives name and options.
public protocol CascadedPoolingFusion: Fusion where Configuration: FactorizedPoolingConfiguration {
  /// The blocks.
  var pooling: CascadedPooling { get }
  /// The fusion around its blocks.
  init(pooling: CascadedPooling)
}

extension CascadedPoolingFusion {
  /// Those of all bilinear fusions.
  public static func traits(_ configuration: Configuration) -> FusionTraits { .bilinear }

  /// The results of all blocks side by side.
  public static func outputShape(
    _ configuration: Configuration, inputs: [ModalityShape], blueprint: inout Blueprint
  ) -> Shape? { CascadedPooling.describe(configuration, inputs, &blueprint) }

  /// Makes the blocks.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    self.init(pooling: CascadedPooling(configuration, inputs, context: context))
  }

  /// Shapes: features `[N, …]` of two modalities to `[N, order·width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor { pooling(features, pass) }
}

/// Factorized bilinear pooling, in one block (Yu et al. 2017, MFB) or several that take over the products of the one before
/// (Yu et al. 2018, MFH): all that such fusions share.
///
/// e_i = dropout(e_{i−1} ⊙ (U_i x_1 ⊙ V_i x_2)), z_i = sum of each `factor` values of e_i, normalised; y = [z_1; …; z_p]
///
/// Parameters: `blocks.<i>.<modality>.weight` `[width·factor, d_m]`, `.bias`.
public struct CascadedPooling {
  private let blocks: [FactorizedProduct]
  private let dropouts: [Dropout]
  private let normalize: Bool

  /// Writes down the layers; gives the shape of the result.
  static func describe(
    _ configuration: some FactorizedPoolingConfiguration, _ inputs: [ModalityShape], _ blueprint: inout Blueprint
  ) -> Shape {
    let (width, factor) = (configuration.width, configuration.factor)
    for index in 0..<configuration.order {
      let pair = inputs.pair("blocks.\(index)")
      blueprint.factorizedProduct(pair.names, pair.widths, width: width, rank: factor)
    }
    let tail =
      (configuration.dropout > 0 ? ", dropout \(configuration.dropout)" : "") + ", sum of \(factor)"
      + (configuration.normalize ? ", signed root, length one" : "")
    let shape = [configuration.order * width]
    blueprint.layer("", "product" + tail, output: shape, flops: 2 * configuration.order * width * factor)
    return shape
  }

  /// Makes the parameters in `context`.
  init(
    _ configuration: some FactorizedPoolingConfiguration, _ inputs: [ModalityShape], context: BuildContext
  ) {
    blocks = (0..<configuration.order).map {
      let pair = inputs.pair("blocks.\($0)")
      return FactorizedProduct(
        pair.names, pair.widths, width: configuration.width, rank: configuration.factor, context: context)
    }
    dropouts = blocks.indices.map { Dropout(configuration.dropout, context: context.scope("blocks.\($0).dropout")) }
    normalize = configuration.normalize
  }

  /// Shapes: features `[N, …]` of two modalities to `[N, blocks·width]`.
  func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let (x1, x2) = features.pair
    var previous: Tensor?
    let parts = zip(blocks, dropouts).map { block, dropout in
      let fresh = block.expanded(x1, x2, pass)
      let expanded = dropout(previous.map { $0 * fresh } ?? fresh, pass)
      previous = expanded
      let sum = block.summed(expanded)
      return normalize ? sum.powerNormalized() : sum
    }
    return parts.count == 1 ? parts[0] : .concatenated(parts, axis: 1)
  }
}
