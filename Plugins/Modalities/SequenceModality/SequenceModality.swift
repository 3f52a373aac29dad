import FusionComponents
import FusionCore

/// Sequences of equal length: `[T, F]`, or flat, to `[T, F]`.
public struct SequenceModality: Modality {
  /// Its name in configurations.
  public static let name = "sequence"
  /// What `fusionkit list` says of it.
  public static let summary = "a sequence of frames [T, F], of equal length in all samples"

  /// Which dimension of the stored array counts the frames.
  public enum Time: String, Codable, CaseIterable, Sendable {
    case first, last
  }

  /// The keys of `modalities.NAME: {type: sequence}`.
  public struct Configuration: ComponentConfiguration {
    /// How stored numbers are read; auto standardises them.
    public var values = FeatureValues.auto
    /// The mean that is subtracted after scaling.
    public var mean = 0.0
    /// The deviation that values are divided by after that.
    public var std = 1.0
    /// Frames of a sequence that is stored flat.
    public var frames: Int?
    /// Which dimension of the stored array counts the frames.
    public var time = Time.first
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("values", "how stored numbers are read; auto standardises them", FeatureValues.self),
      Option("mean", "subtracted after scaling"),
      Option("std", "what is divided by after that", .above(0)),
      Option("frames", "frames of a sequence that is stored flat", .size),
      Option("time", "which dimension of the stored array counts the frames", Time.self),
    ]
  }

  /// The stored matrix; nil where it is none.
  private static func matrix(_ configuration: Configuration, _ stored: Shape) -> Shape? {
    switch stored.count {
    case 1:
      guard let frames = configuration.frames, stored[0] > 0, stored[0] % frames == 0 else { return nil }
      let features = stored[0] / frames
      return configuration.time == .first ? [frames, features] : [features, frames]
    case 2: return stored
    default: return nil
    }
  }

  /// How stored numbers become the values that the encoder gets.
  public static func conversion(_ configuration: Configuration, input: ArrayDescription) -> ValueConversion {
    configuration.values.conversion(mean: configuration.mean, deviation: configuration.std)
  }

  /// A feature of all frames alike.
  public static func standardisedFeatures(_ configuration: Configuration, input: ArrayDescription) -> FeatureLayout? {
    guard configuration.values.standardises(mean: configuration.mean, deviation: configuration.std),
      let matrix = matrix(configuration, input.sampleShape)
    else { return nil }
    return configuration.time == .first
      ? FeatureLayout(count: matrix[1]) : FeatureLayout(count: matrix[0], stride: matrix[1])
  }

  private let matrix: Shape
  private let time: Time

  /// A modality with these settings; it has no parameters of its own.
  public init(_ configuration: Configuration, input: ArrayDescription, context: BuildContext) {
    let values = configuration.values.words(mean: configuration.mean, deviation: configuration.std, context: context)
    context.describe("sequence, \(values)")
    guard let matrix = Self.matrix(configuration, input.sampleShape) else {
      let isFlat = input.sampleShape.count == 1
      context.refuse(
        "a sequence of the stored shape \(input.sampleShape) cannot be read: expected [T, F]"
          + (isFlat ? ", or flat with 'frames', which divide it" : ", or flat"), key: isFlat ? "frames" : nil)
    }
    let frames = matrix[configuration.time == .first ? 0 : 1]
    if let asked = configuration.frames, asked != frames {
      context.problem(
        "the stored shape \(input.sampleShape) has \(frames) frames, not \(asked)", key: "frames",
        hint: "'frames' is for sequences that are stored flat; 'time' says which dimension counts them")
    }
    self.matrix = matrix
    time = configuration.time
  }

  /// A batch as its encoder gets it: `[T, F]`, `[F, T]` with `time: last`, or flat with `frames` → `[T, F]`.
  public func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor {
    let matrices = raw.reshaped([raw.shape[0]] + matrix)
    return time == .first ? matrices : matrices.transposed()
  }
}
