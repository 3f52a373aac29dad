import FusionCore

/// Points of a space: `count` rows of `width` coordinates, one after the other.
public struct PointSet: Sendable, Equatable {
  /// The number of points, N.
  public let count: Int
  /// The number of coordinates of each, D.
  public let width: Int
  /// Row-major, `[N, D]`.
  public let values: [Float]

  /// Points of given coordinates.
  public init(count: Int, width: Int, values: [Float]) {
    precondition(count >= 0 && width >= 0 && values.count == count * width, "as many values as [N, D] asks for")
    self.count = count
    self.width = width
    self.values = values
  }

  /// The rows of a tensor, flattened behind the first dimension.
  public init(_ tensor: Tensor) {
    let count = tensor.shape.first ?? 1
    self.init(count: count, width: count > 0 ? tensor.count / count : 0, values: tensor.scalars)
  }

  /// The coordinates of a point.
  public subscript(row: Int) -> ArraySlice<Float> { values[row * width..<(row + 1) * width] }
}

/// Why points cannot be embedded or clustered.
public enum EmbeddingError: UserError, Equatable {
  /// Fewer points than the perplexity asks for.
  case tooFewPoints(count: Int, perplexity: Double)
  /// No point differs from another.
  case constant(count: Int)
  /// A coordinate that is no number.
  case notFinite(row: Int)
  /// Coordinates whose squares are too large for the arithmetic.
  case tooFarApart
  /// More clusters than points.
  case tooManyClusters(Int, points: Int)

  /// 1: what was asked for is valid, the data do not allow it.
  public var exitStatus: Int32 { 1 }

  /// What is wrong, and what would do.
  public var description: String {
    switch self {
    case .tooFewPoints(let count, let perplexity):
      let largest = (count - 1) / 3
      return
        "a perplexity of \(shortest(perplexity)) needs at least \(Int((3 * perplexity).rounded(.up)) + 1) samples, "
        + "there \(count == 1 ? "is" : "are") \(count)"
        + (largest > 0
          ? "\n  expected: a perplexity of \(largest) or less for so few: --perplexity \(largest)"
          : "\n  expected: 4 samples or more")
    case .constant(let count):
      return "all \(count) encodings are equal: there is nothing to embed\n"
        + "  the encoder gives the same for every sample, as one whose units have all died does"
    case .notFinite(let row): return "point \(row) has a coordinate that is not finite"
    case .tooFarApart: return "the encodings are so large that their distances are infinite: the training diverged"
    case .tooManyClusters(let clusters, let points):
      return "\(clusters) clusters were asked for, and there are \(points) samples: choose --clusters \(points) or less"
    }
  }
}

/// A number without needless digits: 30, 12.5.
func shortest(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
}
