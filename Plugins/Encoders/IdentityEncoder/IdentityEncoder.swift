import FusionCore

/// No encoder: the modality's tensor is the feature. For features that were computed elsewhere.
public struct IdentityEncoder: Encoder {
  /// Its name in configurations.
  public static let name = "identity"
  /// What `fusionkit list` says of it.
  public static let summary = "hands the modality's tensor on unchanged"
  /// It has no keys.
  public typealias Configuration = NoConfiguration

  /// Nothing is drawn: it has no parameters.
  public init(_ configuration: Configuration, input: Shape, context: BuildContext) {}

  /// Encodes a batch: `[N, …]` → the same.
  public func callAsFunction(_ input: Tensor, _ pass: ForwardPass) -> Tensor { input }
}
