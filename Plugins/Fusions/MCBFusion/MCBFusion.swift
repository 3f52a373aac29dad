import FusionComponents
import FusionCore

/// Multimodal compact bilinear pooling (Fukui et al. 2016, section 3.1): the count sketch of the outer product of two
/// modalities, then a signed root and a scaling to length one.
///
/// With hashes h_m: d_m → width and signs s_m, both drawn once from the seed and saved with the model,
///
/// z_k = Σ_{i, j: (h_1(i) + h_2(j)) mod width = k} s_1(i) s_2(j) x_1i x_2j
///
/// which is the circular convolution of the two count sketches. The paper computes that by Fourier transforms; for the widths
/// of encoders the sum itself, d_1·d_2 products, is cheaper and exact.
public struct MCBFusion: Fusion {
  /// Its name in configurations.
  public static let name = "mcb"
  /// What `fusionkit list` says of it.
  public static let summary = "compact bilinear pooling: a count sketch of the outer product (Fukui 2016)"

  /// The keys of `fusion: {type: mcb}`.
  public struct Configuration: ComponentConfiguration {
    /// The width of the sketch.
    public var width = 512
    /// Whether a signed root and a scaling to length one follow.
    public var normalize = true
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("width", "the width of the sketch", .size),
      Option("normalize", "whether a signed root and a scaling to length one follow"),
    ]
  }

  /// Exactly two; the mean of the training features takes the place of a missing one.
  public static let traits = FusionTraits.bilinear

  private let sketches: [CountSketch]
  private let configuration: Configuration

  /// Nothing is drawn: it has no parameters.
  public init(_ configuration: Configuration, inputs: [ModalityShape], context: BuildContext) {
    self.configuration = configuration
    sketches = inputs.map {
      CountSketch(inputs: $0.width, width: configuration.width, context: context.scope("sketches.\($0.modality)"))
    }
  }

  /// Fuses a batch: x_m `[N, d_m]` → y `[N, width]`.
  public func callAsFunction(_ features: Features, _ pass: ForwardPass) -> Tensor {
    let (x1, x2) = features.pair
    let z = sketches[0].convolved(x1, with: sketches[1], x2, width: configuration.width)
    return configuration.normalize ? z.powerNormalized() : z
  }
}
