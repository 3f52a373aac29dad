import FusionCore

/// Lion: Chen, Liang, Huang and others, "Symbolic Discovery of Optimization Algorithms", NeurIPS 2023.
///
/// With gradient g, decay λ and rate η: θ ← θ − ηλθ; θ ← θ − η sign(β₁m + (1 − β₁)g); m ← β₂m + (1 − β₂)g. Every step has
/// the same length in each weight: learning rates are three to ten times smaller than Adam's, decays as much larger.
public final class Lion: MomentumOptimizer {
  /// `lion`.
  public static let name = "lion"
  /// What it is.
  public static let summary = "a step of one length along the sign of the momentum (Chen 2023)"

  /// As the authors' program.
  public struct Configuration: ComponentConfiguration {
    /// The step length.
    public var learningRate = 1e-4
    /// The share of the momentum in the step, and in the next momentum.
    public var betas = [0.9, 0.99]
    /// What is taken off every weight, as a share of the learning rate.
    public var weightDecay = 0.0

    /// The authors' defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case learningRate = "learning_rate"
      case betas
      case weightDecay = "weight_decay"
    }

    /// See the properties.
    public static let options = [
      learningRateOption,
      Option(
        "betas", "share of the momentum in the step, and in the next momentum", .range(0, 1, includesUpper: false)),
      Option("weight_decay", "share of each weight taken off, times the learning rate", .atLeast(0)),
    ]
  }

  /// Both betas are needed.
  public static func problems(_ configuration: Configuration) -> [Problem] { betasProblems(configuration.betas) }

  /// The learning rate of the next step.
  public var learningRate: Double
  /// The first of `betas`.
  public var momentum: Double
  private let beta2: Double
  private let weightDecay: Double
  private var memory: OptimizerState

  /// An optimizer over these parameters.
  public init(_ configuration: Configuration, parameters: [Parameter]) {
    learningRate = configuration.learningRate
    momentum = configuration.betas[0]
    beta2 = configuration.betas[1]
    weightDecay = configuration.weightDecay
    memory = OptimizerState(parameters, keys: ["exp_avg"])
  }

  /// The momentum of every parameter that has taken a step.
  public var state: [(name: String, tensor: Tensor)] { memory.tensors }

  /// Takes over what ``state`` gave.
  public func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] { memory.restore(state) }

  /// One step along the gradients.
  public func step() {
    let (rate, shrink) = (Float(learningRate), Float(1 - learningRate * weightDecay))
    let (keep, fresh) = (Float(momentum), Float(1 - momentum))
    let (keepMean, freshMean) = (Float(beta2), Float(1 - beta2))
    memory.parameters.forEachGradient { parameter, gradient in
      let (value, slope) = (parameter.value.storage.base, gradient.storage.base)
      let mean = memory.values("exp_avg", of: parameter)
      parameter.value.device.forEachBlock(of: gradient.count) { range in
        for i in range {
          let direction = mean[i] * keep + slope[i] * fresh
          let sign: Float = direction > 0 ? 1 : direction < 0 ? -1 : 0
          value[i] = value[i] * shrink - rate * sign
          mean[i] = mean[i] * keepMean + slope[i] * freshMean
        }
      }
    }
  }
}
