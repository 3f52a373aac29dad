import CFusionKernels
import Foundation
import TensorEngine

/// Adam and AdamW: `torch.optim.Adam` (Kingma and Ba 2015) and `torch.optim.AdamW` (Loshchilov and Hutter 2019).
///
/// With gradient g, rate η, decay λ and step t: Adam first adds the decay to the gradient, g ← g + λθ; AdamW shrinks the
/// parameter instead, θ ← θ − ηλθ. Both then do m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
/// θ ← θ − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε). Every parameter counts its own steps.
public final class Adam: Optimizer {
  /// The learning rate of the next step.
  public var learningRate: Double
  private let betas: (Double, Double)
  private let epsilon: Float
  private let weightDecay: Double
  private let isDecoupled: Bool
  private var slots: OptimizerSlots

  /// Adam with PyTorch's defaults.
  public convenience init(
    _ parameters: [Parameter], learningRate: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999),
    epsilon: Double = 1e-8, weightDecay: Double = 0
  ) {
    self.init(parameters, learningRate, betas, epsilon, weightDecay, isDecoupled: false)
  }

  /// AdamW with PyTorch's defaults: the decay does not pass through the moments.
  public static func decoupled(
    _ parameters: [Parameter], learningRate: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999),
    epsilon: Double = 1e-8, weightDecay: Double = 1e-2
  ) -> Adam {
    Adam(parameters, learningRate, betas, epsilon, weightDecay, isDecoupled: true)
  }

  private init(
    _ parameters: [Parameter], _ learningRate: Double, _ betas: (Double, Double), _ epsilon: Double,
    _ weightDecay: Double, isDecoupled: Bool
  ) {
    self.learningRate = learningRate
    self.betas = betas
    self.epsilon = Float(epsilon)
    self.weightDecay = weightDecay
    self.isDecoupled = isDecoupled
    slots = OptimizerSlots(parameters: parameters, keys: ["step", "exp_avg", "exp_avg_sq"])
  }

  /// The count of steps and both moments of every parameter that has taken a step.
  public var state: [(name: String, tensor: Tensor)] { slots.state }

  /// Takes over what ``state`` gave.
  public func restore(_ state: [(name: String, tensor: Tensor)]) -> [String] { slots.restore(state) }

  /// One step along the gradients.
  public func step() {
    slots.parameters.forEachGradient { parameter, gradient in
      let (value, slope) = (parameter.value.storage.base, gradient.storage.base)
      let count = moment(parameter, "step", shape: [])
      count[0] += 1
      let mean = moment(parameter, "exp_avg", shape: gradient.shape)
      let square = moment(parameter, "exp_avg_sq", shape: gradient.shape)
      let stepSize = Float(learningRate / (1 - pow(betas.0, Double(count[0]))))
      let correction = Float((1 - pow(betas.1, Double(count[0]))).squareRoot())
      let shrink = Float(isDecoupled ? 1 - learningRate * weightDecay : 1)
      let decay = Float(isDecoupled ? 0 : weightDecay)
      let (beta2, newMean, newSquare, epsilon) = (Float(betas.1), Float(1 - betas.0), Float(1 - betas.1), epsilon)
      parameter.value.device.forEachBlock(of: gradient.count) { range in
        for i in range {
          let before = value[i] * shrink
          let g = slope[i] + decay * before
          mean[i] += newMean * (g - mean[i])
          square[i] = beta2 * square[i] + newSquare * (g * g)
          value[i] = before - stepSize * (mean[i] / (fk_square_root(square[i]) / correction + epsilon))
        }
      }
    }
  }

  private func moment(_ parameter: Parameter, _ key: String, shape: Shape) -> UnsafeMutablePointer<Float> {
    if let known = slots[parameter, key] { return known.storage.base }
    let zeros = Tensor(repeating: 0, shape: shape, device: parameter.value.device)
    slots[parameter, key] = zeros
    return zeros.storage.base
  }
}
