import FusionComponents
import FusionCore

/// Deep sets (Zaheer et al. 2017, theorem 2): the modalities as a set, y = ρ(pool_m P_m x_m), with a perceptron ρ. Asked for,
/// each P_m x_m is scaled to length one before they are pooled.
public struct DeepSetsFusion: Fusion {
  /// Its name in configurations.
  public static let name = "deep_sets"
  /// What `fusionkit list` says of it.
  public static let summary = "a perceptron over the pooled modalities: y = ρ(pool_m P_m x_m) (Zaheer 2017)"

  /// How the set of modalities becomes one vector.
  public enum Pool: String, Codable, CaseIterable, Sendable {
    case sum, mean, max
  }

  /// The keys of `fusion: {type: deep_sets}`.
  public struct Configuration: ComponentConfiguration {
    /// The width that every modality is mapped to, and that of the result.
    public var width = 64
    /// How the modalities become one vector.
    public var pool = Pool.sum
    /// Whether each modality is scaled to length one before that.
    public var normalize = false
    /// Width of each hidden layer.
    public var hidden = [64]
    /// What follows each hidden layer.
    public var activation = Activation.relu
    /// Share of hidden values set to zero in training.
    public var dropout = 0.0
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options =
      [
        Option("width", "the width that every modality is mapped to, and that of the result", .size),
        Option("pool", "how the modalities become one vector", Pool.self),
        Option("normalize", "whether each modality is scaled to length one before that"),
      ] + Option.perceptron
  }

  /// One or more, in any order; a missing one is no element of the set.
  public static func traits(_ configuration: Configuration) -> FusionTraits {
    FusionTraits(orderMatters: false, missing: configuration.pool == .mean ? .renormalise : .skip)
  }

  private let pool: Pool
  private let normalize: Bool
  private let projections: ModalityLinears
  private let perceptron: MultilayerPerceptron

  /// Draws the parameters: `projections.<modality>.weight` `[width, d_m]`, `.bias` `[width]`;
  /// `perceptron.layers.<i>.weight`, `.bias`.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    (pool, normalize) = (configuration.pool, configuration.normalize)
    projections = ModalityLinears("projections", inputs, width: configuration.width, context: context)
    perceptron = MultilayerPerceptron(
      inputs: configuration.width, hidden: configuration.hidden, outputs: configuration.width,
      activation: configuration.activation, dropout: configuration.dropout, context: context.scope("perceptron"))
  }

  /// Fuses a batch: x_m `[N, d_m]` → y `[N, width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let projected = projections(features.vectors, pass).map { normalize ? $0.unitLength() : $0 }
    let terms = features.leavingOut(projected, as: pool == .max ? -.infinity : 0)
    let pooled =
      switch pool {
      case .sum: terms.total()
      case .mean: mean(terms, features)
      case .max: terms.joined(Tensor.maximum)
      }
    return perceptron(pooled, pass)
  }

  /// Over the modalities that a sample has.
  private func mean(_ terms: [Tensor], _ features: Features) -> Tensor {
    let mean = terms.total() * (1 / Float(terms.count))
    return features.renormalisation.map { mean * $0 } ?? mean
  }
}
