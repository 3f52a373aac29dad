import FusionCore

/// Brings the features of all modalities to one width: x_m ↦ P_m x_m.
///
/// P_m is a linear layer with bias, `projections.<modality>`, where a width is asked for or the widths differ; otherwise
/// the features pass through unchanged. Where the widths differ and none is asked for, the largest is taken, so that no
/// modality is squeezed.
public struct CommonWidth {
  private let projections: ModalityLinears?

  /// Makes the projections, where they are necessary.
  public init(_ inputs: [ModalityShape], asked: Int?, context: BuildContext) {
    let widths = inputs.map { $0.width }
    projections =
      asked != nil || Set(widths).count > 1
      ? ModalityLinears("projections", inputs, width: asked ?? widths.max() ?? 0, context: context) : nil
  }

  /// One tensor `[N, width]` a modality.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> [Tensor] {
    projections?(features.vectors, pass) ?? features.vectors
  }
}
