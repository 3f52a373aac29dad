import FusionCore

/// The metrics of this package.
public enum StandardMetrics {
  /// All of them.
  public static let all: [any Metric.Type] = [
    Loss.self, Accuracy.self, SubsetAccuracy.self, BalancedAccuracy.self, Top3Accuracy.self, Top5Accuracy.self,
    F1Macro.self, F1Micro.self, F1Weighted.self, PrecisionMacro.self, PrecisionMicro.self, PrecisionWeighted.self,
    RecallMacro.self, RecallMicro.self, RecallWeighted.self, AUROC.self, AveragePrecision.self, CohensKappa.self,
    MatthewsCorrelation.self, LogLoss.self, BrierScore.self,
    ExpectedCalibrationError.self, MeanSquaredError.self, RootMeanSquaredError.self, MeanAbsoluteError.self,
    RSquared.self, PearsonCorrelation.self, SpearmanCorrelation.self, ConcordanceCorrelation.self,
  ]

  /// What a report holds without being asked, in order.
  public static func usual(for task: MetricTask) -> [any Metric.Type] {
    let averages: [any Metric.Type] = [
      F1Macro.self, F1Micro.self, F1Weighted.self, PrecisionMacro.self, RecallMacro.self, AUROC.self,
    ]
    return switch task {
    case .classification: [Loss.self, Accuracy.self] + averages
    case .multilabel: [Loss.self, SubsetAccuracy.self] + averages
    case .regression:
      [Loss.self, MeanSquaredError.self, RootMeanSquaredError.self, MeanAbsoluteError.self, RSquared.self]
    }
  }

  /// The names of those that short displays show, in order, as far as a task has them.
  public static let shownFirst = [Loss.name, Accuracy.name, RSquared.name]

  /// What a comparison of models is about without being asked.
  public static func main(for task: MetricTask) -> any Metric.Type {
    switch task {
    case .classification: Accuracy.self
    case .multilabel: F1Macro.self
    case .regression: RSquared.self
    }
  }
}

extension Registry {
  /// Enters all metrics of this package.
  public mutating func registerMetrics() throws(RegistryError) {
    for type in StandardMetrics.all { try register(type, origin: "FusionMetrics") }
  }
}
