import FusionCore

/// AdamW: `torch.optim.AdamW` (Loshchilov and Hutter 2019).
///
/// As Adam, but the decay λ does not pass through the moments: the step begins with θ ← θ − ηλθ.
public final class AdamW: MomentumOptimizer {
  /// `adamw`.
  public static let name = "adamw"
  /// What it is.
  public static let summary = "Adam with decoupled weight decay (Loshchilov and Hutter 2019)"

  /// As `torch.optim.AdamW`.
  public struct Configuration: ComponentConfiguration {
    /// The step length.
    public var learningRate = 1e-3
    /// Decay of the two running averages.
    public var betas = [0.9, 0.999]
    /// Added to the denominator.
    public var eps = 1e-8
    /// What is taken off every weight, as a share of the learning rate.
    public var weightDecay = 0.01

    /// PyTorch's defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case learningRate = "learning_rate"
      case betas, eps
      case weightDecay = "weight_decay"
    }

    /// See the properties.
    public static let options = [
      learningRateOption, betasOption, epsOption,
      Option("weight_decay", "share of each weight taken off, times the learning rate", .atLeast(0)),
    ]
  }

  /// Both betas are needed.
  public static func problems(_ configuration: Configuration) -> [Problem] {
    betasProblems(configuration.betas)
  }

  /// The learning rate of the next step.
  public var learningRate: Double
  /// The first of `betas`.
  public var momentum: Double {
    get { update.betas.0 }
    set { update.betas.0 = newValue }
  }
  private var update: AdamStep

  /// An optimizer over these parameters.
  public init(_ configuration: Configuration, parameters: [Parameter]) {
    learningRate = configuration.learningRate
    update = AdamStep(
      parameters, betas: configuration.betas, eps: configuration.eps, weightDecay: configuration.weightDecay,
      isDecoupled: true)
  }

  /// The count of steps and both moments of every parameter that has taken a step.
  public var state: [(name: String, tensor: Tensor)] { update.memory.tensors }

  /// Takes over what ``state`` gave.
  public func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] { update.memory.restore(state) }

  /// One step along the gradients.
  public func step() { update.step(learningRate) }
}
