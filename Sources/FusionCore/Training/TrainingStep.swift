/// One training step, as an objective sees it: everything that the forward pass gave for a batch of N samples.
public struct TrainingStep {
  /// The features of each modality, `[N, …features]`, before fusion; with the samples that lack a modality.
  public let features: Features
  /// What the fusion gave, `[N, …fused]`.
  public let fused: Tensor
  /// What the fusion named beside its result: `logits.<modality>`, `weights`, `evidence`. Empty where it names nothing.
  public let sideOutputs: [String: Tensor]
  /// What the decoder gave, `[N, …output]`: logits, or the values of a regression.
  public let output: Tensor
  /// What the output is compared with.
  public let targets: StepTargets
  /// The rows of the samples in the data set's arrays: the same number means the same sample in every epoch.
  public let rows: [Int]
  /// The epoch under way, from 0.
  public let epoch: Int
  /// How many epochs are planned.
  public let epochs: Int
  /// The step under way, from 0, counted over all epochs.
  public let step: Int
  /// The forward pass: read parameters through it, so that they receive gradients.
  public let pass: ForwardPass
  private let taskLoss: (_ output: Tensor, _ samples: [Int]?) -> Tensor
  private let reportedTaskLoss: (_ output: Tensor, _ samples: [Int]?) -> Double?
  private let teacher: ((_ run: String) throws(PipelineError) -> TeacherPass)?
  private let decode: (_ features: Features, _ pass: ForwardPass) throws(PipelineError) -> Tensor

  /// A step.
  ///
  /// - Parameters:
  ///   - taskLoss: the task's mean loss of outputs `[n, …output]` of some samples of the batch; nil: of all.
  ///   - reportedTaskLoss: the same in the units of the targets, where the task standardises them; else nil.
  ///   - decode: fusion and decoder.
  ///   - teacher: what another run's model makes of the batch; nil: there is none.
  public init(
    features: Features, fused: Tensor, sideOutputs: [String: Tensor] = [:], output: Tensor, targets: StepTargets,
    rows: [Int], epoch: Int, epochs: Int, step: Int, pass: ForwardPass,
    taskLoss: @escaping (_ output: Tensor, _ samples: [Int]?) -> Tensor,
    reportedTaskLoss: @escaping (_ output: Tensor, _ samples: [Int]?) -> Double? = { _, _ in nil },
    decode: @escaping (_ features: Features, _ pass: ForwardPass) throws(PipelineError) -> Tensor,
    teacher: ((_ run: String) throws(PipelineError) -> TeacherPass)? = nil
  ) {
    self.features = features
    self.fused = fused
    self.sideOutputs = sideOutputs
    self.output = output
    self.targets = targets
    self.rows = rows
    self.epoch = epoch
    self.epochs = epochs
    self.step = step
    self.pass = pass
    self.taskLoss = taskLoss
    self.reportedTaskLoss = reportedTaskLoss
    self.decode = decode
    self.teacher = teacher
  }

  /// The number of samples, N.
  public var count: Int { output.shape[0] }
  /// The names of the modalities, in order.
  public var modalities: [String] { features.entries.map(\.modality) }
  /// Which samples have which modality; nil: nothing is missing.
  public var presence: Presence? { features.presence }

  /// The samples of the batch that have the modality at a place, in order.
  public func samples(having modality: Int) -> [Int] { presence?.rows(having: modality) ?? Array(0..<count) }

  /// The task's own loss, as `task:` configures it, of other outputs for these samples: of a head over the features of one
  /// modality, for example.
  ///
  /// - Parameters:
  ///   - output: `[n, …output]`.
  ///   - samples: the samples of the batch that the rows of `output` stand for; nil: all of them.
  /// - Returns: the mean over the samples, `[]`.
  public func taskLoss(_ output: Tensor, samples: [Int]? = nil) -> Tensor { taskLoss(output, samples) }

  /// ``taskLoss(_:samples:)`` in the units of the targets, where the task standardises them; nil: it is minimised in the
  /// units that it is reported in.
  public func reportedTaskLoss(_ output: Tensor, samples: [Int]? = nil) -> Double? { reportedTaskLoss(output, samples) }

