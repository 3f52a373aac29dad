/// What training minimises, or how it changes gradients: one entry of `training.objective`.
///
/// An objective sees a whole training step. It may have a loss of its own, which is added to the others with the weight
/// that the configuration gives; it may change the gradients between the backward pass and clipping; or both.
///
/// Parameters are made in `context`: the optimizer trains them with the model's, checkpoints hold them, and
/// `model.safetensors` does not. State of its own is a buffer (`BuildContext.buffer(_:_:_:isNonNegative:)`): checkpoints
/// hold it too, so that a resumed run takes the same steps to the bit. Keep nothing in other variables from one step to the
/// next.
///
/// ```swift
/// public struct FeatureNormObjective: Objective {
///   public static let name = "feature_norm"
///   public static let summary = "the mean squared norm of all features"
///   public typealias Configuration = NoConfiguration
///   public static func traits(_ configuration: Configuration) -> ObjectiveTraits { ObjectiveTraits(trains: [.encoders]) }
///   public init(_ configuration: Configuration, model: ModelShapes, context: BuildContext) {}
///   public func loss(_ step: TrainingStep) -> ObjectiveLoss? {
///     let norms = step.features.vectors.map { $0.square().sum() / Float(step.count) }
///     return ObjectiveLoss(norms.dropFirst().reduce(norms[0]) { $0 + $1 })
///   }
/// }
/// ```
public protocol Objective: Component {
  /// What it does and what it needs; compared with the configuration before anything is built.
  static func traits(_ configuration: Configuration) -> ObjectiveTraits

  /// What does not suit a model, beyond what the traits say; paths are keys of this configuration.
  static func problems(_ configuration: Configuration, _ model: ModelShapes) -> [Problem]

  /// How many further passes through fusion and decoder a step takes.
  static func furtherPasses(_ configuration: Configuration, modalities: Int) -> Int

  /// The losses whose gradients it wants apart from all others, in ``adjust(_:_:)``: see ``ObjectiveLoss/separate``. Each
  /// costs a backward pass in every step, and memory for its gradients.
  static func separateLosses(_ configuration: Configuration, modalities: [String]) -> [String]

  /// Makes the parameters and buffers, after nothing was found wrong.
  init(_ configuration: Configuration, model: ModelShapes, context: BuildContext)

  /// The loss of a step; nil where it has none for this batch.
  ///
  /// - Throws: what a further pass throws.
  func loss(_ step: TrainingStep) throws(PipelineError) -> ObjectiveLoss?

  /// Changes the gradients of the model's parts, after the backward pass and before clipping.
  ///
  /// - Returns: values to report.
  /// - Throws: what a further pass throws.
  func adjust(_ gradients: PartGradients, _ step: TrainingStep) throws(PipelineError) -> [ObjectiveValue]

  /// Told at the end of every epoch, after its last step and before the checkpoint. It may change its buffers.
  func epochEnded(_ end: EpochEnd)
}

extension Objective {
  /// An objective.
  public static var kind: ComponentKind { .objective }
  /// Nothing beyond the traits.
  public static func problems(_ configuration: Configuration, _ model: ModelShapes) -> [Problem] { [] }
  /// None.
  public static func furtherPasses(_ configuration: Configuration, modalities: Int) -> Int { 0 }
  /// None.
  public static func separateLosses(_ configuration: Configuration, modalities: [String]) -> [String] { [] }
  /// None.
  public func loss(_ step: TrainingStep) throws(PipelineError) -> ObjectiveLoss? { nil }
  /// Leaves the gradients as they are.
  public func adjust(_ gradients: PartGradients, _ step: TrainingStep) throws(PipelineError) -> [ObjectiveValue] { [] }
  /// Changes nothing.
  public func epochEnded(_ end: EpochEnd) {}
}

/// What an objective declares about itself; checks before training follow from it, never from names.
public struct ObjectiveTraits: Sendable, Equatable {
  /// What a loss can train.
  public enum Part: String, Sendable, CaseIterable {
    /// The encoders of all modalities.
    case encoders
    /// The fusion.
    case fusion
    /// The decoder.
    case decoder
    /// The objective's own parameters.
    case own

    /// What a part of a pipeline counts as.
    public init(_ part: PipelinePart) {
      switch part {
      case .encoder: self = .encoders
      case .fusion: self = .fusion
      case .decoder: self = .decoder
      }
    }
  }

