import FusionCore

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
  /// What follows the projections of both modalities.
  var activation: Activation { get }
  /// The width of a linear layer at the end; nil: no such layer.
  var output: Int? { get }
  /// What follows the result.
  var outputActivation: Activation { get }
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
    Option("activation", "what follows the projections of both modalities", Activation.self),
    Option("output", "the width of a linear layer at the end; none if not given", .size),
    Option("output_activation", "what follows the result", Activation.self),
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
  public static var traits: FusionTraits { FusionTraits.bilinear }

  /// Makes the blocks.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    self.init(pooling: CascadedPooling(configuration, inputs, context: context))
  }

  /// Shapes: features `[N, …]` of two modalities to `[N, order·width]`, or `[N, output]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor { pooling(features, pass) }
}

/// Factorized bilinear pooling, in one block (Yu et al. 2017, MFB) or several that take over the products of the one before
/// (Yu et al. 2018, MFH): all that such fusions share.
///
/// e_i = dropout(e_{i−1} ⊙ (act(U_i x_1) ⊙ act(V_i x_2))), z_i = sum of each `factor` values of e_i, normalised;
/// y = [z_1; …; z_p], or act'(O [z_1; …; z_p] + b) where a layer at the end is asked for
///
/// Parameters: `blocks.<i>.<modality>.weight` `[width·factor, d_m]`, `.bias`; `output.weight` `[output, p·width]`, `.bias`.
public struct CascadedPooling {
  private let blocks: [FactorizedProduct]
  private let dropouts: [Dropout]
  private let normalize: Bool
  private let activation, outputActivation: Activation
  private let output: Linear?

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
    (activation, outputActivation) = (configuration.activation, configuration.outputActivation)
    output = configuration.output.map {
      Linear(inputs: configuration.order * configuration.width, outputs: $0, context: context.scope("output"))
    }
  }

  /// Shapes: features `[N, …]` of two modalities to `[N, blocks·width]`, or `[N, output]`.
  func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let (x1, x2) = features.pair
    var previous: Tensor?
    let parts = zip(blocks, dropouts).map { block, dropout in
      let fresh = block.expanded(x1, x2, pass) { activation($0) }
      let expanded = dropout(previous.map { $0 * fresh } ?? fresh, pass)
      previous = expanded
      let sum = block.summed(expanded)
      return normalize ? sum.powerNormalized() : sum
    }
    let joined = parts.count == 1 ? parts[0] : .concatenated(parts, axis: 1)
    return outputActivation(output.map { $0(joined, pass) } ?? joined)
  }
}
