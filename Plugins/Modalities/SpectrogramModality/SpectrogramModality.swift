import FusionCore

/// Spectrograms and other matrices over time: `[F, T]`, `[1, F, T]` or flat, to `[1, F, T]`.
public struct SpectrogramModality: Modality {
  /// Its name in configurations.
  public static let name = "spectrogram"
  /// What `fusionkit list` says of it.
  public static let summary = "a spectrogram to [1, F, T]; 0–255 or 0–1 recognised"

  /// The keys of `modalities.NAME: {type: spectrogram}`.
  public struct Configuration: ComponentConfiguration {
    /// How stored numbers are read.
    public var values = ValueScale.auto
    /// The mean that is subtracted after scaling to 0–1.
    public var mean = 0.0
    /// The deviation that values are divided by after that.
    public var std = 1.0
    /// Rows of a spectrogram that is stored flat; a square one needs none.
    public var bins: Int?
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("values", "how stored numbers are read", ValueScale.self),
      Option("mean", "subtracted after scaling to 0–1"),
      Option("std", "what is divided by after that", .above(0)),
      Option("bins", "rows of a spectrogram that is stored flat; a square one needs none", .size),
    ]
  }

  private static func shape(_ configuration: Configuration, _ stored: Shape) -> Shape? {
    switch stored.count {
    case 1:
      let bins = configuration.bins ?? Int(Double(stored[0]).squareRoot().rounded())
      return stored[0] > 0 && bins > 0 && stored[0] % bins == 0
        && (configuration.bins != nil || bins * bins == stored[0])
        ? [1, bins, stored[0] / bins] : nil
    case 2: return [1] + stored
    case 3: return stored[0] == 1 ? stored : nil
    default: return nil
    }
  }

  /// How stored numbers become the values that the encoder gets.
  public static func conversion(_ configuration: Configuration, input: ArrayDescription) -> ValueConversion {
    configuration.values.conversion(for: input, mean: configuration.mean, deviation: configuration.std)
  }

  private let shape: Shape

  /// A modality with these settings; it has no parameters of its own.
  public init(_ configuration: Configuration, input: ArrayDescription, context: BuildContext) {
    context.describe("spectrogram, \(configuration.values.words(for: input, context: context))")
    guard let shape = Self.shape(configuration, input.sampleShape) else {
      let isFlat = input.sampleShape.count == 1
      context.refuse(
        "a spectrogram of the stored shape \(input.sampleShape) cannot be read: expected [F, T], [1, F, T], or a flat "
          + "square", key: isFlat ? "bins" : nil,
        hint: isFlat ? "say 'bins:' for a flat spectrogram that is not square" : nil)
    }
    self.shape = shape
  }

  /// A batch as its encoder gets it: `[F, T]`, `[1, F, T]` or flat (square, or with `bins`) → `[1, F, T]`.
  public func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor { raw.reshaped([raw.shape[0]] + shape) }
}
