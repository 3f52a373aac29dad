import FusionComponents
import FusionCore

/// Feature-wise linear modulation (Perez et al. 2018, equations 1 and 2): the first modality scales and shifts the channels
/// of the second,
///
/// y = (1 + γ(x_1)) ⊙ x_2 + β(x_1)
///
/// with γ and β linear; the paper too predicts the difference from 1. The channels of tokens `[T, D]` are the last
/// dimension, those of maps `[C, H, W]` the first.
public struct FilmFusion: Fusion {
  /// Its name in configurations.
  public static let name = "film"
  /// What `fusionkit list` says of it.
  public static let summary = "the first modality scales and shifts the channels of the second (Perez 2018)"

  /// The keys of `fusion: {type: film}`.
  public struct Configuration: ComponentConfiguration {
    /// Width of each hidden layer of what makes scales and shifts.
    public var hidden: [Int] = []
    /// Exchanges the two modalities: the second scales and shifts the first.
    public var flip = false
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("hidden", "width of each hidden layer of what makes scales and shifts", .size),
      Option("flip", "exchanges the two modalities: the second scales and shifts the first"),
    ]
  }

  /// Exactly two; `flip` exchanges them; a missing one counts as zero.
  public static let traits = FusionTraits(fewest: 2, most: 2)

  private static func roles(_ configuration: Configuration, _ inputs: [ModalityShape]) -> (by: Int, of: Shape) {
    configuration.flip ? (inputs[1].width, inputs[0].shape) : (inputs[0].width, inputs[1].shape)
  }

  private static func channels(_ shape: Shape) -> Int { shape.count == 3 ? shape[0] : shape[shape.count - 1] }

  private let generator: MultilayerPerceptron
  private let flip: Bool

  /// Draws the parameters: `generator.layers.<i>.weight`, `.bias`.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    let (conditioning, shape) = Self.roles(configuration, inputs)
    if shape.isEmpty {
      context.refuse(
        "'\(inputs[configuration.flip ? 0 : 1].modality)' is a single value without a dimension to scale and shift")
    }
    generator = MultilayerPerceptron(
      inputs: conditioning, hidden: configuration.hidden, outputs: 2 * Self.channels(shape),
      context: context.scope("generator"))
    flip = configuration.flip
  }

  /// Fuses a batch: x_1 `[N, …]`; x_2 a vector `[N, D]`, tokens `[N, T, D]` or maps `[N, C, H, W]`, of which D or C
  /// are the channels → y of the shape of x_2.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let (by, x) = flip ? (1, features.tensors[0]) : (0, features.tensors[1])
    let channels = Self.channels(Shape(x.shape.dropFirst()))
    var shape = Shape(repeating: 1, count: x.rank)
    (shape[0], shape[x.rank == 4 ? 1 : x.rank - 1]) = (x.shape[0], channels)
    let parts = generator(features.vectors[by], pass).chunked(2, axis: 1).map { $0.reshaped(shape) }
    return x + parts[0] * x + parts[1]
  }
}
