import FusionCore
import FusionData
import Foundation

/// The loss of a task over the output of a model, and its report: all metrics of a part of the data.
struct TaskLoss {
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

  /// What its reports hold, and what may be asked for.
  var metrics: TaskMetrics

  /// The usual metrics of what the loss is for.
  init(loss: Loss, targets: Standardiser? = nil) {
    self.loss = loss
    self.targets = targets
    let task: MetricTask =
      switch loss {
      case .crossEntropy: .classification
      case .binaryCrossEntropy: .multilabel
      case .squared, .absolute, .huber: .regression
      }
    metrics = TaskMetrics(task)
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
    guard let samples = try samples(output, split) else { return nil }
    guard samples.loss?.isFinite == true else { throw NotFiniteError(lossOf: output, split) }
    return metrics.report(of: samples, split)
  }

  private func samples(_ output: Tensor, _ split: DataSplit) throws -> MetricSamples? {
    let width = output.shape[1...].reduce(1, *)
    switch (loss, split.targets) {
    case (.crossEntropy, .classes):
      let labels = split.labels
      return .logits(
        output.scalars, targets: labels, classes: width,
        loss: Double(loss(output, classes: labels, targets: nil).item))
    case (_, .flags(let array, _)), (_, .values(let array)):
      let targets = Tensor(
        shape: [split.count, width], storage: Storage(count: split.count * width), device: output.device)
      try array.gather(rows: split.rows[...], into: targets.storage.base, targetConversion)
      guard case .binaryCrossEntropy(let threshold) = loss else {
        // No metric depends on where zero is: misses are measured before the mean is added, where floats are finer.
        return .values(
          stretched(output).scalars.map(Double.init), targets: stretched(targets).scalars.map(Double.init),
          outputs: width, loss: told(output, targets: targets))
      }
      return .labelLogits(
        output.scalars, targets: targets.scalars.map { $0 > 0.5 }, labels: width, cut: Self.logit(threshold),
        loss: Double(loss(output, classes: [], targets: targets).item))
    default: return nil
    }
  }

  /// The logit of a probability, kept finite.
  static func logit(_ probability: Double) -> Float {
    let p = min(max(probability, 1e-7), 1 - 1e-7)
    return Float(log(p / (1 - p)))
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
