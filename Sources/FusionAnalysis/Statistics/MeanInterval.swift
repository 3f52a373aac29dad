/// The mean of a few values, and how well they tell it.
public struct MeanInterval: Sendable, Equatable, Codable {
  /// The mean.
  public let mean: Double
  /// Half the width of the 95% interval around it, t(0.975, n − 1) · s / √n; nil for one value, which has no spread.
  public let halfWidth: Double?

  enum CodingKeys: String, CodingKey {
    case mean
    case halfWidth = "half_width"
  }

  /// The mean of one value or more, with its interval by Student's t.
  public init(_ values: [Double]) {
    let statistics = SeedsSummary.Statistics(values)
    mean = statistics.mean
    let count = Double(values.count)
    halfWidth = statistics.deviation.map {
      StudentT.quantile(0.975, degreesOfFreedom: count - 1) * $0 / count.squareRoot()
    }
  }
}
