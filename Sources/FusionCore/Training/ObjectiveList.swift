/// An objective with its configuration and its weight, the type forgotten: an entry of `training.objective`.
public struct ConfiguredObjective: Sendable {
  /// The component's type.
  public let type: any Objective.Type
  /// Its configuration, a `type.Configuration`.
  public let configuration: any ComponentConfiguration
  /// What its loss is multiplied by.
  public let weight: Double
  /// What it declares about itself.
  public let traits: ObjectiveTraits
  let make: @Sendable (ModelShapes, BuildContext) -> any Objective
  let modelProblems: @Sendable (ModelShapes) -> [Problem]
  let passes: @Sendable (Int) -> Int
  let separates: @Sendable ([String]) -> [String]

  /// Pairs a type with a configuration.
  public init<O: Objective>(_ type: O.Type, _ configuration: O.Configuration, weight: Double = 1) {
    self.type = type
    self.configuration = configuration
    self.weight = weight
    traits = O.traits(configuration)
    make = { O(configuration, model: $0, context: $1) }
    modelProblems = { O.problems(configuration, $0) }
    passes = { O.furtherPasses(configuration, modalities: $0) }
    separates = { O.separateLosses(configuration, modalities: $0) }
  }

  /// The objective that a component is; nil: it is none.
  public init?(_ component: ConfiguredComponent) {
    func paired<O: Objective>(_ type: O.Type) -> ConfiguredObjective {
      ConfiguredObjective(type, component.configuration as! O.Configuration)
    }
    guard let type = component.type as? any Objective.Type else { return nil }
    self = paired(type)
  }

  /// Its name.
  public var name: String { type.name }
  /// Whether its loss changes what is minimised.
  public var trains: Bool { traits.hasLoss && weight != 0 }

  /// How many further passes through fusion and decoder a step takes.
  public func furtherPasses(modalities: Int) -> Int { passes(modalities) }
  /// The losses whose gradients it wants apart.
  public func separateLosses(modalities: [String]) -> [String] { separates(modalities) }

  /// What it needs and does not get from a configuration; paths start at its own entry.
  ///
  /// - Parameters:
  ///   - modalities: how many there are.
  ///   - batchSize: samples in a step.
  ///   - sideOutputs: those of the fusion; nil: not known.
  public func problems(
    modalities: Int, task: TaskKind, batchSize: Int, sideOutputs: [String]? = nil
  ) -> [Problem] {
    var problems: [Problem] = []
    if !traits.tasks.contains(task) {
      problems.append(
        Problem(
          path: ["type"],
          "the objective '\(name)' is for \(traits.tasks.map(\.rawValue).joined(separator: " and ")), the task is "
            + task.rawValue))
    }
    if modalities < traits.fewestModalities || modalities > traits.mostModalities ?? .max {
      problems.append(
        Problem(
          path: ["type"],
          "the objective '\(name)' needs \(traits.modalitiesDescription), the pipeline has \(modalities)"))
    }
    if batchSize < traits.fewestSamples {
      problems.append(
        Problem(
          path: ["type"],
          "the objective '\(name)' needs batches of \(traits.fewestSamples) samples or more, training.batch_size is "
            + "\(batchSize)"))
    }
    if traits.needsValidation, traits.teacher != nil {
      problems.append(
        Problem(
          path: ["type"],
          "the objective '\(name)' asks for validation losses and for a teacher, which sees training samples alone",
          hint: "a bug of that objective"))
    }
    let missing = sideOutputs.map { known in traits.sideOutputs.filter { !known.contains($0) } } ?? []
    if !missing.isEmpty {
      problems.append(
        Problem(
          path: ["type"],
          "the objective '\(name)' reads '\(missing.joined(separator: "', '"))' of the fusion, which gives "
            + (sideOutputs?.isEmpty == false ? "'\(sideOutputs!.joined(separator: "', '"))'" : "no side outputs"),
          hint: "choose a fusion that names them, or leave the objective out"))
    }
    return problems
  }

  /// What it refuses of a model; paths start at its own entry.
  public func problems(of model: ModelShapes) -> [Problem] { modelProblems(model) }
}

extension ObjectiveTraits {
  fileprivate var modalitiesDescription: String {
    let least = "\(fewestModalities) modalit\(fewestModalities == 1 ? "y" : "ies")"
    guard let most = mostModalities else { return "\(least) or more" }
    return most == fewestModalities ? "exactly \(least)" : "\(fewestModalities) to \(most) modalities"
  }
}

