import FusionCore

/// Channel attention across modalities (Joze et al. 2020, the multimodal transfer module, after Hu et al. 2018): what is
/// squeezed out of all modalities gates the channels of each,
///
/// z = relu(W [s_1; …; s_M] + b),  y_m = 2 σ(E_m z + b_m) ⊙ x_m,  y = [y_1; …; y_M]
///
/// s_m is the mean of x_m over its tokens, or x_m itself where it is a vector.
public struct ChannelAttentionFusion: Fusion {
  /// Its name in configurations.
  public static let name = "channel_attention"
  /// What `fusionkit list` says of it.
  public static let summary = "what all modalities hold together gates the channels of each (Joze 2020)"

  /// The keys of `fusion: {type: channel_attention}`.
  public struct Configuration: ComponentConfiguration {
    /// How much narrower the squeezed vector is: twice the channels of all modalities over it.
    public var ratio = 4
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
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

  /// Draws the parameters: `squeeze.weight`, `.bias`; `excite.<modality>.weight`, `.bias`.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let (channels, squeezed) = Self.widths(configuration, inputs)
    squeeze = Linear(inputs: channels, outputs: squeezed, context: context.scope("squeeze"))
    excite = inputs.map {
      Linear(
        inputs: squeezed, outputs: Self.channels($0), context: context.scope("excite.\($0.modality)"))
    }
  }

  /// Fuses a batch: x_m `[N, d_m]`, or tokens `[N, T_m, c_m]` of which c_m are the channels → y `[N, Σ d_m]`,
  /// tokens flattened; z has 2 Σ c_m / `ratio` values.
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
