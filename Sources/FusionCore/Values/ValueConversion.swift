/// How stored values become the numbers that a model sees: `(x · scale − mean) / deviation`, applied while a batch is
/// gathered.
///
/// Mean and deviation work on the stored numbers in double precision, and the result becomes a `Float`: of times around
/// 1.6e9 that differ by seconds, what differs is left.
public struct ValueConversion: Sendable, Equatable {
  /// The factor that brings stored values to their unit, such as 1/255 for bytes.
  public var scale: Float
  /// What is subtracted after scaling.
  public var mean: Double
  /// What is divided by after that.
  public var deviation: Double
  /// Means and deviations of each feature, in place of ``mean`` and ``deviation``; nil: all features alike.
  public var features: FeatureScale?

  /// Leaves values as they are.
  public static let identity = ValueConversion()

  /// A conversion.
  public init(scale: Float = 1, mean: Double = 0, deviation: Double = 1, features: FeatureScale? = nil) {
    self.scale = scale
    self.mean = mean
    self.deviation = deviation
    self.features = features
  }

  /// Whether values are scaled at most, by one factor.
  public var isPlain: Bool { mean == 0 && deviation == 1 && features == nil }

  /// This conversion with the means and deviations that a standardiser holds, if there is one.
  func standardised(by standardiser: Standardiser?) -> ValueConversion {
    guard let standardiser else { return self }
    var result = self
    result.features = standardiser.scale
    return result
  }
}

/// Where the values of each feature stand in a sample: value i belongs to feature (i / ``stride``) % ``count``.
///
/// In a vector `[D]` every value is a feature of its own; in a sequence `[T, F]` all frames share F features, of stride 1,
/// and in one that is stored `[F, T]` their stride is T.
public struct FeatureLayout: Sendable, Equatable {
  /// The number of features.
  public let count: Int
  /// How many neighbouring values are of one feature.
  public let stride: Int

  /// A layout.
  public init(count: Int, stride: Int = 1) {
    self.count = count
    self.stride = stride
  }
}

/// Means and deviations of features: what is subtracted, and divided by.
public struct FeatureScale: Sendable, Equatable {
  /// Where the features stand.
  public let layout: FeatureLayout
  /// One for each feature.
  public let means: [Double]
  /// One over the deviation of each feature; 0 for a constant one, all of whose values become zero.
  public let factors: [Double]

  /// A scale of as many features as the layout has.
  public init(layout: FeatureLayout, means: [Double], factors: [Double]) {
    precondition(means.count == layout.count && factors.count == layout.count, "means and factors of other features")
    self.layout = layout
    self.means = means
    self.factors = factors
  }
}
