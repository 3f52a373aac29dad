import TensorEngine

/// The mirror of a ``ConvolutionStack``: from its output back to an image of exactly its input's shape.
///
/// The blocks are undone from the last to the first. A block convolution → batch norm → activation → dropout → pooling
/// becomes: enlargement to the size before pooling, each pixel repeated (what the pooling left over at the lower and
/// right edge repeats the last row and column) → transposed convolution of the same kernel, step and padding → batch
/// norm → activation. The mirror of the first block ends with its convolution, with a bias, so that it reaches any value.
/// It has no dropout.
///
/// A transposed convolution of step 1 is a convolution with the padding kernel − 1 − padding, and is run as one, by the
/// kernels of ``ConvolutionStack``; others are `torch.nn.ConvTranspose2d`, whose output padding brings back the rows
/// that the step left over.
///
/// Parameters of the mirror of block i: `blocks.<i>.convs.0.weight` `[in, out, K, K]` and `.bias`,
/// `blocks.<i>.norms.0.weight`, `.bias`, `.running_mean`, `.running_var`; of other steps than 1
/// `blocks.<i>.transposed.weight` `[out, in, K, K]`, `.bias` and `blocks.<i>.norm.…`. `in` and `out` are the block's.
/// First values are PyTorch's.
/// Shapes: `[N, …output]` of the stack, flattened or not, to `[N, C, H, W]`.
public final class ConvolutionMirror {
  private struct Step {
    /// What is made of a pixel, and the size afterwards; nil: the block does not pool.
    let enlargement: (factor: Int, size: Pair)?
    let convolution: (Tensor, ForwardPass) -> Tensor
  }
  private let steps: [Step]
  private let output: Shape

  /// Makes the parameters, for blocks and an input in which ``ConvolutionStack/plan(_:input:)`` found nothing wrong.
  public init(_ blocks: [ConvolutionBlock], input: Shape, context: BuildContext) {
    var shape = input
    var steps: [Step] = []
    for (index, block) in blocks.enumerated() {
      func convolved(_ size: Int) -> Int { (size + 2 * block.padding - block.kernel) / block.stride + 1 }
      let before = Pair(convolved(shape[1]), convolved(shape[2]))
      let undone = Self.undo(block, image: shape, isFirst: index == 0, context.scope("blocks.\(index)"), grid: before)
      steps.append(
        Step(enlargement: block.pool == .none ? nil : (block.pool.stride, before), convolution: undone))
      guard let next = ConvolutionStack.outputShape([block], input: shape) else {
        preconditionFailure("convolution mirror: block \(index) does not fit \(shape)")
      }
      shape = next
    }
    self.steps = steps.reversed()
    output = shape
  }

  /// From the block's convolution, of the size `grid`, back to its image `[C, H, W]`.
  private static func undo(
    _ block: ConvolutionBlock, image: Shape, isFirst: Bool, _ context: BuildContext, grid: Pair
  ) -> (Tensor, ForwardPass) -> Tensor {
    let isNormalised = block.normalise && !isFirst
    let padding = block.kernel - 1 - block.padding
    if block.stride == 1, padding >= 0 {
      let stack = ConvolutionStack(
        [
          ConvolutionBlock(
            channels: image[0], kernel: block.kernel, padding: padding, bias: !isNormalised, normalise: isNormalised,
            activation: isFirst ? .none : block.activation)
        ], input: [block.channels, grid.height, grid.width], context: context)
      return { stack($0, $1) }
    }
    let weights = context.scope("transposed")
    let weight = weights.parameter("weight", [block.channels, image[0], block.kernel, block.kernel], .layerDefault)
    let bias =
      isNormalised
      ? nil : weights.parameter("bias", [image[0]], .fanInUniform(fanIn: image[0] * block.kernel * block.kernel))
    let norm = isNormalised ? BatchNorm(channels: image[0], context: context.scope("norm")) : nil
    func leftOver(_ size: Int) -> Int { (size + 2 * block.padding - block.kernel) % block.stride }
    let outputPadding = Pair(leftOver(image[1]), leftOver(image[2]))
    return { x, pass in
      let y = x.convTranspose2d(
        pass[weight], bias: pass[bias], stride: Pair(block.stride, block.stride),
        padding: Pair(block.padding, block.padding), outputPadding: outputPadding)
      let z = norm?(y, pass) ?? y
      return isFirst ? z : block.activation(z)
    }
  }

  /// Shapes: `[N, …output]` of the stack, flattened or not, to `[N, C, H, W]`.
  public func callAsFunction(_ features: Tensor, _ pass: ForwardPass) -> Tensor {
    var x = features.reshaped([features.shape[0]] + output)
    for step in steps {
      if let (factor, size) = step.enlargement { x = x.enlarged(by: factor, to: size) }
      x = step.convolution(x, pass)
    }
    return x
  }
}

extension ConvolutionBlock.Activation {
  fileprivate func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .none: x
    case .relu: x.relu()
    case .sigmoid: x.sigmoid()
    case .tanh: x.tanh()
    }
  }
}

extension Tensor {
  /// Every pixel repeated `factor` times along both sides, then cut, or the last row and column repeated, to `size`.
  fileprivate func enlarged(by factor: Int, to size: Pair) -> Tensor {
    func fitted(_ x: Tensor, axis: Int, _ length: Int) -> Tensor {
      let own = x.shape[axis]
      guard own < length else { return own == length ? x : x.narrow(axis: axis, start: 0, length: length) }
      let last = x.narrow(axis: axis, start: own - 1, length: 1)
      return .concatenated([x] + Array(repeating: last, count: length - own), axis: axis)
    }
    let large = factor == 1 ? self : upsampleNearest2d(Pair(factor, factor))
    return fitted(fitted(large, axis: 2, size.height), axis: 3, size.width)
  }
}
