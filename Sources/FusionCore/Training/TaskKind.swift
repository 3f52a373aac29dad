/// What kind of task a pipeline solves: which targets a sample has.
public enum TaskKind: String, Sendable, CaseIterable, Codable {
  /// One class for each sample.
  case classification
  /// Any number of classes for each sample.
  case multilabel
  /// Values for each sample.
  case regression
}

/// The targets of a batch.
public enum StepTargets {
  /// The class of each sample.
  case classes([Int])
  /// Zeros and ones, `[N, labels]`.
  case flags(Tensor)
  /// The values of a regression, `[N, values]`, standardised where the task standardises its targets.
  case values(Tensor)

  /// The class of each sample; nil for other tasks.
  public var classes: [Int]? {
    if case .classes(let classes) = self { classes } else { nil }
  }
}
