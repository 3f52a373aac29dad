import Foundation
import FusionCore

/// NAdam, Adam with Nesterov's momentum: `torch.optim.NAdam` (Dozat 2016).
///
/// With gradient g, rate η, decay λ, decay of the momentum ψ and step t: g ← g + λθ, or decoupled θ ← θ − ηλθ;
/// μₜ = β₁(1 − ½ · 0.96^(tψ)); m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; d = √(v / (1 − β₂ᵗ)) + ε;
/// θ ← θ − η(1 − μₜ) / (1 − Πμ) · g / d − ημₜ₊₁ / (1 − Πμ · μₜ₊₁) · m / d. Every parameter counts its own steps.
public final class NAdam: MomentumOptimizer {
  /// `nadam`.
  public static let name = "nadam"
  /// What it is.
  public static let summary = "Adam with Nesterov's momentum (Dozat 2016)"

  /// As `torch.optim.NAdam`.
  public struct Configuration: ComponentConfiguration {
    /// The step length.
    public var learningRate = 2e-3
    /// Decay of the two running averages.
    public var betas = [0.9, 0.999]
    /// Added to the denominator.
    public var eps = 1e-8
    /// L2 penalty, or what is taken off every weight.
    public var weightDecay = 0.0
    /// How fast the momentum rises to its full value.
    public var momentumDecay = 4e-3
    /// Whether the decay is taken off the weight, as by AdamW.
    public var decoupledWeightDecay = false

    /// PyTorch's defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case learningRate = "learning_rate"
      case betas, eps
      case weightDecay = "weight_decay"
      case momentumDecay = "momentum_decay"
      case decoupledWeightDecay = "decoupled_weight_decay"
    }

    /// See the properties.
    public static let options = [
      learningRateOption, betasOption, epsOption,
      Option("weight_decay", "L2 penalty, or share taken off with decoupled_weight_decay", .atLeast(0)),
      Option("momentum_decay", "how fast the momentum rises to its full value", .atLeast(0)),
      Option("decoupled_weight_decay", "whether the decay is taken off the weight, as by adamw"),
    ]
  }

  /// With a decay.
  public static var examples: [Example<Configuration>] {
    [
      Example {
        $0.weightDecay = 0.1
        $0.decoupledWeightDecay = true
      }
    ]
  }

  /// Both betas are needed.
  public static func problems(_ configuration: Configuration) -> [Problem] { betasProblems(configuration.betas) }

  /// The learning rate of the next step.
  public var learningRate: Double
  /// The first of `betas`.
  public var momentum: Double
  private let beta2: Double
  private let momentumDecay: Double
  private let epsilon: Float
  private let weightDecay: Double
  private let isDecoupled: Bool
  private var memory: OptimizerState

  /// An optimizer over these parameters.
  public init(_ configuration: Configuration, parameters: [Parameter]) {
    learningRate = configuration.learningRate
    momentum = configuration.betas[0]
    beta2 = configuration.betas[1]
    momentumDecay = configuration.momentumDecay
    epsilon = Float(configuration.eps)
    weightDecay = configuration.weightDecay
    isDecoupled = configuration.decoupledWeightDecay
    memory = OptimizerState(parameters, scalars: ["step", "mu_product"], keys: ["exp_avg", "exp_avg_sq"])
  }

  /// The count of steps, the product of the momenta and both moments of every parameter that has taken a step.
  public var state: [(name: String, tensor: Tensor)] { memory.tensors }

  /// Takes over what ``state`` gave.
  public func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] { memory.restore(state) }

  /// One step along the gradients.
  public func step() {
    let (rate, beta1) = (learningRate, momentum)
    let shrink = Float(isDecoupled ? 1 - rate * weightDecay : 1)
    let decay = Float(isDecoupled ? 0 : weightDecay)
    let (keep, newMean, newSquare) = (Float(beta2), Float(1 - beta1), Float(1 - beta2))
    memory.parameters.forEachGradient { parameter, gradient in
      let (value, slope) = (parameter.value.storage.base, gradient.storage.base)
      let count = memory.values("step", of: parameter)
      let product = memory.values("mu_product", of: parameter, initial: 1)
      let mean = memory.values("exp_avg", of: parameter)
      let square = memory.values("exp_avg_sq", of: parameter)
      count[0] += 1
      let (mu, next) = (momentum(of: Double(count[0])), momentum(of: Double(count[0]) + 1))
      product[0] *= Float(mu)
      let ofGradient = Float(rate * (1 - mu) / (1 - Double(product[0])))
      let ofMean = Float(rate * next / (1 - Double(product[0]) * next))
      let correction = Float(1 - pow(beta2, Double(count[0])))
      parameter.value.device.forEachBlock(of: gradient.count) { [epsilon] range in
        for i in range {
          let before = value[i] * shrink
          let g = slope[i] + decay * before
          mean[i] += newMean * (g - mean[i])
          square[i] = keep * square[i] + newSquare * (g * g)
          let divisor = squareRoot(square[i] / correction) + epsilon
          value[i] = before - ofGradient * (g / divisor) - ofMean * (mean[i] / divisor)
        }
      }
    }
  }

  /// μ of a step.
  private func momentum(of step: Double) -> Double { momentum * (1 - 0.5 * pow(0.96, step * momentumDecay)) }
}
