import FusionCore

/// Brings the features of all modalities to one width: x_m ↦ P_m x_m.
///
/// P_m is a linear layer with bias, `projections.<modality>`, where a width is asked for or the widths differ; otherwise
/// the features pass through unchanged. Where the widths differ and none is asked for, the largest is taken, so that no
/// modality is squeezed.
public struct CommonWidth {
  private let projections: ModalityLinears?

  /// The common width, and the layers that lead to it, written into the blueprint.
  public static func infer(_ inputs: [ModalityShape], asked: Int?, blueprint: inout Blueprint) -> Int {
    let width = resolve(inputs, asked)
    if needsProjection(inputs, asked) { blueprint.linears("projections", inputs, width: width) }
    return width
  }

  private static func resolve(_ inputs: [ModalityShape], _ asked: Int?) -> Int {
    asked ?? inputs.map { $0.width }.max() ?? 0
  }

  private static func needsProjection(_ inputs: [ModalityShape], _ asked: Int?) -> Bool {
    asked != nil || Set(inputs.map { $0.width }).count > 1
  }

  /// Makes the projections that ``infer(_:asked:blueprint:)`` found necessary.
  public init(_ inputs: [ModalityShape], asked: Int?, context: BuildContext) {
    projections =
      Self.needsProjection(inputs, asked)
      ? ModalityLinears("projections", inputs, width: Self.resolve(inputs, asked), context: context) : nil
  }

  /// One tensor `[N, width]` a modality.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> [Tensor] {
    projections?(features.vectors, pass) ?? features.vectors
  }
}
