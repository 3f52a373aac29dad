import FusionCore

/// Moves samples by up to some places along each of their last two axes, or one of them; zeros move in.
public struct RandomShift: Transform {
  /// Its name in configurations.
  public static let name = "random_shift"
  /// What `fusionkit list` says of it.
  public static let summary = "moved by up to some pixels or frames; zeros move in"
  /// The key that a strength sets, as in `evaluate --corrupt audio=random_shift:0.5`.
  public static let strengthKey: String? = "pixels"

  /// Which axes are moved along.
  public enum Axes: String, Codable, Sendable, CaseIterable {
    /// Rows and columns.
    case both
    /// The last but one: rows of an image, frames of a sequence `[T, F]`.
    case first
    /// The last: columns of an image, frames of a spectrogram `[F, T]`.
    case last
  }

  /// The keys of `transforms: [{type: random_shift}]`.
  public struct Configuration: ComponentConfiguration {
    /// The largest shift, either way.
    public var pixels = 2
    /// Which of the last two axes: both, first (frames of a sequence), last (frames of a spectrogram).
    public var axes = Axes.both
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("pixels", "the largest shift, either way", .range(0, 65_536)),
      Option(
        "axes", "which of the last two axes: both, first (frames of a sequence), last (frames of a spectrogram)",
        Axes.self),
    ]
  }

  /// Whether anything is drawn with these settings.
  public static func isStochastic(_ configuration: Configuration) -> Bool { configuration.pixels > 0 }

  /// What is wrong with these settings for samples of these shapes.
  public static func problems(_ configuration: Configuration, inputs: [ModalityShape]) -> [Problem] {
    Planes.problems(name, inputs, needs: "images, spectrograms or sequences: [H, W], [C, H, W] or [T, F]")
  }

  private let configuration: Configuration

  /// A transform with these settings.
  public init(_ configuration: Configuration, inputs: [ModalityShape]) { self.configuration = configuration }

  /// Changes the sample in place; everything random is drawn from `random`.
  public func callAsFunction(_ sample: inout TransformSample, random: RandomStream) {
    let range = -configuration.pixels...configuration.pixels
    for i in sample.modalities.indices {
      guard let planes = Planes(sample.modalities[i].shape) else { continue }
      let stream = random.derived(sample.modalities[i].modality)
      let down = configuration.axes == .last ? 0 : stream.integer(in: range, at: 0)
      let right = configuration.axes == .first ? 0 : stream.integer(in: range, at: 1)
      guard down != 0 || right != 0 else { continue }
      let values = sample.modalities[i].values
      var moved = [Float](repeating: 0, count: values.count)
      planes.forEach(
        rows: max(0, down)..<max(max(0, down), min(planes.rows, planes.rows + down)),
        columns: max(0, right)..<max(max(0, right), min(planes.columns, planes.columns + right))
      ) { moved[$0] = values[$0 - down * planes.columns - right] }
      sample.modalities[i].values = moved
    }
  }
}
