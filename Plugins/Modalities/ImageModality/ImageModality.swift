import FusionCore

/// Images: `[H, W]`, `[C, H, W]`, `[H, W, C]` or flat, to `[C, H, W]`.
public struct ImageModality: Modality {
  /// Its name in configurations.
  public static let name = "image"
  /// What `fusionkit list` says of it.
  public static let summary = "an image, grey or colour, to [C, H, W]; 0–255 or 0–1 recognised"

  /// Where the channels of a stored image stand.
  public enum Layout: String, Codable, CaseIterable, Sendable {
    /// First, unless only the last dimension can be one: 1, 3 or 4.
    case auto
    /// `[C, H, W]`.
    case first
    /// `[H, W, C]`.
    case last
  }

  /// The keys of `modalities.NAME: {type: image}`.
  public struct Configuration: ComponentConfiguration {
    /// How stored numbers are read.
    public var values = ValueScale.auto
    /// Where the channels of a stored image with three dimensions stand.
    public var layout = Layout.auto
    /// The mean that is subtracted after scaling to 0–1.
    public var mean = 0.0
    /// The deviation that values are divided by after that.
    public var std = 1.0
    /// Rows of an image that is stored flat; a square one needs none.
    public var height: Int?
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("values", "how stored numbers are read", ValueScale.self),
      Option("layout", "where the channels of a stored image with three dimensions stand", Layout.self),
      Option("mean", "subtracted after scaling to 0–1"),
      Option("std", "what is divided by after that", .above(0)),
      Option("height", "rows of an image that is stored flat; a square one needs none", .size),
    ]
  }

  /// How a stored image is to be read.
  private enum Reading {
    case asIs(Shape)
    case channelsLast(Shape)
  }

  private static func reading(_ configuration: Configuration, _ stored: Shape) -> Reading? {
    switch stored.count {
    case 1:
      let side = configuration.height ?? Int(Double(stored[0]).squareRoot().rounded())
      return stored[0] > 0 && side > 0 && stored[0] % side == 0
        && (configuration.height != nil || side * side == stored[0])
        ? .asIs([1, side, stored[0] / side]) : nil
    case 2: return .asIs([1] + stored)
    case 3:
      let isColour = { (size: Int) in size == 1 || size == 3 || size == 4 }
      let isLast =
        configuration.layout == .last
        || (configuration.layout == .auto && isColour(stored[2]) && !isColour(stored[0]))
      return isLast ? .channelsLast([stored[2], stored[0], stored[1]]) : .asIs(stored)
    default: return nil
    }
  }

  /// How stored numbers become the values that the encoder gets.
  public static func conversion(_ configuration: Configuration, input: ArrayDescription) -> ValueConversion {
    configuration.values.conversion(for: input, mean: configuration.mean, deviation: configuration.std)
  }

  private let reading: Reading

  /// A modality with these settings; it has no parameters of its own.
  public init(_ configuration: Configuration, input: ArrayDescription, context: BuildContext) {
    context.describe("image, \(configuration.values.words(for: input, context: context))")
    guard let reading = Self.reading(configuration, input.sampleShape) else {
      let isFlat = input.sampleShape.count == 1
      context.refuse(
        "an image of the stored shape \(input.sampleShape) cannot be read: expected [H, W], [C, H, W], [H, W, C], or a "
          + "flat square", key: isFlat ? "height" : nil,
        hint: isFlat ? "say 'height:' for a flat image that is not square" : nil)
    }
    self.reading = reading
  }

  /// A batch as its encoder gets it: `[H, W]`, `[C, H, W]`, `[H, W, C]` or flat (square, or with `height`) → `[C,
  /// H, W]`.
  public func callAsFunction(_ raw: Tensor, _ pass: ForwardPass) -> Tensor {
    let batch = raw.shape[0]
    switch reading {
    case .asIs(let shape): return raw.reshaped([batch] + shape)
    case .channelsLast(let shape):
      return raw.reshaped([batch, shape[1], shape[2], shape[0]]).permuted([0, 3, 1, 2])
    }
  }
}