extension [ConfiguredObjective] {
  /// In words: `task + 0.5 · unimodal, with ogm_ge`.
  public var description: String {
    let losses = filter(\.traits.hasLoss).map { $0.weight == 1 ? $0.name : "\($0.weight) · \($0.name)" }
    let others = filter { !$0.traits.hasLoss }.map(\.name)
    return losses.joined(separator: " + ") + (others.isEmpty ? "" : ", with " + others.joined(separator: ", "))
  }

  /// What is wrong with a list where these parts are trained: nothing is minimised, a part gets no gradient, an objective is
  /// for parts that are frozen alone. Paths start at the list.
  public func problems(training parts: [PipelinePart]) -> [Problem] {
    guard contains(where: \.trains) else {
      return [
        Problem(
          "nothing is minimised: no objective of the list has a loss of a weight other than 0",
          hint: "add {type: task}")
      ]
    }
    let trained = Set(parts.map(ObjectiveTraits.Part.init))
    let idle = indices.compactMap { index -> Problem? in
      let own = self[index].traits
      let reached = own.trains.union(own.adjusts).subtracting([.own])
      guard !reached.isEmpty, reached.isDisjoint(with: trained) else { return nil }
      let names = ObjectiveTraits.Part.allCases.filter(reached.contains).map(\.rawValue).joined(separator: ", ")
      return Problem(
        path: ["\(index)", "type"], "the objective '\(self[index].name)' is for \(names), and none of it is trained")
    }
    let reached = filter(\.trains).reduce(into: Set<ObjectiveTraits.Part>()) { $0.formUnion($1.traits.trains) }
    return idle
      + parts.filter { !reached.contains(ObjectiveTraits.Part($0)) }.map {
        Problem(
          "no objective of the list trains '\($0.name)'",
          hint: "add {type: task}, or train other parts in a stage: train: [encoders]")
      }
  }
}

/// The objectives of a training at work: their losses added up, their changes of gradients one after the other.
public struct ObjectiveList {
  /// What they were made from, in order.
  public let configured: [ConfiguredObjective]
  private let objectives: [any Objective]

  /// Makes the objectives and their parameters, `objectives.<name>.…`.
  public init(_ configured: [ConfiguredObjective], model: ModelShapes, context: BuildContext) {
    self.configured = configured
    objectives = configured.map { $0.make(model, context.scope("objectives.\($0.name)")) }
  }

  /// What a step is told of.
  public struct Losses {
    /// What is minimised, a scalar `[]`; nil where no objective has a loss for this batch.
    public var total: Tensor?
    /// The weighted sum of the losses as they are reported; nil where that is ``total``.
    public var reported: Double?
    /// The columns of the step, without `train.`: losses before they are weighted, and the values beside them.
    public var values: [ObjectiveValue] = []
    /// The losses whose gradients are kept apart, in order.
    public var separate: [(objective: String, loss: SeparateLoss)] = []
  }

  /// The weighted sum of all losses, in order. A loss of weight 1 is added as it is; one of weight 0 is told and not added.
  ///
  /// - Throws: `PipelineError` from further passes, and for a loss that is no scalar.
  public func loss(_ step: TrainingStep) throws(PipelineError) -> Losses {
    var losses = Losses()
    var reported = 0.0
    var isReported = false
    for (entry, objective) in zip(configured, objectives) {
      guard let loss = try objective.loss(step) else { continue }
      let columns = try columns(of: loss, entry, step)
      let value = columns[0].value
      losses.values += columns
      losses.separate += try separate(loss, entry, step).map { (entry.name, $0) }
      guard entry.weight != 0 else { continue }
      reported += entry.weight * value
      isReported = isReported || loss.reported != nil
      let weighted = entry.weight == 1 ? loss.total : loss.total * Float(entry.weight)
      losses.total = losses.total.map { $0 + weighted } ?? weighted
    }
    if isReported { losses.reported = reported }
    return losses
  }

  /// What the loss of an objective is reported as: the loss, then the values beside it.
  private func columns(
    of loss: ObjectiveLoss, _ entry: ConfiguredObjective, _ step: TrainingStep
  ) throws(PipelineError) -> [ObjectiveValue] {
    try requireScalar(loss.total, "a loss", entry)
    return [ObjectiveValue(entry.name, loss.reported ?? Double(loss.total.item), samples: step.count)]
      + loss.values.map { ObjectiveValue("\(entry.name)_\($0.name)", $0.value, samples: $0.samples) }
  }

