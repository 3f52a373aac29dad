import TensorEngine

/// Layer norm over the last dimension: `torch.nn.LayerNorm`.
///
/// Parameters: `weight` (ones) and `bias` (zeros), `[width]`. Shapes: `[…, width]` and the same out.
public struct LayerNorm {
  private let weight: Parameter
  private let bias: Parameter
  private let epsilon: Float

  /// Makes the parameters in `context`.
  public init(width: Int, epsilon: Float = 1e-5, context: BuildContext) {
    weight = context.parameter("weight", [width], .ones)
    bias = context.parameter("bias", [width], .zeros)
    self.epsilon = epsilon
  }

  /// Shapes: `[…, width]` and the same out.
  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    pass.layer(weight.scope, "layer norm") {
      x.layerNorm(weight: pass[weight], bias: pass[bias], epsilon: epsilon)
    }
  }
}

/// Batch norm of vectors, lines and images alike: `torch.nn.BatchNorm1d` and `BatchNorm2d`.
///
/// Parameters: `weight` (ones) and `bias` (zeros); buffers `running_mean` (zeros) and `running_var` (ones); all
/// `[channels]`. Shapes: `[N, channels]`, `[N, channels, L]` or `[N, channels, H, W]`, and the same out.
public struct BatchNorm {
  private let weight: Parameter
  private let bias: Parameter
  private let runningMean: Parameter
  private let runningVariance: Parameter
  private let momentum: Float
  private let epsilon: Float

  /// Makes the parameters in `context`.
  public init(channels: Int, momentum: Float = 0.1, epsilon: Float = 1e-5, context: BuildContext) {
    weight = context.parameter("weight", [channels], .ones)
    bias = context.parameter("bias", [channels], .zeros)
    runningMean = context.buffer("running_mean", [channels], .zeros)
    runningVariance = context.buffer("running_var", [channels], .ones, isNonNegative: true)
    (self.momentum, self.epsilon) = (momentum, epsilon)
  }

  /// Normalises with the batch's statistics in training, where it also moves the running ones; with the running ones in
  /// evaluation.
  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    var running = RunningStatistics(mean: runningMean.value, variance: runningVariance.value)
    return pass.layer(weight.scope, "batch norm") {
      guard pass.mode == .training else {
        return x.batchNorm(weight: pass[weight], bias: pass[bias], using: running, epsilon: epsilon)
      }
      let y = x.batchNorm(
        weight: pass[weight], bias: pass[bias], updating: &running, momentum: momentum, epsilon: epsilon)
      for (buffer, moved) in [(runningMean, running.mean), (runningVariance, running.variance)] {
        buffer.write { _ = $0.update(fromContentsOf: moved.storage.values) }
      }
      return y
    }
  }
}
