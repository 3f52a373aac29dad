import FusionCore

/// Several metrics over the same samples.
public struct MetricCollection: Sendable {
  private let context: MetricContext
  private var metrics: [any Metric]
  private var confusion: ConfusionMatrix?
  private var labels: [ClassCounts]

  /// Metrics that have seen nothing; those that need what the task does not offer are left out.
  public init(_ types: [any Metric.Type], _ context: MetricContext) {
    self.context = context
    metrics = types.filter { $0.suits(context.task) }.map { $0.init(context) }
    confusion = context.task == .classification ? ConfusionMatrix(classes: context.outputs) : nil
    labels = context.task == .multilabel ? Array(repeating: ClassCounts(), count: context.outputs) : []
  }

  /// Takes a batch; metrics that need what it does not offer do not see it.
  public mutating func add(_ samples: MetricSamples) {
    for place in metrics.indices where !type(of: metrics[place]).inputs.isDisjoint(with: samples.inputs) {
      metrics[place].add(samples)
    }
    for (prediction, target) in zip(samples.predictedClasses, samples.classes) {
      confusion?.add(predicted: prediction, target: target)
    }
    guard !labels.isEmpty else { return }
    for (place, (prediction, target)) in zip(samples.predictedLabels, samples.labels).enumerated() {
      labels[place % labels.count].add(predicted: prediction, target: target)
    }
  }

  /// The results of all batches so far.
  public var report: MetricReport {
    MetricReport(
      metrics.map { (type(of: $0).name, $0.result) }, confusion: confusion,
      perClass: confusion?.perClass ?? labels)
  }
}

extension Metric {
  /// Whether an evaluated model of this task offers what the metric needs.
  public static func suits(_ task: MetricTask) -> Bool { !inputs.isDisjoint(with: task.inputs) }
}
