import FusionConfig
import FusionCore
import FusionData
import FusionMetrics

/// A stage of a run: what it trains, how, and by which objective. A training without `stages:` is a single stage that
/// trains everything.
struct Stage {
  /// Counted from 0.
  let index: Int
  /// What the configuration says; nil: the training has no stages.
  let stage: StageSettings?
  /// Epochs, optimizer, schedule.
  let settings: TrainingSettings
  /// What the order of samples and all random numbers of the stage's passes derive from.
  let seed: UInt64
  /// The parts that are not trained.
  let frozen: [PipelinePart]

  /// Nil where the training has no stages.
  var name: String? { stage?.name }
  /// In front of what is told of an epoch.
  var prefix: String { name.map { "\($0) " } ?? "" }
  var objective: StageObjective { stage?.objective ?? .task }
  /// Samples in a step of evaluation.
  var evaluationBatchSize: Int { settings.evaluateBatchSize ?? settings.batchSize }

  /// Whether every encoder of `specification` is frozen, so that encodings never change.
  func freezesEncoders(of specification: PipelineSpecification) -> Bool {
    specification.branches.allSatisfy { frozen.contains(.encoder($0.name)) }
  }

  /// The places of the encoders that are trained.
  func trainedEncoders(of specification: PipelineSpecification) -> [Int] {
    specification.branches.indices.filter { !frozen.contains(.encoder(specification.branches[$0].name)) }
  }

  /// Lets the optimizer have the parameters of the trained parts alone.
  func freeze(_ store: ParameterStore) {
    for parameter in store.parameters where parameter.role == .weight {
      parameter.isTrainable = !frozen.contains { $0.owns(parameter.name) }
    }
  }

  /// The metrics that an epoch of the stage can have, in training and in validation, without `train.` and `validation.`.
  func metricNames(_ objective: TaskLoss, modalities: [String]) -> (train: [String], validation: [String]) {
    let available = objective.metrics.available.map { $0.name }
    let accuracy = available.filter { $0 == Accuracy.name }
    switch self.objective {
    case .task:
      let losses = (objectives ?? []).filter(\.traits.hasLoss).map(\.name)
      return (["loss"] + losses + accuracy, available)
    case .reconstruction:
      let names = ["loss"] + modalities.map { "mse_\($0)" }
      return (names, names)
    case .unimodal:
      func each(_ names: [String]) -> [String] { names + modalities.flatMap { name in names.map { "\($0)_\(name)" } } }
      return (each(["loss"] + accuracy), each(available))
    }
  }

  /// A place in the configuration: one of the stage's own keys, or of `training:`.
  func path(_ keys: String...) -> [String] {
    ["training"] + (stage == nil ? [] : ["stages", "\(index)"]) + keys
  }

  /// For the log: `stage 2 of 3, 'classifier': trains fusion, decoder by the task`.
  func title(of count: Int) -> String? {
    guard let stage else { return nil }
    let how =
      switch stage.objective {
      case .task: objectivesDescription ?? "the task"
      case .reconstruction: "reconstruction"
      case .unimodal: "the task, each encoder alone"
      }
    return "stage \(index + 1) of \(count), '\(stage.name)': trains "
      + stage.parts.map(\.name).joined(separator: ", ") + " by \(how)"
  }
}

extension Experiment {
  /// The stages of the training, one where the configuration has none.
  var stages: [Stage] {
    guard !training.stages.isEmpty else {
      return [Stage(index: 0, stage: nil, settings: training, seed: seed, frozen: training.groups.frozenParts)]
    }
    return training.stages.enumerated().map { index, stage in
      Stage(
        index: index, stage: stage, settings: stage.training,
        seed: RandomStream(seed: seed).derived("stages").derived(index).key,
        frozen: pipeline.parts.filter { !stage.parts.contains($0) })
    }
  }
}

extension TrainingContext {
  /// What a stage computes.
  func work(for stage: Stage, run: RunFolder, progress: any ProgressReporter, stop: StopFlag) -> any StageWork {
    switch stage.objective {
    case .reconstruction: ReconstructionWork(self, stage, progress: progress)
    case .unimodal: UnimodalWork(self, stage, progress: progress)
    case .task where stage.freezesEncoders(of: experiment.pipeline):
      FrozenEncodersWork(self, stage, run: run, progress: progress, stop: stop)
    case .task: TaskWork(self, stage, progress: progress)
    }
  }

  /// The part that a run learns from; its presence was checked when the bench was made.
  var train: DataSplit { data.train! }
}
