import FusionCore

/// Adam: `torch.optim.Adam` (Kingma and Ba 2015).
///
/// With gradient g, rate η, decay λ and step t: g ← g + λθ; m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;
/// θ ← θ − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).
public final class Adam: MomentumOptimizer {
  /// `adam`.
  public static let name = "adam"
  /// What it is.
  public static let summary = "Adam (Kingma and Ba 2015)"

  /// As `torch.optim.Adam`.
  public struct Configuration: ComponentConfiguration {
    /// The step length.
    public var learningRate = 1e-3
    /// Decay of the two running averages.
    public var betas = [0.9, 0.999]
    /// Added to the denominator.
    public var eps = 1e-8
    /// L2 penalty.
    public var weightDecay = 0.0

    /// PyTorch's defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case learningRate = "learning_rate"
      case betas, eps
      case weightDecay = "weight_decay"
    }

    /// See the properties.
    public static let options = [
      learningRateOption, betasOption, epsOption, Option("weight_decay", "L2 penalty", .atLeast(0)),
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
      isDecoupled: false)
  }

  /// The count of steps and both moments of every parameter that has taken a step.
  public var state: [(name: String, tensor: Tensor)] { update.memory.tensors }

  /// Takes over what ``state`` gave.
  public func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] { update.memory.restore(state) }

  /// One step along the gradients.
  public func step() { update.step(learningRate) }
}
