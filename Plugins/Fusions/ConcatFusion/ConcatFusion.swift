import FusionCore

/// Late fusion by concatenation: y = [x_1; …; x_M].
public struct ConcatFusion: Fusion {
  /// Its name in configurations.
  public static let name = "concat"
  /// Other names that configurations may use.
  public static let aliases = ["late"]
  /// What `fusionkit list` says of it.
  public static let summary = "the features of all modalities side by side: y = [x_1; …; x_M]"
  /// It has no keys.
  public typealias Configuration = NoConfiguration

  /// Nothing is drawn: it has no parameters.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {}

  /// Fuses a batch: x_m `[N, d_m]` (anything else is flattened) → y `[N, Σ d_m]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    Tensor.concatenated(features.vectors, axis: 1)
  }
}
