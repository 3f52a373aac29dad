/// From the features of all modalities to one tensor.
public protocol Fusion: Component {
  /// How many modalities it takes, and how it behaves, whatever its configuration; the defaults of ``FusionTraits`` if it says
  /// nothing.
  static var traits: FusionTraits { get }

  /// The same where it depends on the configuration.
  static func traits(_ configuration: Configuration) -> FusionTraits

  /// Makes the parameters for features of these shapes; says by `context.problem` what does not fit. The number of
  /// modalities has been checked against ``traits(_:)`` before.
  init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext)

  /// Shapes: the features `[N, …]` to `[N, …output]`.
  func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor
}

extension Fusion {
  /// A fusion.
  public static var kind: ComponentKind { .fusion }
  /// Those of most fusions.
  public static var traits: FusionTraits { FusionTraits() }
  /// Those of every configuration.
  public static func traits(_ configuration: Configuration) -> FusionTraits { traits }
  /// What the traits say.
  public static func isStochastic(_ configuration: Configuration) -> Bool { traits(configuration).isStochastic }
}
