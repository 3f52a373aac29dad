import FusionCore

/// The mean of the losses of batches, each weighted by its number of samples.
public struct Loss: Metric {
  /// `loss`.
  public static let name = "loss"
  /// What `fusionkit list` says.
  public static let summary = "mean loss of the task"
  /// Smaller is better.
  public static let direction = MetricDirection.lowerIsBetter
  /// The loss of each batch.
  public static let inputs: Set<MetricInput> = [.loss]

  private let context: MetricContext
  private var sum = 0.0
  private var samples = 0

  /// No batches yet.
  public init(_ context: MetricContext) { self.context = context }

  /// Takes a batch; one without a loss counts nothing.
  public mutating func add(_ batch: MetricSamples) {
    guard let loss = batch.loss else { return }
    sum += loss * Double(batch.count)
    samples += batch.count
  }

  /// Adds the other's sum.
  public mutating func merge(_ other: Loss) {
    sum += other.sum
    samples += other.samples
  }

  /// The mean over samples.
  public var result: MetricResult {
    samples == 0 ? .undefined("no loss was computed for '\(context.part)'") : .value(sum / Double(samples))
  }
}
