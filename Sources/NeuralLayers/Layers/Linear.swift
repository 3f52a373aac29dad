import TensorEngine

/// y = x Wᵀ + b, on the last dimension: `torch.nn.Linear`.
///
/// Parameters: `weight` `[outputs, inputs]` and `bias` `[outputs]`, both uniform within ±1 / √inputs as in PyTorch.
/// Shapes: `[…, inputs]` to `[…, outputs]`.
public struct Linear {
  /// `[outputs, inputs]`.
  public let weight: Parameter
  /// `[outputs]`.
  public let bias: Parameter?

  /// Makes the parameters in `context`.
  public init(inputs: Int, outputs: Int, bias: Bool = true, context: BuildContext) {
    weight = context.parameter("weight", [outputs, inputs], .layerDefault)
    self.bias = bias ? context.parameter("bias", [outputs], .fanInUniform(fanIn: inputs)) : nil
  }

  /// Shapes: `[…, inputs]` to `[…, outputs]`.
  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    pass.layer(weight.scope, "linear \(weight.value.shape[1]) → \(weight.value.shape[0])") {
      x.linear(pass[weight], bias: pass[bias])
    }
  }
}
