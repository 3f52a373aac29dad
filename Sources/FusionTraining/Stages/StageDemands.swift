import FusionConfig
import FusionCore
import FusionData

/// What stages of training ask of the pipeline and the data: of metrics that are watched, that they exist, and their part of
/// the data too; of an epoch, that it has a batch; of a stage, that it trains something.
struct StageDemands {
  let specification: PipelineSpecification
  /// Those of the pipeline, as far as they are known.
  let layers: [ModelSummary.Layer]
  let objective: TaskLoss
  /// The training part; nil: not known.
  var train: DataSplit?
  /// Whether there is a validation part; nil: not known.
  var hasValidation: Bool?
  /// The validation part; nil: there is none, or it is not known.
  var validation: DataSplit?
  /// How many values of a part training may change; nil: not known.
  var trainable: ((PipelinePart) -> Int)?

  /// Everything that a stage asks for and does not get.
  func problems(of stage: Stage) -> [Problem] {
    emptyStage(stage) + watchedMetrics(stage) + validationLosses(stage) + (train.map { samples(stage, $0) } ?? [])
  }

  private func emptyStage(_ stage: Stage) -> [Problem] {
    guard let trainable else { return [] }
    guard let own = stage.stage else {
      guard !stage.frozen.isEmpty,
        specification.parts.allSatisfy({ stage.frozen.contains($0) || trainable($0) == 0 })
      else { return [] }
      return [
        Problem(path: stage.path("groups"), "nothing is trained: every part that has parameters is frozen")
      ]
    }
    guard own.parts.allSatisfy({ trainable($0) == 0 }) else { return [] }
    return [
      Problem(
        path: stage.path("train"),
        "the stage '\(own.name)' trains nothing: \(own.parts.map(\.name).joined(separator: ", ")) "
          + (own.parts.count == 1 ? "has" : "have") + " no parameters")
    ]
  }

  private func validationLosses(_ stage: Stage) -> [Problem] {
    guard hasValidation == false else { return [] }
    return (stage.objectives ?? []).enumerated().filter(\.element.traits.needsValidation).map { index, objective in
      Problem(
        path: stage.path("objective", "\(index)", "type"),
        "the objective '\(objective.name)' needs losses on a validation part, there is none",
        hint: "set data.validation above 0, or leave the objective out")
    }
  }

  private func watchedMetrics(_ stage: Stage) -> [Problem] {
    let settings = stage.settings
    var watched = [(stage.path("early_stopping", "metric"), settings.earlyStopping?.metric)]
    if settings.select == .best, hasValidation != false { watched.append((stage.path("monitor"), settings.monitor)) }
    watched.append((stage.path("schedule", "metric"), settings.schedule.watchedMetric?.metric))
    let encoders = stage.trainedEncoders(of: specification).map { specification.branches[$0].name }
    let names = stage.metricNames(objective, modalities: encoders)
    let known = names.validation.map { "validation.\($0)" } + names.train.map { "train.\($0)" }
    var problems: [Problem] = []
    for case (let path, let metric?) in watched {
      if !known.contains(metric) {
        let nearest = nearestSpelling(of: metric, among: known).map { ": did you mean '\($0)'?" } ?? ""
        problems.append(
          Problem(
            path: path,
            "there is no metric '\(metric)' for this \(stage.objective == .task ? "task" : "stage")\(nearest)",
            hint: "available: \(known.joined(separator: ", "))"))
      } else if hasValidation == false, metric.hasPrefix("validation.") {
        problems.append(
          Problem(
            path: path, "'\(metric)' needs a validation part, there is none",
            hint: "set data.validation above 0, or watch train.loss"))
      } else if stage.objective == .task, let problem = undefined(metric, path) {
        problems.append(problem)
      }
    }
    return problems
  }

  /// A metric that is watched on a part of which it cannot be told.
  private func undefined(_ metric: String, _ path: [String]) -> Problem? {
    let isOfTraining = metric.hasPrefix("train.")
    guard let part = isOfTraining ? train : validation, let name = metric.split(separator: ".").last,
      // Targets that cannot be read are told where they are needed.
      let reason = try? objective.metrics.reasonWhyUndefined(String(name), on: part)
    else { return nil }
    return Problem(
      path: path, "'\(metric)' is not defined: \(reason)",
      hint: "watch another metric" + (isOfTraining ? "" : ", or hold back more samples with data.validation"))
  }

  private func samples(_ stage: Stage, _ train: DataSplit) -> [Problem] {
    let settings = stage.settings
    let indices = stage.trainedEncoders(of: specification)
    var problems: [Problem] = []
    var count = train.count
    if stage.objective != .task, !indices.isEmpty {
      // Encoders that are trained alone see the samples that have their modality.
      count = train.choosing(indices).count
      for index in indices where train.choosing([index]).count == 0 {
        let name = specification.branches[index].name
        problems.append(
          Problem(
            path: stage.path("train"),
            "the encoder of '\(name)' cannot be trained alone: none of the \(train.count) training samples has '\(name)'",
            hint: "train on more samples (data.limit, data.validation), or leave it to a stage trained by the task"))
      }
    }
    if settings.dropLast, 1..<settings.batchSize ~= count {
      problems.append(
        Problem(
          path: stage.path("drop_last"),
          "no batch is left: \(count) training samples do not fill one of \(settings.batchSize)"))
    }
    // Of batches that are too small by their size alone, reading the configuration tells.
    for (index, objective) in (stage.objectives ?? []).enumerated()
    where count < objective.traits.fewestSamples && settings.batchSize >= objective.traits.fewestSamples {
      problems.append(
        Problem(
          path: stage.path("objective", "\(index)", "type"),
          "the objective '\(objective.name)' needs batches of \(objective.traits.fewestSamples) samples or more, there are "
            + "\(count) training samples"))
    }
    if min(settings.batchSize, count) == 1, let layer = lonelyNorms(stage).first {
      problems.append(
        Problem(
          path: stage.path("batch_size"),
          "the batch norm of '\(layer)' sees one value a channel: one sample in a batch, of one pixel; it would give zeros, "
            + "and learn a variance of 0",
          hint: "take a batch_size of 2 or more, a layer whose output is larger, or 'batch_norm: false'"))
    }
    return problems
  }

  /// The layers that a stage trains whose batch norm sees a single value a channel of a sample.
  private func lonelyNorms(_ stage: Stage) -> [String] {
    let trained = stage.trainedEncoders(of: specification).map { "encoders.\(specification.branches[$0].name)." }
    return layers.filter { layer in layer.normalised == 1 && trained.contains { layer.name.hasPrefix($0) } }.map(\.name)
  }

  /// What a stage does that is valid and not what one would want.
  func warnings(of stage: Stage) -> [String] {
    guard let count = train?.count else { return [] }
    let settings = stage.settings
    guard settings.batchSize > 1, count % settings.batchSize == 1, count > 1, !settings.dropLast,
      let layer = lonelyNorms(stage).first
    else { return [] }
    return [
      "the last batch of an epoch holds one sample, of which the batch norm of '\(layer)' sees one value a channel: "
        + "it gives zeros, and learns a variance of 0 from it; 'drop_last: true' leaves it out"
    ]
  }
}
