import FusionCore

/// A fusion that maps all modalities to one width and joins them element by element: all that such fusions share.
///
/// A conforming type says how terms are joined; shapes, options and parameters follow. The order of modalities does not
/// matter.
public protocol ElementwiseFusion: Fusion where Configuration == CommonWidthConfiguration {
  /// What becomes of the term of a missing modality: it is left out, or, to renormalise, what is joined is also
  /// multiplied by the number of all modalities over that of those at hand.
  static var missing: MissingModalityPolicy { get }
  /// What changes nothing when it is joined: 0 for a sum, 1 for a product.
  static var neutral: Float { get }
  /// Joins one term `[N, width]` a modality, at least one, to `[N, width]`.
  static func join(_ terms: [Tensor]) -> Tensor
  /// The layer that brings the modalities to one width.
  var common: CommonWidth { get }
  /// The fusion around that layer.
  init(common: CommonWidth)
}

/// The option of fusions over one width.
public struct CommonWidthConfiguration: ComponentConfiguration {
  /// The width that every modality is mapped to.
  public var width: Int?
  /// No width is asked for.
  public init() {}
  /// One entry per key.
  public static let options: [Option] = [
    Option("width", "the common width that every modality is mapped to; needed only to choose another", .size)
  ]
}

extension ElementwiseFusion {
  /// A missing modality leaves its term out.
  public static var missing: MissingModalityPolicy { .skip }

  /// That of a sum.
  public static var neutral: Float { 0 }

  /// Any number of modalities, in any order.
  public static var traits: FusionTraits { FusionTraits(orderMatters: false, missing: missing) }

  /// Makes the projections.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    self.init(common: CommonWidth(inputs, asked: configuration.width, context: context))
  }

  /// Shapes: features `[N, …]` to `[N, width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let joined = Self.join(features.leavingOut(common(features, pass), as: Self.neutral))
    guard Self.missing == .renormalise, let weights = features.renormalisation else { return joined }
    return joined * weights
  }
}
