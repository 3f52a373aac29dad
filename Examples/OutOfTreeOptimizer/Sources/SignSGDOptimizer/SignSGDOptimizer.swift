import FusionCore

/// A step of one length along the sign of the momentum (Bernstein et al. 2018, Signum): m ← βm + (1 − β)g; θ ← θ − η sign(m).
public final class SignSGDOptimizer: Optimizer {
  /// The name in configurations.
  public static let name = "sign_sgd"
  /// One line on what it does.
  public static let summary = "a step of one length along the sign of the momentum (Bernstein 2018)"

  /// What a configuration may say beside `type`.
  public struct Configuration: ComponentConfiguration {
    /// The step length.
    public var learningRate = 1e-4
    /// How much of the momentum is kept.
    public var momentum = 0.9
    /// The defaults.
    public init() {}
    private enum CodingKeys: String, CodingKey { case learningRate = "learning_rate", momentum }
    /// See the properties.
    public static let options: [Option] = [
      Option("learning_rate", "step length", .atLeast(0)),
      Option("momentum", "share of the momentum that is kept", .range(0, 1, includesUpper: false)),
    ]
  }

  /// Of the next step: schedules write to it.
  public var learningRate: Double
  private let momentum: Float
  private var memory: OptimizerState

  /// From its configuration.
  public init(_ configuration: Configuration, parameters: [Parameter]) {
    learningRate = configuration.learningRate
    momentum = Float(configuration.momentum)
    memory = OptimizerState(parameters, keys: ["momentum_buffer"])
  }

  /// Saved in checkpoints.
  public var state: [(name: String, tensor: Tensor)] { memory.tensors }
  /// Read from a checkpoint.
  public func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] { memory.restore(state) }

  /// One step along the gradients.
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
