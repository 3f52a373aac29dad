import Foundation
import FusionCore

/// The step that Adam and AdamW share; every parameter counts its own steps.
struct AdamStep {
  var betas: (Double, Double)
  let epsilon: Float
  let weightDecay: Double
  /// Whether the decay shrinks the parameter instead of joining the gradient.
  let isDecoupled: Bool
  var memory: OptimizerState

  init(_ parameters: [Parameter], betas: [Double], eps: Double, weightDecay: Double, isDecoupled: Bool) {
    self.betas = (betas[0], betas[1])
    epsilon = Float(eps)
    self.weightDecay = weightDecay
    self.isDecoupled = isDecoupled
    memory = OptimizerState(parameters, scalars: ["step"], keys: ["exp_avg", "exp_avg_sq"])
  }

  mutating func step(_ learningRate: Double) {
    let parameters = memory.parameters
    parameters.forEachGradient { parameter, gradient in
      let (value, slope) = (parameter.value.storage.base, gradient.storage.base)
      let count = memory.values("step", of: parameter)
      count[0] += 1
      let mean = memory.values("exp_avg", of: parameter)
      let square = memory.values("exp_avg_sq", of: parameter)
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
          value[i] = before - stepSize * (mean[i] / (squareRoot(square[i]) / correction + epsilon))
        }
      }
    }
  }
}