  /// The parts that its loss sends gradients to; empty: it has no loss, and takes no weight.
  public var trains: Set<Part>
  /// The parts of the model whose gradients it may change.
  public var adjusts: Set<Part>
  /// The tasks that it suits.
  public var tasks: [TaskKind]
  /// The fewest modalities that it works with.
  public var fewestModalities: Int
  /// The most modalities that it works with; nil: any number.
  public var mostModalities: Int?
  /// The fewest samples of a batch that its loss works with.
  public var fewestSamples: Int
  /// The side outputs of the fusion that it reads, as ``FusionTraits/sideOutputs`` names them.
  public var sideOutputs: [String]
  /// Whether a weight below zero makes sense, as for a loss that is to grow.
  public var allowsNegativeWeight: Bool
  /// The folder of another run that it learns from, as the option `teacher` of its configuration names it; nil: it needs
  /// none. See ``TrainingStep/teacher(_:)``.
  public var teacher: String?
  /// Whether ``Objective/epochEnded(_:)`` is told of its loss on the validation part, too: a pass over that part in every
  /// epoch, and a configuration without one is refused.
  public var needsValidation: Bool

  /// Whether it has a loss.
  public var hasLoss: Bool { !trains.isEmpty }

  /// Traits; the defaults suit a loss over the output of any task.
  public init(
    trains: Set<Part> = [.encoders, .fusion, .decoder], adjusts: Set<Part> = [],
    tasks: [TaskKind] = TaskKind.allCases, fewestModalities: Int = 1, mostModalities: Int? = nil,
    fewestSamples: Int = 1, sideOutputs: [String] = [], allowsNegativeWeight: Bool = false,
    teacher: String? = nil, needsValidation: Bool = false
  ) {
    self.trains = trains
    self.adjusts = adjusts
    self.tasks = tasks
    self.fewestModalities = fewestModalities
    self.mostModalities = mostModalities
    self.fewestSamples = fewestSamples
    self.sideOutputs = sideOutputs
    self.allowsNegativeWeight = allowsNegativeWeight
    self.teacher = teacher
    self.needsValidation = needsValidation
  }
}

extension ObjectiveTraits {
  /// Names of side outputs with the names of the modalities in the place of `<modality>`.
  public static func expanded(_ names: [String], modalities: [String]) -> [String] {
    names.flatMap { name in
      name.contains("<modality>") ? modalities.map { name.replacing("<modality>", with: $0) } : [name]
    }
  }
}

/// The shapes of a model, for one sample: what an objective is made for.
public struct ModelShapes: Sendable {
  /// The features of each modality, in order.
  public let features: [ModalityShape]
  /// What the fusion gives.
  public let fused: Shape
  /// What the decoder gives: `[classes]`, `[labels]`, `[values]`.
  public let output: Shape
  /// What the output is compared with.
  public let task: TaskKind

  /// The shapes of a model.
  public init(features: [ModalityShape], fused: Shape, output: Shape, task: TaskKind) {
    self.features = features
    self.fused = fused
    self.output = output
    self.task = task
  }
}

/// The loss of an objective for one batch.
public struct ObjectiveLoss {
  /// What is minimised, a scalar `[]`: a mean over samples.
  public let total: Tensor
  /// The loss as it is reported, where that is in other units than it is minimised in; see
  /// ``TrainingStep/reportedTaskLoss(_:samples:)``.
  public let reported: Double?
  /// What is reported beside it.
  public let values: [ObjectiveValue]
  /// Losses whose gradients are kept apart, for ``Objective/adjust(_:_:)``: some of those that
  /// ``Objective/separateLosses(_:modalities:)`` names, without those that the batch has nothing for.
  public let separate: [SeparateLoss]

  /// A loss.
  public init(
    _ total: Tensor, reported: Double? = nil, values: [ObjectiveValue] = [], separate: [SeparateLoss] = []
  ) {
    self.total = total
    self.reported = reported
    self.values = values
    self.separate = separate
  }
}

/// A value that an objective reports: the column `train.<objective>_<name>` of `history.csv` holds its mean over the samples
/// of an epoch.
public struct ObjectiveValue: Sendable {
  /// The end of the column's name: `image`, `temperature`.
  public let name: String
  /// The mean over the samples.
  public let value: Double
  /// How many samples it is the mean of.
  public let samples: Int

  /// A value.
  public init(_ name: String, _ value: Double, samples: Int) {
    self.name = name
    self.value = value
    self.samples = samples
  }
}
