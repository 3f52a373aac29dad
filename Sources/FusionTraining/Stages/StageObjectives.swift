import FusionConfig
import FusionCore
import FusionData

/// Where a step stands in its stage.
struct StepPlace {
  /// From 0.
  let epoch: Int
  /// How many are planned.
  let epochs: Int
  /// From 0, counted over all epochs.
  let step: Int
}

/// The objectives of a stage that names some, over the steps of the whole pipeline.
struct StageObjectives {
  private let list: ObjectiveList
  private let bench: TrainingContext
  private let parts: [PipelinePart]
  private let hasAdjustments: Bool
  /// Those of the training, for teachers.
  private let transforms: SampleTransforms?

  /// Makes the objectives' parameters in `store`; nil where the stage minimises the task's loss alone.
  init?(_ bench: TrainingContext, _ stage: Stage, store: ParameterStore) {
    guard let objectives = stage.objectives else { return nil }
    self.bench = bench
    let context = BuildContext(store: store, device: bench.device, seed: stage.seed)
    list = ObjectiveList(objectives, model: bench.modelShapes, context: context)
    parts = bench.experiment.pipeline.parts
    transforms = bench.experiment.transforms.made(for: bench.pipeline.sampleShapes, seed: stage.seed)
    hasAdjustments = objectives.contains { !$0.traits.adjusts.isEmpty }
  }

  /// Fusion, decoder and all objectives over the features of a batch.
  ///
  /// - Parameter rows: of the samples in the data set's arrays.
  func result(
    _ features: Features, _ batch: Batch, rows: [Int], _ pass: ForwardPass, at place: StepPlace
  ) throws -> StepResult {
    let (pipeline, taskLoss, device) = (bench.pipeline, bench.objective, bench.device)
    let fused = try pipeline.fuse(features, pass)
    let output = try pipeline.decode(fused: fused, pass)
    let all = Array(0..<batch.count)
    let step = TrainingStep(
      features: features, fused: fused, sideOutputs: pass.sideOutputs, output: output,
      targets: taskLoss.targets(of: batch, device), rows: rows, epoch: place.epoch, epochs: place.epochs,
      step: place.step, pass: pass,
      taskLoss: { taskLoss.loss($0, batch, $1 ?? all, device) },
      reportedTaskLoss: { taskLoss.told($0, batch, $1 ?? all, device) },
      decode: { features, pass throws(PipelineError) in try pipeline.decode(features, pass) },
      teacher: { [teachers = bench.teachers, transforms] run throws(PipelineError) in
        guard let teacher = teachers[run] else {
          throw PipelineError(problems: [
            Problem(
              "an objective asks for the teacher '\(run)', which its traits do not name",
              hint: "a bug of that objective")
          ])
        }
        return try teacher.pass(rows: rows, transforms: transforms?.at(epoch: place.epoch))
      })
    let losses = try list.loss(step)
    var result = StepResult(loss: losses.total, told: losses.reported, output: output)
    result.values = losses.values.map { ($0.name, $0.value, $0.samples) }
    guard hasAdjustments else { return result }
    result.adjust = { [list, parts] in
      try list.adjust(PartGradients(pipeline.store, parts: parts), step).map { ($0.name, $0.value, $0.samples) }
    }
    return result
  }
}

extension TaskLoss {
  fileprivate func targets(of batch: Batch, _ device: Device) -> StepTargets {
    switch loss {
    case .crossEntropy: .classes(batch.classes)
    case .binaryCrossEntropy: .flags(batch.targets(device: device)!)
    case .squared, .absolute, .huber: .values(batch.targets(device: device)!)
    }
  }
}

extension TrainingContext {
  /// What objectives are made for.
  var modelShapes: ModelShapes {
    ModelShapes(
      features: zip(pipeline.modalities, pipeline.featureShapes).map { ModalityShape($0, $1) }, fused: pipeline.fused,
      output: pipeline.output, task: experiment.task.kind)
  }
}

extension Stage {
  /// What is minimised, and what changes gradients; nil: the stage's own word says it.
  var objectives: [ConfiguredObjective]? { settings.objectives?.map(\.objective) }

  /// In words: `task + 0.5 · unimodal, with ogm_ge`.
  var objectivesDescription: String? { objectives?.description }
}

extension Experiment {
  /// What objectives refuse of a model, each at its entry.
  func objectiveProblems(_ model: ModelShapes) -> [Problem] {
    var seen: [[ObjectiveSettings]] = []
    return stages.flatMap { stage -> [Problem] in
      guard let settings = stage.settings.objectives, !seen.contains(settings) else { return [] }
      seen.append(settings)
      let path = settings == training.objectives ? ["training", "objective"] : stage.path("objective")
      return settings.enumerated().flatMap { index, entry in
        entry.objective.problems(of: model).map { problem in
          Problem(path: path + ["\(index)"] + problem.path, problem.message, hint: problem.hint)
        }
      }
    }
  }
}
