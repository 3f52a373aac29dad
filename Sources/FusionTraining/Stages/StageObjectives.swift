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
  /// The stage's name; nil: the training has no stages.
  var stage: String?
}

/// The objectives of a stage that names some, over the steps of the whole pipeline.
struct StageObjectives {
  private let list: ObjectiveList
  private let bench: TrainingContext
  private let parts: [PipelinePart]
  private let hasAdjustments: Bool
  private let needsValidation: Bool
  /// Samples in a step.
  private let batchSize: Int
  /// The objectives' parameters and buffers.
  private let store: ParameterStore
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
    needsValidation = objectives.contains { $0.traits.needsValidation }
    batchSize = stage.settings.batchSize
    self.store = store
  }

  /// Fusion, decoder and all objectives over the features of a batch.
  ///
  /// - Parameter rows: of the samples in the data set's arrays.
  func result(
    _ features: Features, _ batch: Batch, rows: [Int], _ pass: ForwardPass, at place: StepPlace
  ) throws -> StepResult {
    let step = try step(features, batch, rows: rows, pass, at: place)
    let losses = try list.loss(step)
    var result = StepResult(loss: losses.total, told: losses.reported, output: step.output)
    result.values = losses.values.map { ($0.name, $0.value, $0.samples) }
    guard hasAdjustments else { return result }
    result.separate = losses.separate
    result.adjust = { [list, parts, model = bench.pipeline.store] separate in
      try list.adjust(PartGradients(model, parts: parts), separate: separate, step).map {
        ($0.name, $0.value, $0.samples)
      }
    }
    return result
  }

  /// Tells the objectives of the end of an epoch. Those that ask for it get their loss on the validation part: in evaluation
  /// mode, without transforms or modality dropout, in the part's order and in batches of the training's size, so that losses
  /// over the samples of a batch can be compared. What a loss writes into buffers there is taken back.
  ///
  /// - Parameters:
  ///   - training: the columns of the epoch, without `train.`.
  ///   - prepared: the part as it is read, and how its arrays are scaled.
  ///   - features: of a batch of that.
  func endEpoch(
    _ place: StepPlace, training: [String: Double], _ evaluator: Evaluator,
    prepared: (DataSplit) throws -> (DataSplit, [ValueConversion]),
    features: (Batch, ForwardPass) throws -> Features
  ) throws {
    var validation = RunningMetrics()
    if needsValidation, let split = bench.data.validation {
      let buffers = store.parameters.filter { $0.role == .buffer }
      let before = buffers.map(\.value.scalars)
      defer { for (buffer, values) in zip(buffers, before) { buffer.value.storage.copy(values) } }
      let (part, conversions) = try prepared(split)
      var done = 0
      let title = (place.stage.map { "\($0) " } ?? "") + "validation of objectives \(place.epoch + 1)/\(place.epochs)"
      try evaluator.forEachBatch(
        of: part, conversions, targets: bench.objective.targetConversion, size: batchSize, title: title
      ) { batch in
        let pass = ForwardPass.evaluation(device: bench.device)
        let rows = Array(split.rows[done..<done + batch.count])
        done += batch.count
        let step = try step(features(batch, pass), batch, rows: rows, pass, at: place)
        for value in try list.validation(step) {
          guard value.value.isFinite else {
            throw NotFiniteError.objective(
              column: value.name, part: split.name, value: value.value.isNaN ? "NaN" : "\(value.value)")
          }
          validation.add(value.value, of: value.samples, to: value.name)
        }
      }
    }
    list.epochEnded(
      epoch: place.epoch, epochs: place.epochs, stage: place.stage, training: training, validation: validation.means)
  }

  private func step(
    _ features: Features, _ batch: Batch, rows: [Int], _ pass: ForwardPass, at place: StepPlace
  ) throws -> TrainingStep {
    let (pipeline, taskLoss, device) = (bench.pipeline, bench.objective, bench.device)
    let fused = try pipeline.fuse(features, pass)
    let output = try pipeline.decode(fused: fused, pass)
    let all = Array(0..<batch.count)
    return TrainingStep(
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
