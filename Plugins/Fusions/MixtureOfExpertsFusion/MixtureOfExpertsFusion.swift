import FusionComponents
import FusionCore

/// A mixture of experts over all modalities (Jacobs et al. 1991; the best k alone as in Shazeer et al. 2017):
///
/// y = Σ_e g_e E_e(x),  g = softmax(G x + b),  x = [x_1; …; x_M]
///
/// with perceptrons E_e. With `top`, all but the k largest logits of a sample count as −∞ in the softmax.
public struct MixtureOfExpertsFusion: Fusion {
  /// Its name in configurations.
  public static let name = "mixture_of_experts"
  /// What `fusionkit list` says of it.
  public static let summary = "perceptrons over all modalities, weighted by a gate that sees them too (Jacobs 1991)"

  /// The keys of `fusion: {type: mixture_of_experts}`.
  public struct Configuration: ComponentConfiguration {
    /// The width of the result.
    public var width = 64
    /// The number of experts.
    public var experts = 4
    /// How many experts of the largest gates a sample counts; all if not given.
    public var top: Int?
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
        Option("width", "the width of the result", .size),
        Option("experts", "the number of experts", .range(2, 1024)),
        Option("top", "how many experts of the largest gates a sample counts; all if not given", .range(1, 1024)),
      ] + Option.perceptron
  }

  private let top: Int
  private let gate: Linear
  private let experts: [MultilayerPerceptron]

  /// Draws the parameters: `gate.weight` `[experts, Σ d_m]`, `.bias`; `experts.<e>.layers.<i>.weight`, `.bias`.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    top = configuration.top ?? configuration.experts
    if top > configuration.experts {
      context.problem(
        "the largest \(top) gates of \(configuration.experts) experts", key: "top",
        hint: "at most \(configuration.experts)")
    }
    gate = Linear(
      inputs: inputs.totalWidth, outputs: configuration.experts, context: context.scope("gate"))
    experts = (0..<configuration.experts).map {
      MultilayerPerceptron(
        inputs: inputs.totalWidth, hidden: configuration.hidden, outputs: configuration.width,
        activation: configuration.activation, dropout: configuration.dropout, context: context.scope("experts.\($0)"))
    }
  }

  /// Fuses a batch: x_m `[N, d_m]` → y `[N, width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let x = Tensor.concatenated(features.vectors, axis: 1)
    var logits = gate(x, pass)
    if top < experts.count { logits = .where(logits.topMask(top, axis: 1), logits, -.infinity) }
    return Tensor.weightedSum(experts.map { $0(x, pass) }, logits.softmax(axis: 1))
  }
}
