import FusionCore

/// Stochastic gradient descent: `torch.optim.SGD`.
///
/// With gradient g, decay λ, momentum μ, dampening τ and rate η: g ← g + λθ; v ← μv + (1 − τ)g, v = g in the first
/// step; θ ← θ − ηv, or with Nesterov's momentum θ ← θ − η(g + μv) (Sutskever et al. 2013).
public final class SGD: MomentumOptimizer {
  /// `sgd`.
  public static let name = "sgd"
  /// What it is.
  public static let summary = "stochastic gradient descent, with momentum"

  /// As `torch.optim.SGD`.
  public struct Configuration: ComponentConfiguration {
    /// The step length.
    public var learningRate = 1e-3
    /// How much of the previous step is kept.
    public var momentum = 0.0
    /// How much of the gradient the momentum leaves out.
    public var dampening = 0.0
    /// Whether the gradient looks ahead.
    public var nesterov = false
    /// L2 penalty.
    public var weightDecay = 0.0

    /// PyTorch's defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case learningRate = "learning_rate"
      case momentum, dampening, nesterov
      case weightDecay = "weight_decay"
    }

    /// See the properties.
    public static let options = [
      learningRateOption,
      Option("momentum", "how much of the previous step is kept", .atLeast(0)),
      Option("dampening", "how much of the gradient the momentum leaves out"),
      Option("nesterov", "whether the gradient looks ahead; wants momentum, and no dampening"),
      Option("weight_decay", "L2 penalty", .atLeast(0)),
    ]
  }

  /// Each of momentum, dampening and look-ahead.
  public static var examples: [Example<Configuration>] {
    [
      Example {
        $0.momentum = 0.9
        $0.dampening = 0.4
        $0.weightDecay = 0.1
      },
      Example {
        $0.momentum = 0.8
        $0.nesterov = true
      },
    ]
  }

  /// Nesterov's momentum needs a momentum above 0 and no dampening, as in PyTorch.
  public static func problems(_ configuration: Configuration) -> [Problem] {
    guard configuration.nesterov, configuration.momentum == 0 || configuration.dampening != 0 else { return [] }
    return [Problem(path: ["nesterov"], "'nesterov' wants a momentum above 0 and a dampening of 0")]
  }

  /// The learning rate of the next step.
  public var learningRate: Double
  /// The momentum of the next step.
  public var momentum: Double
  private let dampening: Float
  private let weightDecay: Float
  private let nesterov: Bool
  private var memory: OptimizerState

  /// An optimizer over these parameters.
  public init(_ configuration: Configuration, parameters: [Parameter]) {
    learningRate = configuration.learningRate
    momentum = configuration.momentum
    dampening = Float(configuration.dampening)
    weightDecay = Float(configuration.weightDecay)
    nesterov = configuration.nesterov
    memory = OptimizerState(parameters, optional: ["momentum_buffer"])
  }

  /// The velocity, where there is momentum, of every parameter that has taken a step.
  public var state: [(name: String, tensor: Tensor)] { memory.tensors }

  /// Takes over what ``state`` gave.
  public func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] { memory.restore(state) }

  /// One step along the gradients.
  public func step() {
    let (rate, momentum) = (Float(learningRate), Float(momentum))
    memory.parameters.forEachGradient { parameter, gradient in
      let (value, slope) = (parameter.value.storage.base, gradient.storage.base)
      let device = parameter.value.device
      guard momentum != 0 else {
        device.forEachBlock(of: gradient.count) { [weightDecay] range in
          for i in range { value[i] -= rate * (slope[i] + weightDecay * value[i]) }
        }
        return
      }
      let share = memory.has("momentum_buffer", of: parameter) ? 1 - dampening : 1
      let velocity = memory.values("momentum_buffer", of: parameter)
      device.forEachBlock(of: gradient.count) { [weightDecay, nesterov] range in
        for i in range {
          let g = slope[i] + weightDecay * value[i]
          let v = momentum * velocity[i] + share * g
          velocity[i] = v
          value[i] -= rate * (nesterov ? g + momentum * v : v)
        }
      }
    }
  }
}
