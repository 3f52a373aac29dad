import FusionCore

/// A mean over outputs of what follows from the mean of one amount for each output.
public protocol ErrorMetric: SummedMetric {
  /// What a miss adds.
  static func amount(_ miss: Double) -> Double
  /// What follows from the mean of the amounts of an output.
  static func value(ofMean mean: Double) -> Double
}

extension ErrorMetric {
  /// Smaller is better.
  public static var direction: MetricDirection { .lowerIsBetter }
  /// Predicted values.
  public static var inputs: Set<MetricInput> { [.values] }
  /// The mean itself.
  public static func value(ofMean mean: Double) -> Double { mean }
  /// One for each output.
  public var sumCount: Int { context.outputs }

  /// Adds what a sample misses by.
  public func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    for column in 0..<samples.outputs {
      let place = row * samples.outputs + column
      add(column, Self.amount(samples.predictedValues[place] - samples.values[place]))
    }
  }

  /// The mean over outputs.
  public func result(ofSums sums: [Double], count: Int) -> MetricResult {
    let value = sums.map { Self.value(ofMean: $0 / Double(count)) }.reduce(0, +) / Double(sums.count)
    return value.isFinite ? .value(value) : .undefined("it is larger than any number")
  }
}

/// The mean squared error; scikit-learn's `mean_squared_error`.
public struct MeanSquaredError: ErrorMetric {
  /// `mse`.
  public static let name = "mse"
  /// What `fusionkit list` says.
  public static let summary = "mean squared error"
  /// The samples it is computed on.
  public let context: MetricContext
  /// Squares, by output.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }
  /// The square.
  public static func amount(_ miss: Double) -> Double { miss * miss }
}

/// The root of the mean squared error of each output, averaged over outputs; scikit-learn's `root_mean_squared_error`.
public struct RootMeanSquaredError: ErrorMetric {
  /// `rmse`.
  public static let name = "rmse"
  /// What `fusionkit list` says.
  public static let summary = "root of the mean squared error"
  /// The samples it is computed on.
  public let context: MetricContext
  /// Squares, by output.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }
  /// The square.
  public static func amount(_ miss: Double) -> Double { miss * miss }
  /// The root.
  public static func value(ofMean mean: Double) -> Double { mean.squareRoot() }
}

/// The mean absolute error; scikit-learn's `mean_absolute_error`.
public struct MeanAbsoluteError: ErrorMetric {
  /// `mae`.
  public static let name = "mae"
  /// What `fusionkit list` says.
  public static let summary = "mean absolute error"
  /// The samples it is computed on.
  public let context: MetricContext
  /// Absolute misses, by output.
  public var total = MetricSums()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }
  /// The absolute value.
  public static func amount(_ miss: Double) -> Double { abs(miss) }
}
