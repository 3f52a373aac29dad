import FusionCore

/// Adagrad: `torch.optim.Adagrad` (Duchi, Hazan and Singer 2011).
///
/// With gradient g, decay λ, rate η, decay of the rate δ and step t: g ← g + λθ; s ← s + g²;
/// θ ← θ − η / (1 + (t − 1)δ) · g / (√s + ε). Every parameter counts its own steps.
public final class Adagrad: Optimizer {
  /// `adagrad`.
  public static let name = "adagrad"
  /// What it is.
  public static let summary = "the gradient over the root of the sum of its squares (Duchi 2011)"

  /// As `torch.optim.Adagrad`.
  public struct Configuration: ComponentConfiguration {
    /// The step length.
    public var learningRate = 1e-2
    /// By how much the rate falls with each step.
    public var learningRateDecay = 0.0
    /// L2 penalty.
    public var weightDecay = 0.0
    /// What the sum of squares begins with.
    public var initialAccumulatorValue = 0.0
    /// Added to the denominator.
    public var eps = 1e-10

    /// PyTorch's defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case learningRate = "learning_rate"
      case learningRateDecay = "lr_decay"
      case weightDecay = "weight_decay"
      case initialAccumulatorValue = "initial_accumulator_value"
      case eps
    }

    /// See the properties.
    public static let options = [
      learningRateOption,
      Option("lr_decay", "the rate is divided by 1 + steps · lr_decay", .atLeast(0)),
      Option("weight_decay", "L2 penalty", .atLeast(0)),
      Option("initial_accumulator_value", "what the sum of squares begins with", .atLeast(0)),
      epsOption,
    ]
  }

  /// With both decays.
  public static var examples: [Example<Configuration>] {
    [
      Example {
        $0.learningRateDecay = 0.1
        $0.weightDecay = 0.1
        $0.initialAccumulatorValue = 0.5
      }
    ]
  }

  /// The learning rate of the next step.
  public var learningRate: Double
  private let decay: Double
  private let weightDecay: Float
  private let initial: Float
  private let epsilon: Float
  private var memory: OptimizerState

  /// An optimizer over these parameters.
  public init(_ configuration: Configuration, parameters: [Parameter]) {
    learningRate = configuration.learningRate
    decay = configuration.learningRateDecay
    weightDecay = Float(configuration.weightDecay)
    initial = Float(configuration.initialAccumulatorValue)
    epsilon = Float(configuration.eps)
    memory = OptimizerState(parameters, scalars: ["step"], keys: ["sum"])
  }

  /// The count of steps and the sum of squares of every parameter that has taken a step.
  public var state: [(name: String, tensor: Tensor)] { memory.tensors }

  /// Takes over what ``state`` gave.
  public func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] { memory.restore(state) }

  /// One step along the gradients.
  public func step() {
    memory.parameters.forEachGradient { parameter, gradient in
      let (value, slope) = (parameter.value.storage.base, gradient.storage.base)
      let count = memory.values("step", of: parameter)
      let sum = memory.values("sum", of: parameter, initial: initial)
      let rate = Float(learningRate / (1 + Double(count[0]) * decay))
      count[0] += 1
      parameter.value.device.forEachBlock(of: gradient.count) { [epsilon, weightDecay] range in
        for i in range {
          let g = slope[i] + weightDecay * value[i]
          sum[i] += g * g
          value[i] -= rate * (g / (squareRoot(sum[i]) + epsilon))
        }
      }
    }
  }
}
