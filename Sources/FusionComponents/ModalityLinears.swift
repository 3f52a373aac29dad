import FusionCore

/// One linear layer a modality, to a width that all share: x_m ↦ W_m x_m + b_m.
///
/// Parameters: `<name>.<modality>.weight` and, with a bias, `.bias`. Vectors are flattened features; over tokens the layer
/// runs on each of them.
public struct ModalityLinears {
  private let layers: [Linear]

  /// Makes the parameters in `context`.
  public init(
    _ name: String, _ inputs: [ModalityShape], width: Int, bias: Bool = true, overTokens: Bool = false,
    context: BuildContext
  ) {
    layers = inputs.map {
      Linear(
        inputs: overTokens ? $0.shape[1] : $0.width, outputs: width, bias: bias,
        context: context.scope("\(name).\($0.modality)"))
    }
  }

  /// Shapes: one `[N, d_m]`, or `[N, T_m, d_m]` over tokens, a modality, to the same with `width` at the end.
  public func callAsFunction(_ tensors: [Tensor], _ pass: ForwardPass) -> [Tensor] {
    zip(layers, tensors).map { $0($1, pass) }
  }
}
