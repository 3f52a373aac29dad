import FusionCore
import FusionData
import Foundation

/// What a task asks of a model's output: how wrong it is, and how good by all metrics.
struct Objective {
  /// The function that training minimises.
  enum Loss {
    case crossEntropy(weights: [Float]?, smoothing: Double)
    /// With the probability from which a label counts as predicted.
    case binaryCrossEntropy(threshold: Double)
    case squared
    case absolute
    case huber(delta: Double)
  }
  let loss: Loss
  /// What standardises the targets of a regression; nil: they are taken as they are.
  var targets: Standardiser?

  /// How stored targets become those that the loss compares with.
  var targetConversion: ValueConversion { ValueConversion(features: targets?.scale) }

  /// The names that a report may hold.
  var metricNames: [String] {
    switch loss {
    case .crossEntropy: ClassificationMetrics.names
    case .binaryCrossEntropy: MultilabelMetrics.names
    case .squared, .absolute, .huber: RegressionMetrics.names
    }
  }

  /// The mean loss; shapes `[N, K]` to `[]`.
  ///
  /// - Parameters:
  ///   - classes: the class of each sample, for cross entropy.
  ///   - targets: `[N, K]`, for everything else.
  func loss(_ output: Tensor, classes: [Int], targets: Tensor?) -> Tensor {
    switch loss {
    case .crossEntropy(let weights, let smoothing):
      output.crossEntropy(classes, weights: weights, labelSmoothing: smoothing)
    case .binaryCrossEntropy: output.binaryCrossEntropy(targets!)
    case .squared: output.meanSquaredError(targets!)
    case .absolute: output.meanAbsoluteError(targets!)
    case .huber(let delta): output.huberLoss(targets!, delta: delta)
    }
  }

  /// All metrics of the model's outputs `[N, K]` for a whole part, the loss over all of it at once: nothing depends on how
  /// it was cut into batches. Of a regression on standardised targets they are those of the original units. Nil where the
  /// part has no targets.
  ///
  /// - Throws: `DataError` where targets cannot be read; ``NotFiniteError`` where finite outputs have a loss that is not.
  func report(_ output: Tensor, _ split: DataSplit) throws -> MetricReport? {
    guard var report = try measured(output, split) else { return nil }
    report.undefined = try undefined(in: report, on: split)
    return report
  }

  private func measured(_ output: Tensor, _ split: DataSplit) throws -> MetricReport? {
    func fill<Metrics: MetricAccumulator>(
      _ metrics: Metrics, _ outputs: [Float], _ targets: [Metrics.Target], _ loss: Double
    ) throws -> MetricReport {
      guard loss.isFinite else { throw NotFiniteError(lossOf: output, split) }
      var metrics = metrics
      metrics.add(outputs: outputs, targets: targets, loss: loss)
      return metrics.report
    }
    let width = output.shape[1...].reduce(1, *)
    switch (loss, split.targets) {
    case (.crossEntropy, .classes):
      let labels = split.labels
      return try fill(
        ClassificationMetrics(classes: width), output.scalars, labels,
        Double(loss(output, classes: labels, targets: nil).item))
    case (_, .flags(let array, _)), (_, .values(let array)):
      let targets = Tensor(
        shape: [split.count, width], storage: Storage(count: split.count * width), device: output.device)
      try array.gather(rows: split.rows[...], into: targets.storage.base, targetConversion)
      guard case .binaryCrossEntropy(let threshold) = loss else {
        // No metric depends on where zero is: misses are measured before the mean is added, where floats are finer.
        return try fill(
          RegressionMetrics(outputs: width), stretched(output).scalars, stretched(targets).scalars,
          told(output, targets: targets))
      }
      let mean = Double(loss(output, classes: [], targets: targets).item)
      // The metrics cut at a logit of 0: shift it to where the probability is at the threshold.
      let shift = Self.logit(threshold)
      return try fill(MultilabelMetrics(labels: width), output.scalars.map { $0 - shift }, targets.scalars, mean)
    default: return nil
    }
  }

  /// The logit of a probability, kept finite.
  static func logit(_ probability: Double) -> Float {
    let p = min(max(probability, 1e-7), 1 - 1e-7)
    return Float(log(p / (1 - p)))
  }
}

extension MetricReport {
  /// The finite values by name.
  public var values: MetricValues {
    Dictionary(
      entries.filter { $0.value.isFinite }.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
  }
}

/// The place of the largest value of each row, the first of equals, as `torch.argmax`.
func argmaxOfRows(_ values: UnsafeMutableBufferPointer<Float>, width: Int) -> [Int] {
  stride(from: 0, to: values.count, by: max(width, 1)).map { start in
    var best = 0
    for column in 1..<max(width, 1) where values[start + column] > values[start + best] { best = column }
    return best
  }
}
