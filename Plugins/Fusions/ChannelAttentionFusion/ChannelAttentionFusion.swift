import FusionCore

/// Channel attention across modalities (Joze et al. 2020, the multimodal transfer module, after Hu et al. 2018): what is
/// squeezed out of all modalities gates the channels of each,
///
/// z = relu(W [s_1; …; s_M] + b),  y_m = 2 σ(E_m z + b_m) ⊙ x_m,  y = [y_1; …; y_M]
///
/// s_m is the mean of x_m over its tokens, or x_m itself where it is a vector.
public struct ChannelAttentionFusion: Fusion {
  public static let name = "channel_attention"
  public static let summary = "what all modalities hold together gates the channels of each (Joze 2020)"

  public struct Configuration: ComponentConfiguration {
    public var ratio = 4
    public init() {}
    public static let options: [Option] = [
      Option("ratio", "how much narrower the squeezed vector is: twice the channels of all modalities over it", .size)
    ]
  }

  private static func channels(_ input: ModalityShape) -> Int {
    input.shape.count == 2 ? input.shape[1] : input.width
  }

  /// The channels of all modalities, and the width of what is squeezed out of them.
  private static func widths(_ configuration: Configuration, _ inputs: [ModalityShape]) -> (Int, Int) {
    let channels = inputs.reduce(0) { $0 + Self.channels($1) }
    return (channels, max(1, 2 * channels / configuration.ratio))
  }

  private let squeeze: Linear
  private let excite: [Linear]

  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let (channels, squeezed) = Self.widths(configuration, inputs)
    squeeze = Linear(inputs: channels, outputs: squeezed, context: context.scope("squeeze"))
    excite = inputs.map {
      Linear(
        inputs: squeezed, outputs: Self.channels($0), context: context.scope("excite.\($0.modality)"))
    }
  }

  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let tensors = features.tensors.map { $0.rank == 3 ? $0 : $0.flattened(from: 1) }
    let squeezed = tensors.map { $0.rank == 3 ? $0.mean(axes: [1]) : $0 }
    let joint = squeeze(Tensor.concatenated(squeezed, axis: 1), pass).relu()
    let gated = zip(tensors, excite).map { x, layer in
      let gate = layer(joint, pass).sigmoid() * 2
      return (x.rank == 3 ? x * gate.unsqueezed(1) : x * gate).flattened(from: 1)
    }
    return .concatenated(gated, axis: 1)
  }
}
