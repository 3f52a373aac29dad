import TensorEngine

/// Stochastic gradient descent: `torch.optim.SGD`.
///
/// With gradient g, decay λ, momentum μ, dampening τ and rate η: g ← g + λθ; v ← μv + (1 − τ)g, v = g in the first
/// step; θ ← θ − ηv, or with Nesterov's momentum θ ← θ − η(g + μv) (Sutskever et al. 2013).
public final class SGD: Optimizer {
  /// The learning rate of the next step.
  public var learningRate: Double
  private let momentum: Float
  private let dampening: Float
  private let weightDecay: Float
  private let nesterov: Bool
  private var slots: OptimizerSlots

  /// An optimizer with PyTorch's defaults.
  ///
  /// - Parameter nesterov: looks ahead; needs a momentum above 0 and no dampening.
  public init(
    _ parameters: [Parameter], learningRate: Double = 1e-3, momentum: Double = 0, dampening: Double = 0,
    weightDecay: Double = 0, nesterov: Bool = false
  ) {
    require(
      !nesterov || (momentum > 0 && dampening == 0),
      "SGD: Nesterov's momentum needs a momentum above 0 and no dampening")
    self.learningRate = learningRate
    self.momentum = Float(momentum)
    self.dampening = Float(dampening)
    self.weightDecay = Float(weightDecay)
    self.nesterov = nesterov
    slots = OptimizerSlots(parameters: parameters, keys: ["momentum_buffer"])
  }

  /// The velocity, where there is momentum, of every parameter that has taken a step.
  public var state: [(name: String, tensor: Tensor)] { slots.state }

  /// Takes over what ``state`` gave.
  public func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] { slots.restore(state) }

  /// One step along the gradients.
  public func step() {
    let rate = Float(learningRate)
    slots.parameters.forEachGradient { parameter, gradient in
      let (value, slope) = (parameter.value.storage.base, gradient.storage.base)
      let device = parameter.value.device
      guard momentum != 0 else {
        device.forEachBlock(of: gradient.count) { [weightDecay] range in
          for i in range { value[i] -= rate * (slope[i] + weightDecay * value[i]) }
        }
        return
      }
      let isFirst = slots[parameter, "momentum_buffer"] == nil
      let buffer = slots[parameter, "momentum_buffer"] ?? Tensor(repeating: 0, shape: gradient.shape, device: device)
      slots[parameter, "momentum_buffer"] = buffer
      let velocity = buffer.storage.base
      let share = isFirst ? 1 : 1 - dampening
      device.forEachBlock(of: gradient.count) { [weightDecay, momentum, nesterov] range in
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
