import FusionCore

/// The non-local gate (Wang et al. 2018, non-local networks, as MultiBench's NL-gate puts them between two modalities): the
/// first asks, the second answers,
///
/// y = Q + softmax(Q Kᵀ) V,  Q = W_q x_1 as a matrix [queries, width], K, V = W_k x_2, W_v x_2 as [keys, width]
///
/// for every sample by itself.
public struct NLGateFusion: Fusion {
  /// Its name in configurations.
  public static let name = "nl_gate"
  /// What `fusionkit list` says of it.
  public static let summary = "the first modality asks, the second answers, by attention within a sample (Wang 2018)"

  /// The keys of `fusion: {type: nl_gate}`.
  public struct Configuration: ComponentConfiguration {
    /// The rows that the first modality is mapped to.
    public var queries = 4
    /// The rows that the second modality is mapped to.
    public var keys = 8
    /// The width of a row.
    public var width = 16
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("queries", "the rows that the first modality is mapped to", .range(1, 4096)),
      Option("keys", "the rows that the second modality is mapped to", .range(2, 4096)),
      Option("width", "the width of a row", .range(1, 16_384)),
    ]
  }

  /// Exactly two; a missing one counts as zero.
  public static let traits = FusionTraits(fewest: 2, most: 2)

  private let configuration: Configuration
  private let query, key, value: Linear

  /// Draws the parameters: `query.weight` `[queries · width, d_1]`, `key.weight` and `value.weight` `[keys · width,
  /// d_2]`, each with `.bias`.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    self.configuration = configuration
    func layer(_ name: String, _ input: ModalityShape, _ rows: Int) -> Linear {
      Linear(inputs: input.width, outputs: rows * configuration.width, context: context.scope(name))
    }
    query = layer("query", inputs[0], configuration.queries)
    key = layer("key", inputs[1], configuration.keys)
    value = layer("value", inputs[1], configuration.keys)
  }

  /// Fuses a batch: x_m `[N, d_m]` → y `[N, queries · width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let x = features.vectors
    let rows = { (layer: Linear, x: Tensor, count: Int) in
      layer(x, pass).reshaped([x.shape[0], count, configuration.width])
    }
    let q = rows(query, x[0], configuration.queries)
    let answer = Tensor.scaledDotProductAttention(
      query: q, key: rows(key, x[1], configuration.keys), value: rows(value, x[1], configuration.keys), scale: 1)
    return (q + answer).flattened(from: 1)
  }
}
