import FusionCore

/// A step of one length along the sign of the momentum (Bernstein et al. 2018, Signum): m ← βm + (1 − β)g; θ ← θ − η sign(m).
public final class SignSGDOptimizer: Optimizer {
  public static let name = "sign_sgd"
  public static let summary = "a step of one length along the sign of the momentum (Bernstein 2018)"

  public struct Configuration: ComponentConfiguration {
    public var learningRate = 1e-4
    public var momentum = 0.9
    public init() {}
    private enum CodingKeys: String, CodingKey {
      case learningRate = "learning_rate"
      case momentum
    }
    public static let options: [Option] = [
      Option("learning_rate", "step length", .atLeast(0)),
      Option("momentum", "share of the momentum that is kept", .range(0, 1, includesUpper: false)),
    ]
  }

  public var learningRate: Double
  private let momentum: Float
  private var memory: OptimizerState

  public init(_ configuration: Configuration, parameters: [Parameter]) {
    learningRate = configuration.learningRate
    momentum = Float(configuration.momentum)
    memory = OptimizerState(parameters, keys: ["momentum_buffer"])
  }

  public var state: [(name: String, tensor: Tensor)] { memory.tensors }
  public func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] { memory.restore(state) }

  public func step() {
    let rate = Float(learningRate)
    memory.parameters.forEachGradient { parameter, gradient in
      let (value, slope) = (parameter.value.storage.base, gradient.storage.base)
      let mean = memory.values("momentum_buffer", of: parameter)
      parameter.value.device.forEachBlock(of: gradient.count) { [momentum] range in
        for i in range {
          mean[i] = momentum * mean[i] + (1 - momentum) * slope[i]
          value[i] -= rate * (mean[i] > 0 ? 1 : mean[i] < 0 ? -1 : 0)
        }
      }
    }
  }
}