  private func separate(
    _ loss: ObjectiveLoss, _ entry: ConfiguredObjective, _ step: TrainingStep
  ) throws(PipelineError) -> [SeparateLoss] {
    guard !loss.separate.isEmpty else { return [] }
    var left = entry.separateLosses(modalities: step.modalities)
    for separate in loss.separate {
      guard let place = left.firstIndex(of: separate.name) else {
        throw PipelineError(problems: [
          Problem(
            "the objective '\(entry.name)' gave a separate loss '\(separate.name)' that it does not declare, or twice",
            hint: "name it once in separateLosses(_:modalities:): a bug of that objective")
        ])
      }
      left.remove(at: place)
      try requireScalar(separate.loss, "a separate loss '\(separate.name)'", entry)
    }
    return loss.separate
  }

  private func requireScalar(_ loss: Tensor, _ what: String, _ entry: ConfiguredObjective) throws(PipelineError) {
    guard loss.shape.isEmpty else {
      throw PipelineError(problems: [
        Problem(
          "the objective '\(entry.name)' gave \(what) of shape \(loss.shape), expected a scalar",
          hint: "take the mean over the samples: a bug of that objective")
      ])
    }
  }

  /// The columns of those objectives that are told of validation, for a batch of the validation part. A batch of fewer
  /// samples than an objective works with is left out.
  ///
  /// - Throws: `PipelineError` as ``loss(_:)``.
  public func validation(_ step: TrainingStep) throws(PipelineError) -> [ObjectiveValue] {
    var values: [ObjectiveValue] = []
    for (entry, objective) in zip(configured, objectives)
    where entry.traits.needsValidation && step.count >= entry.traits.fewestSamples {
      guard let loss = try objective.loss(step) else { continue }
      values += try columns(of: loss, entry, step)
    }
    return values
  }

  /// Tells every objective of the end of an epoch.
  ///
  /// - Parameters:
  ///   - training: the columns of the epoch, without `train.`.
  ///   - validation: the means of what ``validation(_:)`` gave.
  public func epochEnded(
    epoch: Int, epochs: Int, stage: String?, training: [String: Double], validation: [String: Double]
  ) {
    for (entry, objective) in zip(configured, objectives) {
      objective.epochEnded(
        EpochEnd(
          epoch: epoch, epochs: epochs, stage: stage, training: terms(of: entry, training),
          validation: entry.traits.needsValidation ? terms(of: entry, validation) : nil))
    }
  }

  /// An objective's own columns.
  private func terms(of entry: ConfiguredObjective, _ columns: [String: Double]) -> EpochEnd.Terms {
    // `a_b_c` is the value `b_c` of `a`, unless there is an objective `a_b`.
    let longer = configured.map(\.name).filter { $0.hasPrefix(entry.name + "_") }
    let own = columns.filter { column in
      column.key.hasPrefix(entry.name + "_")
        && !longer.contains { column.key == $0 || column.key.hasPrefix($0 + "_") }
    }
    return EpochEnd.Terms(
      loss: columns[entry.name],
      values: Dictionary(uniqueKeysWithValues: own.map { (String($0.key.dropFirst(entry.name.count + 1)), $0.value) }))
  }

  /// Lets the objectives change the gradients, in order.
  ///
  /// - Parameter separate: the gradients of the losses that they want apart.
  /// - Returns: what they report: columns without `train.`.
  /// - Throws: `PipelineError` from further passes, and for a gradient of another shape than its parameter.
  public func adjust(
    _ gradients: PartGradients, separate: SeparateGradients = SeparateGradients(), _ step: TrainingStep
  ) throws(PipelineError) -> [ObjectiveValue] {
    var values: [ObjectiveValue] = []
    for (entry, objective) in zip(configured, objectives) where !entry.traits.adjusts.isEmpty {
      for value in try objective.adjust(gradients.with(separate: separate[entry.name]), step) {
        values.append(ObjectiveValue("\(entry.name)_\(value.name)", value.value, samples: value.samples))
      }
      for parameter in gradients.parts.flatMap({ gradients[$0] }) {
        guard let shape = parameter.gradient?.shape, shape != parameter.value.shape else { continue }
        throw PipelineError(problems: [
          Problem(
            "the objective '\(entry.name)' gave '\(parameter.name)' a gradient of shape \(shape), expected "
              + "\(parameter.value.shape)", hint: "a bug of that objective")
        ])
      }
    }
    return values
  }
}
