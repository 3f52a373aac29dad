import FusionConfig
import FusionCore
import FusionData

/// What a run predicted for the test part, as its `predictions.csv` tells.
public struct TestPredictions: Sendable {
  /// What the samples are called: their ids, or their rows in the data set's arrays.
  let ids: [String]
  /// What is right, in words.
  let labels: [String]
  /// What was predicted, in words.
  let predictions: [String]
  /// What the samples have in common with others, such as a recording, in words; nil: each stands for itself.
  let groups: [String]?
  /// The file, for messages.
  let file: String

  /// Reads the predictions of a finished run.
  ///
  /// - Throws: `DataError` where the file is missing, or holds no labels.
  public init(of run: RunFolder) throws(DataError) {
    file = run.predictions
    let table = try CSV(opening: file, header: .yes)
    func column(_ name: String) -> Int? { table.header?.firstIndex(of: name) }
    guard let id = column("id"), let label = column("label"), let prediction = column("prediction") else {
      throw DataError(file, "lacks a column", expected: "id, label and prediction")
    }
    func text(_ column: Int) throws(DataError) -> [String] {
      try table.text(column: column).map(CellText.unguarded)
    }
    ids = try text(id)
    labels = try text(label)
    predictions = try text(prediction)
    groups = try column("group").map(text)
  }

  private init(ids: [String], labels: [String], predictions: [String], groups: [String]?, file: String) {
    (self.ids, self.labels, self.predictions, self.groups, self.file) = (ids, labels, predictions, groups, file)
  }

  /// The predictions for some samples only, in their order.
  ///
  /// - Throws: `DataError` where one of them is not among those predicted for.
  func restricted(to chosen: [String]) throws(DataError) -> TestPredictions {
    if chosen == ids { return self }
    let places = Dictionary(ids.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let rows = chosen.compactMap { places[$0] }
    guard rows.count == chosen.count else {
      throw DataError(file, "tells of other samples than the other runs", expected: "runs over the same test part")
    }
    return TestPredictions(
      ids: chosen, labels: rows.map { labels[$0] }, predictions: rows.map { predictions[$0] },
      groups: groups.map { groups in rows.map { groups[$0] } }, file: file)
  }

  /// What the predictions add to the sums of a metric, group by group; nil where the metric cannot be computed from
  /// predictions alone, as losses and areas under curves.
  ///
  /// - Parameters:
  ///   - task: what the predictions are of.
  ///   - classes: the names of the classes or labels.
  /// - Throws: `DataError` where the file holds what is no prediction of the task.
  func sums(
    metric: any Metric.Type, task: MetricTask, classes: [String]
  ) throws(DataError) -> GroupedSums? {
    guard let metric = metric as? any DecomposableMetric.Type,
      !metric.inputs.isDisjoint(with: task.inputsOfPredictions), let samples = try samples(task, classes)
    else { return nil }
    let context = MetricContext(task, outputs: samples.outputs, names: classes, part: "test")
    return GroupedSums(samples, metric.init(context), groups: numberedGroups)
  }

  /// What the file says, as metrics take it; nil where its labels are no targets of the task.
  private func samples(_ task: MetricTask, _ classes: [String]) throws(DataError) -> MetricSamples? {
    let numbers = Dictionary(classes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    func predicted<Prediction>(_ predictions: [Prediction]?) throws(DataError) -> [Prediction] {
      guard let predictions else { throw DataError(file, "holds what is no prediction of this task") }
      return predictions
    }
    switch task {
    case .classification:
      guard let known = Self.numbered(labels, numbers) else { return nil }
      return .classes(
        try predicted(Self.numbered(predictions, numbers)), targets: known, classes: classes.count)
    case .multilabel:
      func flags(_ sets: [Set<Int>]) -> [Bool] { sets.flatMap { set in classes.indices.map(set.contains) } }
      guard let known = Self.sets(labels, numbers) else { return nil }
      return .labels(
        flags(try predicted(Self.sets(predictions, numbers))), targets: flags(known), labels: classes.count)
    case .regression:
      guard let targets = Self.values(labels), let width = targets.first?.count, width > 0 else { return nil }
      let values = try predicted(Self.values(predictions))
      guard values.first?.count == width else { throw DataError(file, "holds what is no prediction of this task") }
      return .values(values.flatMap { $0 }, targets: targets.flatMap { $0 }, outputs: width)
    }
  }

  /// The groups as numbers, in the order in which they first occur.
  private var numberedGroups: [Int]? {
    guard let groups else { return nil }
    var numbers: [String: Int] = [:]
    return groups.map { name in
      let next = numbers.count
      return numbers[name]
        ?? {
          numbers[name] = next; return next
        }()
    }
  }

  private static func numbered(_ words: [String], _ numbers: [String: Int]) -> [Int]? {
    let result = words.compactMap { numbers[$0] }
    return result.count == words.count ? result : nil
  }

  private static func sets(_ words: [String], _ numbers: [String: Int]) -> [Set<Int>]? {
    let result = words.compactMap { words in
      numbered(CellText.names(words), numbers).map(Set.init)
    }
    return result.count == words.count ? result : nil
  }

  private static func values(_ words: [String]) -> [[Double]]? {
    let result = words.map { $0.split(separator: " ").compactMap { Double($0) } }
    return Set(result.map(\.count)).count == 1 ? result : nil
  }
}
