import FusionCore

/// No encoder: the modality's tensor is the feature. For features that were computed elsewhere.
public struct IdentityEncoder: Encoder {
  public static let name = "identity"
  public static let summary = "hands the modality's tensor on unchanged"
  public typealias Configuration = NoConfiguration

  public init(_ configuration: Configuration, input: Shape, context: BuildContext) {}

  public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor { input }
}
