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

extension Blueprint {
  /// Writes down a linear layer.
  ///
  /// - Parameters:
  ///   - rows: how many rows of a sample it runs over; nil: the sample is one vector.
  ///   - tail: what follows it, in words.
  public mutating func linear(
    _ name: String, _ inputs: Int, _ outputs: Int, bias: Bool = true, rows: Int? = nil, then tail: String? = nil
  ) {
    layer(
      name, "linear \(inputs) → \(outputs)" + (tail.map { ", \($0)" } ?? ""),
      output: rows.map { [$0, outputs] } ?? [outputs],
      parameters: Linear.parameterCount(inputs: inputs, outputs: outputs, bias: bias),
      flops: (rows ?? 1) * Linear.flops(inputs: inputs, outputs: outputs))
  }

  /// Writes down ``ModalityLinears``.
  public mutating func linears(
    _ name: String, _ inputs: [ModalityShape], width: Int, bias: Bool = true, overTokens: Bool = false,
    then tail: String? = nil
  ) {
    for input in inputs {
      linear(
        "\(name).\(input.modality)", overTokens ? input.shape[1] : input.width, width, bias: bias,
        rows: overTokens ? input.shape[0] : nil, then: tail)
    }
  }
}

extension [ModalityShape] {
  /// The width of all modalities side by side.
  public var totalWidth: Int { reduce(0) { $0 + $1.width } }
}