  /// A further pass through fusion and decoder, of other features than the step's own. The encoders are not run again.
  ///
  /// It runs as evaluation does: without dropout, and no running statistic moves. With `recorded` it stands on the step's
  /// tape, and a loss of it trains fusion, decoder and, through tracked features, encoders.
  ///
  /// - Returns: `[n, …output]`.
  /// - Throws: `PipelineError` where the fusion refuses what is missing.
  public func output(of features: Features, recorded: Bool = false) throws(PipelineError) -> Tensor {
    try decode(
      recorded ? features : features.detached,
      ForwardPass(mode: .evaluation, tape: recorded ? pass.tape : nil, device: pass.device, seed: 0, step: 0))
  }

  /// A further pass as if only some modalities had been seen; what takes the place of the others is what the fusion
  /// declares, or `fusion.missing` says.
  ///
  /// - Parameter modalities: whether each is seen, in order. Every sample has to keep one that it has.
  /// - Returns: `[N, …output]`.
  /// - Throws: `PipelineError` where a sample is left without a modality, or the fusion refuses what is missing.
  public func output(seeing modalities: [Bool], recorded: Bool = false) throws(PipelineError) -> Tensor {
    try output(of: features.restricted(to: modalities), recorded: recorded)
  }

  /// What the model of another run makes of the samples of the batch: computed when it is asked for, in evaluation mode.
  ///
  /// - Parameter run: as the objective's traits name it, ``ObjectiveTraits/teacher``.
  /// - Throws: `PipelineError` where the traits name no such run, and for samples that cannot be read.
  public func teacher(_ run: String) throws(PipelineError) -> TeacherPass {
    guard let teacher else {
      throw PipelineError(problems: [
        Problem(
          "an objective asks for the teacher '\(run)', which its traits do not name", hint: "a bug of that objective")
      ])
    }
    return try teacher(run)
  }

  /// The random numbers that an objective may use in this step, by a name of its own: `ogm_ge.noise`.
  public func random(for name: String) -> RandomStream { pass.random(for: "objectives.\(name)") }
}

extension Features {
  /// The same values, off the tape.
  public var detached: Features { Features(entries.map { ($0.modality, $0.tensor.detached) }, presence: presence) }
}

/// The trained parameters of each part of a model, with the gradients that the backward pass left in them.
///
/// ```swift
/// for parameter in gradients[.encoder("image")] { parameter.gradient = parameter.gradient.map { $0 * 0.5 } }
/// ```
public struct PartGradients {
  /// The parts that have trained parameters, in the order of the pipeline.
  public let parts: [PipelinePart]
  private let parameters: [PipelinePart: [Parameter]]
  /// By loss and parameter.
  private var separate: [String: [String: Tensor]] = [:]

  /// The trained parameters of a store that belong to some parts.
  public init(_ store: ParameterStore, parts: [PipelinePart]) {
    let trainable = store.trainable
    parameters = Dictionary(
      uniqueKeysWithValues: parts.map { part in (part, trainable.filter { part.owns($0.name) }) })
    self.parts = parts.filter { [parameters] in parameters[$0]?.isEmpty == false }
  }

  /// The trained parameters of a part; none where it is frozen or has none. A parameter that no loss reaches has no gradient.
  public subscript(part: PipelinePart) -> [Parameter] { parameters[part] ?? [] }

  /// The gradient that one loss alone sends to a parameter, unweighted; nil where it does not reach it, and where the step's
  /// batches had nothing for it.
  ///
  /// - Parameter loss: one of the objective's own, ``Objective/separateLosses(_:modalities:)``.
  public func gradient(of loss: String, _ parameter: Parameter) -> Tensor? { separate[loss]?[parameter.name] }

  /// The same parameters, with an objective's separate gradients by loss and parameter.
  func with(separate: [String: [String: Tensor]]) -> PartGradients {
    var gradients = self
    gradients.separate = separate
    return gradients
  }
}
