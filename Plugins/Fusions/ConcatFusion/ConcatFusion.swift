import FusionCore

/// Late fusion by concatenation: y = [x_1; …; x_M].
public struct ConcatFusion: Fusion {
  public static let name = "concat"
  public static let aliases = ["late"]
  public static let summary = "the features of all modalities side by side: y = [x_1; …; x_M]"
  public typealias Configuration = NoConfiguration

  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {}

  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    Tensor.concatenated(features.vectors, axis: 1)
  }
}
