import FusionComponents
import FusionCore

/// The gated multimodal unit (Arevalo et al. 2017, section 3.1): with h_m = tanh(W_m x_m) and gates
/// z = σ(W_z [x_1; …; x_M]),
///
/// y = z ⊙ h_1 + (1 − z) ⊙ h_2 for two modalities, y = Σ_m z_m ⊙ h_m for another number of them.
public struct GatedMultimodalUnitFusion: Fusion {
  /// Its name in configurations.
  public static let name = "gated_multimodal_unit"
  /// Other names that configurations may use.
  public static let aliases = ["gmu"]
  /// What `fusionkit list` says of it.
  public static let summary = "gates that see all modalities decide how much each one counts (Arevalo 2017)"

  /// The keys of `fusion: {type: gated_multimodal_unit}`.
  public struct Configuration: ComponentConfiguration {
    /// The width of the result.
    public var width = 64
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [Option("width", "the width of the result", .size)]
  }

  /// One or more; a missing one counts as zero.
  public static let traits = FusionTraits()

  /// Two modalities share one gate.
  private static func gated(_ inputs: [ModalityShape]) -> [ModalityShape] {
    inputs.count == 2 ? [inputs[0]] : inputs
  }

  private let hidden: ModalityLinears
  private let gates: [Linear]

  /// Draws the parameters: `hidden.<modality>.weight` `[width, d_m]`; `gates.<modality>.weight` `[width, Σ d_m]`,
  /// of two modalities the first one's only; no biases, as in the paper.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let width = configuration.width
    hidden = ModalityLinears("hidden", inputs, width: width, bias: false, context: context)
    gates = Self.gated(inputs).map {
      Linear(
        inputs: inputs.totalWidth, outputs: width, bias: false, context: context.scope("gates.\($0.modality)"))
    }
  }

  /// Fuses a batch: x_m `[N, d_m]` → y `[N, width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let vectors = features.vectors
    let terms = hidden(vectors, pass).map { $0.tanh() }
    let all = Tensor.concatenated(vectors, axis: 1)
    let open = gates.map { $0(all, pass).sigmoid() }
    if terms.count == 2 { return open[0] * terms[0] + (1 - open[0]) * terms[1] }
    return zip(open, terms).map { $0 * $1 }.total()
  }
}
