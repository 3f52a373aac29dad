import Foundation
import FusionCore

/// A random rectangle of an image becomes one value (Zhong et al., AAAI 2020), as `torchvision.transforms.RandomErasing` does it.
///
/// With probability p: of ten tries the first rectangle of area U(scale) · H · W and of aspect ratio exp(U(log ratio)) that is
/// smaller than the image, at a place drawn uniformly. The same in all channels.
public struct RandomErasing: Transform {
  /// Its name in configurations.
  public static let name = "random_erasing"
  /// What `fusionkit list` says of it.
  public static let summary = "a random rectangle becomes one value, as torchvision's RandomErasing"
  /// The key that a strength sets, as in `evaluate --corrupt audio=random_erasing:0.5`.
  public static let strengthKey: String? = "p"

  /// The keys of `transforms: [{type: random_erasing}]`.
  public struct Configuration: ComponentConfiguration {
    /// Probability that a rectangle is erased.
    public var p = 0.5
    /// Least and largest share of the area.
    public var scale = [0.02, 0.33]
    /// Least and largest aspect ratio, height by width.
    public var ratio = [0.3, 3.3]
    /// The value that takes the place of what is erased.
    public var value = 0.0
    /// The defaults.
    public init() {}
    /// Each key with its meaning and the values that it takes.
    public static let options: [Option] = [
      Option("p", "probability that a rectangle is erased", .range(0, 1)),
      Option("scale", "least and largest share of the area", .range(0, 1)),
      Option("ratio", "least and largest aspect ratio, height by width", .range(0, 1e6, includesLower: false)),
      Option("value", "what takes the place", .range(-1e9, 1e9)),
    ]
  }

  /// Whether anything is drawn with these settings.
  public static func isStochastic(_ configuration: Configuration) -> Bool { configuration.p > 0 }

  /// What is wrong with these settings.
  public static func problems(_ configuration: Configuration) -> [Problem] {
    [("scale", configuration.scale), ("ratio", configuration.ratio)].filter { $1.count != 2 || $1[0] > $1[1] }.map {
      Problem(path: [$0.0], "'\($0.0)' is \($0.1): expected two numbers, the smaller one first")
    }
  }

  /// What is wrong with these settings for samples of these shapes.
  public static func problems(_ configuration: Configuration, inputs: [ModalityShape]) -> [Problem] {
    Planes.problems(name, inputs, needs: "images or spectrograms: [H, W] or [C, H, W]")
  }

  /// Where something is erased.
  package struct Rectangle: Equatable {
    package let rows: Range<Int>
    package let columns: Range<Int>
  }

  private let configuration: Configuration

  /// A transform with these settings.
  public init(_ configuration: Configuration, inputs: [ModalityShape]) { self.configuration = configuration }

  /// Changes the sample in place; everything random is drawn from `random`.
  public func callAsFunction(_ sample: inout TransformSample, random: RandomStream) {
    for i in sample.modalities.indices {
      let stream = random.derived(sample.modalities[i].modality)
      guard let planes = Planes(sample.modalities[i].shape), Double(stream.uniform(at: 0)) < configuration.p else {
        continue
      }
      let erased = Self.rectangle(planes.rows, planes.columns, configuration) { Double(stream.uniform(at: 1 + $0)) }
      guard let erased else { continue }
      planes.forEach(rows: erased.rows, columns: erased.columns) {
        sample.modalities[i].values[$0] = Float(configuration.value)
      }
    }
  }

  /// The rectangle; nil where ten tries give none that is smaller than the image.
  ///
  /// - Parameter draw: number k of 0 ..< 1; each try takes four: area, ratio, row, column.
  package static func rectangle(
    _ height: Int, _ width: Int, _ configuration: Configuration, _ draw: (Int) -> Double
  ) -> Rectangle? {
    let (scale, ratio) = (configuration.scale, configuration.ratio.map { log($0) })
    for attempt in 0..<10 {
      let area = Double(height * width) * (scale[0] + (scale[1] - scale[0]) * draw(4 * attempt))
      let aspect = exp(ratio[0] + (ratio[1] - ratio[0]) * draw(4 * attempt + 1))
      // Python's round goes to the even number.
      let h = Int((area * aspect).squareRoot().rounded(.toNearestOrEven))
      let w = Int((area / aspect).squareRoot().rounded(.toNearestOrEven))
      guard h < height, w < width else { continue }
      let top = Int(Double(height - h + 1) * draw(4 * attempt + 2))
      let left = Int(Double(width - w + 1) * draw(4 * attempt + 3))
      return Rectangle(rows: top..<top + h, columns: left..<left + w)
    }
    return nil
  }
}
