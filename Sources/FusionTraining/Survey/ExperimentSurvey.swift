import FusionConfig
import FusionCore
import FusionData
import Foundation

/// What is wrong with an experiment, as far as can be told within a moment: without training, and without reading whole
/// data sets.
public struct ExperimentSurvey: Sendable {
  /// Everything that was found, each at its key.
  public internal(set) var problems: [Problem] = []
  /// Why data were not looked at, in words; nil: they were.
  public internal(set) var unchecked: String?
}

extension Experiment {
  /// Looks at what the configuration says, and at the headers of the data's files where they are there: names of files,
  /// members and columns, shapes, the task, class weights, metrics that are watched.
  ///
  /// - Throws: `ConfigError` for what is wrong with the cut into parts.
  public func survey() throws -> ExperimentSurvey {
    guard let format = data.dataset as? any DatasetFormat.Type else { return ExperimentSurvey() }
    return try ReadingDepth.headersOnly { try survey(of: format) }
  }

  private func survey<Format: DatasetFormat>(of format: Format.Type) throws -> ExperimentSurvey {
    let configuration = data.configuration as! Format.Configuration
    var survey = ExperimentSurvey()
    if let root = data.root, !isFolder(root) {
      if let nearest = nearestPath(to: root), isFolder(nearest) {
        survey.problems.append(
          Problem(path: ["data", "root"], "there is no folder '\(root)': did you mean '\(nearest)'?"))
      }
      survey.unchecked = "there is no folder \(root)"
    } else {
      survey.unchecked =
        format.absence(configuration, root: data.root) ?? format.large(configuration, root: data.root)
    }
    guard survey.unchecked == nil else {
      survey.problems += declaredProblems(format, configuration)
      return survey
    }
    let modalities = pipeline.branches.map { $0.name }
    survey.problems = format.misnamed(configuration, root: data.root, modalities: modalities)
    do {
      survey.problems += try problems(of: openData(root: data.root))
    } catch let error as ConfigError {
      // At its place already: files, or folds that cannot be cut.
      if survey.problems.isEmpty { throw error }
      survey.problems += declaredProblems(format, configuration)
    } catch let error as DataError {
      if survey.problems.isEmpty { survey.problems = Self.problems(of: error) }
      survey.problems += declaredProblems(format, configuration)
    }
    return survey
  }

  private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  private static func problems(of error: DataError) -> [Problem] {
    error.problems.map { problem in
      Problem(
        path: ["data", "root"], "\(problem.file): \(problem.reason)", hint: problem.expected.map { "expected: \($0)" })
    }
  }

  /// What can be told without the data.
  private func declaredProblems<Format: DatasetFormat>(
    _ format: Format.Type, _ configuration: Format.Configuration
  ) -> [Problem] {
    let classes = data.classes?.count ?? format.declaredClasses(configuration)?.count
    let (objective, found) = objective(classes: classes, counts: nil)
    guard let inputs = format.declaredArrays(configuration) else {
      return found + demands(objective, layers: []) + initialProblems(nil) + teacherProblems(train: nil)
    }
    var output: Shape?
    if case .classification = task { output = classes.map { [$0] } }
    let (layers, shapes) = layers(inputs, output)
    return found + shapes + demands(objective, layers: layers)
      + initialProblems(shapes.isEmpty ? output.map { (inputs, $0) } : nil) + teacherProblems(train: nil)
  }

  /// What does not suit opened data.
  private func problems(of opened: Dataset) throws -> [Problem] {
    let train = try opened.split(.train)
    do throws(PipelineError) {
      try task.check(train, readsTargetType: data.readsTargetType)
    } catch {
      // Of data that do not suit the task, everything else is misleading.
      return error.problems
    }
    let prepared = try self.prepared(opened, classes: data.classes)
    let part = try prepared.split(.train)
    let (objective, found) = objective(
      classes: part.classNames.count, counts: part.classCounts.isEmpty ? nil : part.classCounts)
    let (layers, shapes) = layers(part.descriptions, part.targets.map { [$0.width] })
    return found + shapes
      + demands(objective, layers: layers, train: part, hasValidation: prepared.validation != nil)
      + teacherProblems(train: part)
      + initialProblems(
        shapes.isEmpty ? part.targets.map { (inputs: part.descriptions, output: [$0.width]) } : nil)
  }

  private func objective(classes: Int?, counts: [Int]?) -> (TaskLoss, [Problem]) {
    var objective: TaskLoss
    var problems: [Problem] = []
    do throws(PipelineError) {
      // Counts that are not known, and not asked for either.
      objective = try task.objective(
        classes: classes ?? 0, counts: counts ?? classes.map { .init(repeating: 1, count: $0) } ?? [])
    } catch {
      objective = TaskLoss(loss: .crossEntropy(weights: nil, smoothing: 0))
      if classes != nil { problems = error.problems }
    }
    objective.metrics = TaskMetrics(self)
    return (objective, problems)
  }

  private func layers(_ inputs: [String: ArrayDescription], _ output: Shape?) -> ([ModelSummary.Layer], [Problem]) {
    let missing = pipeline.branches.filter { inputs[$0.name] == nil }.map { branch in
      Problem(
        path: ["modalities", branch.name], "the data set '\(data.dataset.name)' has no array '\(branch.name)'",
        hint: "it has: \(inputs.keys.sorted().joined(separator: ", "))")
    }
    let inferred = pipeline.infer(inputs: inputs, output: output)
    let features = zip(pipeline.branches, inferred.features).compactMap { branch, shape in
      shape.map { ModalityShape(branch.name, $0) }
    }
    var refused: [Problem] = []
    if let fused = inferred.fused, let output, features.count == pipeline.branches.count {
      refused = objectiveProblems(ModelShapes(features: features, fused: fused, output: output, task: task.kind))
    }
    return (
      inferred.summary.layers, missing + inferred.summary.problems + refused + transformProblems(inputs)
    )
  }

  private func demands(
    _ objective: TaskLoss, layers: [ModelSummary.Layer], train: DataSplit? = nil, hasValidation: Bool? = nil
  ) -> [Problem] {
    var demands = StageDemands(
      specification: pipeline, layers: layers, objective: objective, train: train, hasValidation: hasValidation)
    let rows = pipeline.parts.map { part in layers.filter { $0.name == part.name || part.owns($0.name) } }
    // A part whose shapes are not known has no row.
    if rows.allSatisfy({ !$0.isEmpty }) {
      let counts = Dictionary(
        uniqueKeysWithValues: zip(pipeline.parts, rows.map { $0.reduce(0) { $0 + $1.parameters } }))
      demands.trainable = { counts[$0] ?? 0 }
    }
    return objective.metrics.problems(of: stages) + stages.flatMap { demands.problems(of: $0) }
  }
}
