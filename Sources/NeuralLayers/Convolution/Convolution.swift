import TensorEngine

/// A 2-D convolution over row-major images: `torch.nn.Conv2d`. For whole stacks of blocks, ``ConvolutionStack`` is much
/// faster.
///
/// Parameters: `weight` `[outputs, inputs / groups, height, width]` and `bias` `[outputs]`, uniform as in PyTorch.
/// Shapes: `[N, inputs, H, W]` to `[N, outputs, H', W']`; see `Tensor.conv2d`.
public struct Conv2D {
  private let weight: Parameter
  private let bias: Parameter?
  private let stride: Pair
  private let padding: Pair
  private let dilation: Pair
  private let groups: Int

  /// Makes the parameters in `context`.
  public init(
    inputs: Int, outputs: Int, kernel: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, groups: Int = 1,
    bias: Bool = true, context: BuildContext
  ) {
    let fan = inputs / groups * kernel.height * kernel.width
    weight = context.parameter("weight", [outputs, inputs / groups, kernel.height, kernel.width], .layerDefault)
    self.bias = bias ? context.parameter("bias", [outputs], .fanInUniform(fanIn: fan)) : nil
    (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
  }

  /// Shapes: `[N, inputs, H, W]` to `[N, outputs, H', W']`.
  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let size = weight.value.shape
    return pass.layer(weight.scope, "conv \(size[2])x\(size[3])") {
      x.conv2d(
        pass[weight], bias: pass[bias], stride: stride, padding: padding, dilation: dilation, groups: groups)
    }
  }
}

/// A 1-D convolution over sequences with channels first: `torch.nn.Conv1d`.
///
/// Parameters: `weight` `[outputs, inputs / groups, kernel]` and `bias` `[outputs]`, uniform as in PyTorch.
/// Shapes: `[N, inputs, L]` to `[N, outputs, L']`; see `Tensor.conv1d`.
public struct Conv1D {
  private let weight: Parameter
  private let bias: Parameter?
  private let stride: Int
  private let padding: Int
  private let dilation: Int
  private let groups: Int

  /// Makes the parameters in `context`.
  public init(
    inputs: Int, outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1,
    bias: Bool = true, context: BuildContext
  ) {
    weight = context.parameter("weight", [outputs, inputs / groups, kernel], .layerDefault)
    self.bias = bias ? context.parameter("bias", [outputs], .fanInUniform(fanIn: inputs / groups * kernel)) : nil
    (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
  }

  /// Shapes: `[N, inputs, L]` to `[N, outputs, L']`.
  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    pass.layer(weight.scope, "conv \(weight.value.shape[2])") {
      x.conv1d(pass[weight], bias: pass[bias], stride: stride, padding: padding, dilation: dilation, groups: groups)
    }
  }
}
