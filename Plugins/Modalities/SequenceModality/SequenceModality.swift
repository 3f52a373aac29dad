import FusionComponents
import FusionCore

/// Sequences of equal length: `[T, F]`, or flat, to `[T, F]`.
public struct SequenceModality: Modality {
  public static let name = "sequence"
  public static let summary = "a sequence of frames [T, F], of equal length in all samples"

  /// Which dimension of the stored array counts the frames.
  public enum Time: String, Codable, CaseIterable, Sendable {
    case first, last
  }

  public struct Configuration: ComponentConfiguration {
    public var values = FeatureValues.auto
    public var mean = 0.0
    public var std = 1.0
    public var frames: Int?
    public var time = Time.first
    public init() {}
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

  public func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor {
    let matrices = raw.reshaped([raw.shape[0]] + matrix)
    return time == .first ? matrices : matrices.transposed()
  }
}
