import FusionCore

/// RMSprop: `torch.optim.RMSprop` (Hinton 2012; centred: Graves 2013).
///
/// With gradient g, decay λ, momentum μ, smoothing α and rate η: g ← g + λθ; v ← αv + (1 − α)g²; centred:
/// m ← αm + (1 − α)g and v − m² in the place of v; then u = g / (√v + ε); with momentum b ← μb + u and u = b; θ ← θ − ηu.
public final class RMSprop: MomentumOptimizer {
  /// `rmsprop`.
  public static let name = "rmsprop"
  /// What it is.
  public static let summary = "the gradient over the root of its running square (Hinton 2012)"

  /// As `torch.optim.RMSprop`.
  public struct Configuration: ComponentConfiguration {
    /// The step length.
    public var learningRate = 1e-2
    /// Decay of the running averages.
    public var alpha = 0.99
    /// Added to the denominator.
    public var eps = 1e-8
    /// L2 penalty.
    public var weightDecay = 0.0
    /// How much of the previous step is kept.
    public var momentum = 0.0
    /// Whether the square is taken around the running mean.
    public var centered = false

    /// PyTorch's defaults.
    public init() {}

    private enum CodingKeys: String, CodingKey {
      case learningRate = "learning_rate"
      case alpha, eps
      case weightDecay = "weight_decay"
      case momentum, centered
    }

    /// See the properties.
    public static let options = [
      learningRateOption,
      Option("alpha", "decay of the running averages", .range(0, 1)),
      epsOption,
      Option("weight_decay", "L2 penalty", .atLeast(0)),
      Option("momentum", "how much of the previous step is kept", .atLeast(0)),
      Option("centered", "whether the square is taken around the running mean of the gradient"),
    ]
  }

  /// With momentum.
  public static var examples: [Example<Configuration>] {
    [
      Example {
        $0.momentum = 0.9
        $0.weightDecay = 0.1
      }
    ]
  }

  /// The learning rate of the next step.
  public var learningRate: Double
  /// The momentum of the next step.
  public var momentum: Double
  private let alpha: Double
  private let epsilon: Float
  private let weightDecay: Float
  private let isCentred: Bool
  private var memory: OptimizerState

  /// An optimizer over these parameters.
  public init(_ configuration: Configuration, parameters: [Parameter]) {
    learningRate = configuration.learningRate
    momentum = configuration.momentum
    alpha = configuration.alpha
    epsilon = Float(configuration.eps)
    weightDecay = Float(configuration.weightDecay)
    isCentred = configuration.centered
    memory = OptimizerState(
      parameters, keys: ["square_avg"] + (isCentred ? ["grad_avg"] : []), optional: ["momentum_buffer"])
  }

  /// The running averages, and where there is momentum the velocity, of every parameter that has taken a step.
  public var state: [(name: String, tensor: Tensor)] { memory.tensors }

  /// Takes over what ``state`` gave.
  public func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] { memory.restore(state) }

  /// One step along the gradients.
  public func step() {
    let (rate, momentum) = (Float(learningRate), Float(momentum))
    let (keep, fresh) = (Float(alpha), Float(1 - alpha))
    memory.parameters.forEachGradient { parameter, gradient in
      let (value, slope) = (parameter.value.storage.base, gradient.storage.base)
      let square = memory.values("square_avg", of: parameter)
      let mean = isCentred ? memory.values("grad_avg", of: parameter) : nil
      let velocity = momentum > 0 ? memory.values("momentum_buffer", of: parameter) : nil
      parameter.value.device.forEachBlock(of: gradient.count) { [epsilon, weightDecay] range in
        for i in range {
          let g = slope[i] + weightDecay * value[i]
          square[i] = keep * square[i] + fresh * (g * g)
          var variance = square[i]
          if let mean {
            mean[i] += fresh * (g - mean[i])
            variance -= mean[i] * mean[i]
          }
          var update = g / (squareRoot(variance) + epsilon)
          if let velocity {
            velocity[i] = momentum * velocity[i] + update
            update = velocity[i]
          }
          value[i] -= rate * update
        }
      }
    }
  }
}
