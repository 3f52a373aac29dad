import FusionCore

/// How the targets x and predictions y of one output vary, alone and together: sums of squares and products around the
/// means, kept up to date as by B. P. Welford (Technometrics 1962), halves joined as by T. F. Chan, G. H. Golub and R. J.
/// LeVeque (1979).
struct Comoments: Sendable {
  var count = 0
  var targetMean = 0.0
  var predictionMean = 0.0
  var targetSquares = 0.0
  var predictionSquares = 0.0
  var products = 0.0

  mutating func add(target: Double, prediction: Double) {
    count += 1
    let n = Double(count)
    let (x, y) = (target - targetMean, prediction - predictionMean)
    targetMean += x / n
    predictionMean += y / n
    targetSquares += x * (target - targetMean)
    predictionSquares += y * (prediction - predictionMean)
    products += x * (prediction - predictionMean)
  }

  mutating func merge(_ other: Comoments) {
    guard count > 0 else { return self = other }
    guard other.count > 0 else { return }
    let (a, b) = (Double(count), Double(other.count))
    let (x, y) = (other.targetMean - targetMean, other.predictionMean - predictionMean)
    let weight = a * b / (a + b)
    targetSquares += other.targetSquares + x * x * weight
    predictionSquares += other.predictionSquares + y * y * weight
    products += other.products + x * y * weight
    targetMean += x * b / (a + b)
    predictionMean += y * b / (a + b)
    count += other.count
  }

  /// From five sums over samples, relative to a center c: x − c, y − c, their squares and their product.
  init(ofSums sums: ArraySlice<Double>, count: Int) {
    let n = Double(count)
    let (x, y, xx, yy, xy) = (
      sums[sums.startIndex], sums[sums.startIndex + 1], sums[sums.startIndex + 2], sums[sums.startIndex + 3],
      sums[sums.startIndex + 4]
    )
    self.count = count
    (targetMean, predictionMean) = (x / n, y / n)
    // Of equal values nothing is left but rounding.
    func spread(_ squares: Double, _ total: Double) -> Double {
      let spread = squares - total * total / n
      return spread <= 1e-12 * squares ? 0 : spread
    }
    (targetSquares, predictionSquares) = (spread(xx, x), spread(yy, y))
    products = xy - x * y / n
  }

  init() {}
}

/// A correlation of predictions and targets, averaged over outputs.
public protocol CorrelationMetric: DecomposableMetric {
  /// The samples it is computed on.
  var context: MetricContext { get }
  /// What was seen so far, by output.
  var seen: OutputComoments { get set }
  /// The value of one output; nil where predictions do not vary and it needs that.
  static func value(_ output: OutputComoments.Output) -> Double?
}

/// How targets and predictions vary together, by output.
public struct OutputComoments: Sendable {
  /// Of one output.
  public struct Output: Sendable {
    let comoments: Comoments
  }
  var outputs: [Comoments] = []

  /// Nothing seen.
  public init() {}
}

extension CorrelationMetric {
  /// Larger is better.
  public static var direction: MetricDirection { .higherIsBetter }
  /// Predicted values.
  public static var inputs: Set<MetricInput> { [.values] }
  /// Five for each output.
  public var sumCount: Int { 5 * context.outputs }

  /// Takes note of how values vary: more exact than sums.
  public mutating func add(_ samples: MetricSamples) {
    if seen.outputs.isEmpty { seen.outputs = Array(repeating: Comoments(), count: samples.outputs) }
    for row in 0..<samples.count {
      for column in 0..<samples.outputs {
        let place = row * samples.outputs + column
        seen.outputs[column].add(target: samples.values[place], prediction: samples.predictedValues[place])
      }
    }
  }

  /// Joins what both have seen.
  public mutating func merge(_ other: Self) {
    guard !seen.outputs.isEmpty else { return seen = other.seen }
    for (column, output) in other.seen.outputs.enumerated() { seen.outputs[column].merge(output) }
  }

  /// The mean over outputs.
  public var result: MetricResult { result(of: seen.outputs) }

  /// Adds values, squares and the product, around the mean of all targets.
  public func addSums(of row: Int, in samples: MetricSamples, _ add: (Int, Double) -> Void) {
    for column in 0..<samples.outputs {
      let place = row * samples.outputs + column
      let x = samples.values[place] - samples.centers[column]
      let y = samples.predictedValues[place] - samples.centers[column]
      for (sum, amount) in [x, y, x * x, y * y, x * y].enumerated() { add(5 * column + sum, amount) }
    }
  }

  /// The mean over outputs.
  public func result(ofSums sums: [Double], count: Int) -> MetricResult {
    result(
      of: (0..<context.outputs).map { Comoments(ofSums: sums[5 * $0..<5 * $0 + 5], count: count) })
  }

  private func result(of outputs: [Comoments]) -> MetricResult {
    guard let count = outputs.first?.count, count > 0 else { return context.withoutSamples }
    guard count > 1 else { return .undefined("it needs two samples, and '\(context.part)' has \(count)") }
    var sum = 0.0
    for (column, output) in outputs.enumerated() {
      let which = outputs.count == 1 ? "" : " of output \(context.names[column])"
      guard output.targetSquares > 0 else {
        return .undefined("all targets\(which) of '\(context.part)' are equal, and it needs different ones")
      }
      guard let value = Self.value(.init(comoments: output)) else {
        return .undefined("all predictions\(which) for '\(context.part)' are equal, and it needs different ones")
      }
      sum += value
    }
    return sum.isFinite ? .value(sum / Double(outputs.count)) : .undefined("the values are too large for it")
  }
}

/// Pearson's correlation; SciPy's `pearsonr`.
public struct PearsonCorrelation: CorrelationMetric {
  /// `pearson`.
  public static let name = "pearson"
  /// What `fusionkit list` says.
  public static let summary = "linear correlation of predictions and targets, by Pearson"
  /// The samples it is computed on.
  public let context: MetricContext
  /// What was seen.
  public var seen = OutputComoments()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }

  /// Of one output.
  public static func value(_ output: OutputComoments.Output) -> Double? {
    let it = output.comoments
    guard it.predictionSquares > 0 else { return nil }
    return min(max(it.products / it.targetSquares.squareRoot() / it.predictionSquares.squareRoot(), -1), 1)
  }
}

/// How close predictions are to the line y = x: 2 S_xy / (S_xx + S_yy + N (x̄ − ȳ)²), with sums of squares around the means
/// (L. I. Lin, Biometrics 1989). 0 where every prediction is the same.
public struct ConcordanceCorrelation: CorrelationMetric {
  /// `concordance_correlation`.
  public static let name = "concordance_correlation"
  /// What `fusionkit list` says.
  public static let summary = "agreement of predictions with targets, by Lin"
  /// The samples it is computed on.
  public let context: MetricContext
  /// What was seen.
  public var seen = OutputComoments()
  /// No samples yet.
  public init(_ context: MetricContext) { self.context = context }

  /// Of one output.
  public static func value(_ output: OutputComoments.Output) -> Double? {
    let it = output.comoments
    let shift = it.targetMean - it.predictionMean
    return 2 * it.products / (it.targetSquares + it.predictionSquares + Double(it.count) * shift * shift)
  }
}
