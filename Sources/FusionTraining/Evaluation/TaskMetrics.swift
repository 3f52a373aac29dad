import FusionConfig
import FusionCore
import FusionData
import FusionMetrics

/// The metrics of a task: those that reports hold, and those that can be asked for.
public struct TaskMetrics: Sendable {
  /// What the model is asked for.
  public let task: MetricTask
  /// All that suit the task, the usual ones first.
  public let available: [any Metric.Type]
  /// What a report holds, in order: the usual ones, then those that were asked for.
  public private(set) var reported: [any Metric.Type]
  /// All that are known, of any task.
  private let known: [any Metric.Type]

  /// The usual metrics of a task.
  ///
  /// - Parameter registered: further ones that may be asked for.
  public init(_ task: MetricTask, registered: [any Metric.Type] = []) {
    let standard = StandardMetrics.all
    let names = Set(standard.map { $0.name })
    self.task = task
    known = standard + registered.filter { !names.contains($0.name) }
    reported = StandardMetrics.usual(for: task)
    let usual = Set(reported.map { $0.name })
    available = reported + known.filter { $0.suits(task) && !usual.contains($0.name) }
  }

  /// The metrics of an experiment: what its training asks for and watches is reported beside the usual ones.
  public init(_ experiment: Experiment) {
    self.init(experiment.task.metricTask, registered: experiment.metrics)
    let modalities = experiment.pipeline.branches.map { $0.name }
    for stage in experiment.stages {
      for name in stage.settings.metrics { report(name) }
      let settings = stage.settings
      let watched = [settings.monitor, settings.earlyStopping?.metric, settings.schedule.watchedMetric?.metric]
      for case let name? in watched where name.hasPrefix("validation.") {
        if let type = type(ofColumn: String(name.dropFirst("validation.".count)), modalities) { report(type.name) }
      }
    }
  }

  /// The names of those that reports hold.
  public var reportedNames: [String] { reported.map { $0.name } }

  /// Lets reports hold one more of ``available``; another name, or one that they hold, changes nothing.
  public mutating func report(_ name: String) {
    guard !reported.contains(where: { $0.name == name }), let type = available.first(where: { $0.name == name }) else {
      return
    }
    reported.append(type)
  }

  /// What is wrong with a name that should be one of ``available``; nil: it is.
  public func problem(with name: String) -> (message: String, hint: String)? {
    guard !available.contains(where: { $0.name == name }) else { return nil }
    let hint = "available: \(available.map { $0.name }.joined(separator: ", "))"
    if let other = known.first(where: { $0.name == name }) {
      let inputs = other.inputs.map(\.rawValue).sorted().joined(separator: " or ")
      return ("the metric '\(name)' needs \(inputs), which \(task.withArticle) task does not give", hint)
    }
    let nearest = nearestSpelling(of: name, among: available.map { $0.name })
    return ("there is no metric '\(name)' for this task" + (nearest.map { ": did you mean '\($0)'?" } ?? ""), hint)
  }

  /// Whether a larger or a smaller value of a column of `history.csv` is better: `accuracy`, `mse_image`; nil: it is of no
  /// metric that is known.
  public func direction(ofColumn column: String, modalities: [String]) -> MetricDirection? {
    let column = column.split(separator: ".").last.map(String.init) ?? column
    return type(ofColumn: column, modalities)?.direction
  }

  /// The metric that has to be reported for there to be a column; nil where it is, or where there is none.
  fileprivate func unreported(_ column: String, modalities: [String]) -> String? {
    guard let name = type(ofColumn: column, modalities)?.name, available.contains(where: { $0.name == name }),
      !reportedNames.contains(name)
    else { return nil }
    return name
  }

  /// The metric of a column, which may be that of one modality.
  private func type(ofColumn column: String, _ modalities: [String]) -> (any Metric.Type)? {
    if let type = known.first(where: { $0.name == column }) { return type }
    return modalities.lazy.filter { column.hasSuffix("_\($0)") }
      .compactMap { modality in known.first { $0.name == column.dropLast(modality.count + 1) } }.first
  }
}

extension TaskMetrics {
  /// Everything that is wrong with the keys `metrics` of a training and its stages.
  func problems(of stages: [Stage]) -> [Problem] {
    var told: Set<String> = []
    return stages.flatMap { stage in
      stage.settings.metrics.enumerated().compactMap { index, name in
        guard let problem = problem(with: name), told.insert(name).inserted else { return nil }
        return Problem(path: stage.path("metrics", "\(index)"), problem.message, hint: problem.hint)
      }
    }
  }

  /// The results of all reported metrics for samples that are there at once.
  func report(of samples: MetricSamples, _ split: DataSplit) -> MetricReport {
    var collection = MetricCollection(reported, context(samples.outputs, split))
    collection.add(samples)
    return collection.report
  }

  /// Why a metric has no value on a part of the data, whatever a model says; nil where it has one.
  ///
  /// - Throws: `DataError` where targets cannot be read.
  func reasonWhyUndefined(_ name: String, on split: DataSplit) throws(DataError) -> String? {
    // A loss there always is.
    guard let type = available.first(where: { $0.name == name }), type.inputs != [.loss],
      let targets = split.targets
    else { return nil }
    let width = targets.width
    let samples: MetricSamples
    switch targets {
    case .classes:
      samples = .logits(.init(repeating: 0, count: split.count * width), targets: split.labels, classes: width)
    case .flags(let array, _):
      let labels = try split.gathered(array, width).map { $0 > 0.5 }
      samples = .labelLogits(.init(repeating: 0, count: labels.count), targets: labels, labels: width)
    case .values(let array):
      let values = try split.gathered(array, width).map(Double.init)
      samples = .values(values, targets: values, outputs: width)
    }
    guard !type.inputs.isDisjoint(with: samples.inputs) else { return nil }
    return type.reasonWhyUndefined(samples.perfect, context(width, split))
  }

  private func context(_ outputs: Int, _ split: DataSplit) -> MetricContext {
    MetricContext(task, outputs: outputs, names: split.classNames, part: split.name)
  }
}

extension DataSplit {
  /// The values of the part's rows of an array, `[N, width]`.
  fileprivate func gathered(_ array: StoredArray, _ width: Int) throws(DataError) -> [Float] {
    var values = [Float](repeating: 0, count: count * width)
    try values.withUnsafeMutableBufferPointer { buffer throws(DataError) in
      guard let base = buffer.baseAddress else { return }
      try array.gather(rows: rows[...], into: base)
    }
    return values
  }
}

extension Experiment {
  /// The experiment, its reports holding the metric of a column too; itself where they do, or where there is no such metric.
  ///
  /// - Parameter registry: the one that the experiment was read with.
  public func measuring(_ column: String, registry: Registry) throws(ConfigError) -> Experiment {
    let metrics = TaskMetrics(self)
    guard let name = metrics.unreported(column, modalities: pipeline.branches.map { $0.name }) else { return self }
    return try adding(metrics: [name], registry: registry)
  }
}

extension TaskSettings {
  /// As metrics know it.
  public var metricTask: MetricTask {
    switch self {
    case .classification: .classification
    case .multilabel: .multilabel
    case .regression: .regression
    }
  }
}

extension MetricTask {
  /// In a sentence: `a regression`.
  fileprivate var withArticle: String { "a " + rawValue }
}
