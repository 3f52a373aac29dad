import FusionCore

// `training:` and its stages.

extension StrictReader {
  /// How the pipeline is trained.
  ///
  /// - Parameters:
  ///   - branches: the pipeline's; nil where they could not be read, and stages are not compared with them.
  ///   - modalities: the node of all of them.
  ///   - task: nil where it could not be read, and objectives are not compared with it.
  ///   - sideOutputs: those of the fusion, likewise.
  mutating func trainingSettings(
    _ node: Node, branches: [PipelineSpecification.Branch]?, modalities: Node?, task: TaskKind?,
    sideOutputs: [String]?, registry: Registry
  ) -> TrainingSettings? {
    let context = MapContext(
      "training", after: ["optimizer", "schedule", "objective", "groups", WeightSource.section, "callbacks", "stages"])
    let common = checked(node, TrainingLoopSettings.fields, context)
    var pipeline = branches.map {
      StagedPipeline(branches: $0, modalities: modalities, task: task, sideOutputs: sideOutputs, registry: registry)
    }
    pipeline?.groups = node["groups"]
    var settings = trainingSettings(node, common, over: nil, "training", pipeline, registry)
    let sources = weightSources(node[WeightSource.section], pipeline)
    if let sources { settings?.initialiseFrom = sources }
    guard let callbacks = callbacks(node["callbacks"], registry: registry) else { return nil }
    settings?.callbacks = callbacks
    let hasStages = node["stages"].map { $0.scalar != .null } ?? false
    if let objectivesNode = node["objective"], objectivesNode.scalar != .null {
      let parts = branches.map { $0.map { PipelinePart.encoder($0.name) } + [.fusion, .decoder] }
      // The parts that stages train are compared in each of them.
      let demands = ObjectiveDemands(
        modalities: branches?.count, task: task, batchSize: settings?.batchSize ?? .max, sideOutputs: sideOutputs,
        trained: hasStages ? nil : parts?.filter { settings?.groups.frozenParts.contains($0) != true })
      guard let objectives = objectives(objectivesNode, "training.objective", demands, registry: registry) else {
        return nil
      }
      settings?.objectives = objectives
    }
    guard let stagesNode = node["stages"], stagesNode.scalar != .null else { return sources == nil ? nil : settings }
    guard let stages = stages(stagesNode, over: settings, pipeline, registry), var settings else { return nil }
    settings.stages = stages
    return sources == nil ? nil : settings
  }

  /// The keys that `training:` and its stages share; `loop` are those that have been checked.
  ///
  /// - Parameter base: what holds for what is not said; nil: the defaults.
  private mutating func trainingSettings(
    _ node: Node, _ loop: ConfigValue?, over base: TrainingSettings?, _ name: String, _ pipeline: StagedPipeline?,
    _ registry: Registry
  ) -> TrainingSettings? {
    let loop = loop.flatMap { decode(TrainingLoopSettings.self, $0, node) }
    let optimizer = optimizer(node, over: base?.optimizer, name, registry)
    let schedule = schedule(node, over: base?.schedule, name, registry)
    checkMetric(node["monitor"])
    checkMetric(node["early_stopping"]?["metric"])
    if schedule?.watchedMetric != nil { checkMetric(node["schedule"]?["metric"]) }
    // A stage without groups has those of the training, laid over its own optimizer.
    let groups = groups(node["groups"] ?? (base == nil ? nil : pipeline?.groups), over: optimizer, name, pipeline)
    guard let loop, let optimizer, let schedule, let groups else { return nil }
    checkMomentum(optimizer, schedule, node)
    return TrainingSettings(loop: loop, optimizer: optimizer, schedule: schedule, groups: groups)
  }

  private mutating func optimizer(
    _ node: Node, over base: ConfiguredOptimizer?, _ name: String, _ registry: Registry
  ) -> ConfiguredOptimizer? {
    func configured<O: Optimizer>(_ type: O.Type, _ component: ConfiguredComponent) -> ConfiguredOptimizer {
      ConfiguredOptimizer(type, component.configuration as! O.Configuration)
    }
    let usual = base?.component ?? usualComponent(.optimizer, TrainingSettings.usualOptimizer, registry)
    let found = component(
      .optimizer, node["optimizer"] ?? .emptyMap(node.mark), "\(name).optimizer", beside: NoConfiguration.self,
      over: usual.map { ($0, NoConfiguration()) }, registry: registry)
    guard let component = found?.component else { return nil }
    guard let type = component.type as? any Optimizer.Type else {
      return refuseKind(component.type, node.nearest(["optimizer", "type"]))
    }
    return configured(type, component)
  }

  private mutating func schedule(
    _ node: Node, over base: ConfiguredSchedule?, _ name: String, _ registry: Registry
  ) -> ConfiguredSchedule? {
    func configured<S: Schedule>(
      _ type: S.Type, _ component: ConfiguredComponent, _ part: SchedulePartSettings
    ) -> ConfiguredSchedule {
      ConfiguredSchedule(
        type, component.configuration as! S.Configuration, warmupEpochs: part.warmupEpochs)
    }
    let usual = base?.component ?? usualComponent(.schedule, TrainingSettings.usualSchedule, registry)
    let found = component(
      .schedule, node["schedule"] ?? .emptyMap(node.mark), "\(name).schedule", beside: SchedulePartSettings.self,
      over: usual.map { ($0, base?.part ?? SchedulePartSettings()) }, registry: registry)
    guard let found else { return nil }
    guard let type = found.component.type as? any Schedule.Type else {
      return refuseKind(found.component.type, node.nearest(["schedule", "type"]))
    }
    return configured(type, found.component, found.part)
  }

  /// A component with its defaults; nil where the registry lacks it, and files have to name another.
  private func usualComponent(_ kind: ComponentKind, _ name: String, _ registry: Registry) -> ConfiguredComponent? {
    func configured<C: Component>(_ type: C.Type) -> ConfiguredComponent {
      ConfiguredComponent(type, C.Configuration())
    }
    guard let type = try? registry.find(kind, name).type else { return nil }
    return configured(type)
  }

  /// A plugin may claim a kind without being of it.
  private mutating func refuseKind<Result>(_ type: any Component.Type, _ node: Node) -> Result? {
    findings.add(
      node.mark, "'\(type.name)' is registered as \(type.kind.withArticle) but does not conform to the protocol")
    return nil
  }

  /// A schedule that changes the momentum is of no use to an optimizer that has none, and PyTorch refuses it too.
  private mutating func checkMomentum(_ optimizer: ConfiguredOptimizer, _ schedule: ConfiguredSchedule, _ node: Node) {
    guard schedule.changesMomentum, !(optimizer.type is any MomentumOptimizer.Type) else { return }
    findings.add(
      (node["schedule"] ?? node).nearest(["cycle_momentum"]).mark,
      "the schedule '\(schedule.type.name)' changes the momentum, which the optimizer '\(optimizer.type.name)' has not",
      notes: ["set training.schedule.cycle_momentum to false, or choose another optimizer"])
  }

  private mutating func checkMetric(_ node: Node?) {
    guard let node, case .string(let metric)? = node.scalar,
      metric.wholeMatch(of: /(train|validation)\.[a-z][a-z0-9_]*/) == nil
    else { return }
    findings.add(
      node.mark, "expected train.METRIC or validation.METRIC, got \(quoted(metric))",
      notes: ["for example: validation.loss, validation.accuracy"])
  }

  // MARK: Stages

  private mutating func stages(
    _ node: Node, over base: TrainingSettings?, _ pipeline: StagedPipeline?, _ registry: Registry
  ) -> [StageSettings]? {
    guard let elements = node.elements, !elements.isEmpty else {
      findings.add(
        node.mark,
        "expected a list of at least one stage for 'training.stages', got \(node.elements == nil ? node.description : "none")",
        notes: ["for example: stages: [{objective: reconstruction, epochs: 10}, {train: [fusion, decoder]}]"])
      return nil
    }
    var taken: Set<String> = []
    let stages = elements.enumerated().map { index, node in stage(node, index, over: base, pipeline, registry, &taken) }
    return stages.contains { $0 == nil } ? nil : stages.compactMap { $0 }
  }

  private mutating func stage(
    _ node: Node, _ index: Int, over base: TrainingSettings?, _ pipeline: StagedPipeline?, _ registry: Registry,
    _ taken: inout Set<String>
  ) -> StageSettings? {
    let name = "training.stages.\(index)"
    var node = node
    if let sources = node.pairs?.first(where: { $0.key == WeightSource.section }) {
      findings.add(
        sources.keyMark,
        "'\(WeightSource.section)' is no key of a stage: weights are brought in once, before the first stage",
        notes: ["write it under 'training'"])
      node = node.without(WeightSource.section)
    }
    var loop = base?.loop ?? TrainingLoopSettings()
    if let objective = node["objective"]?.scalar, objective != .string(StageObjective.task.rawValue) {
      // The metrics that the task is judged by may not exist here; every stage has a loss.
      loop.monitor = TrainingLoopSettings().monitor
      loop.earlyStopping?.metric = EarlyStopping().metric
      loop.earlyStopping?.mode = .auto
    }
    let context = MapContext(name, after: ["optimizer", "schedule", "groups"])
    let fields = StageKeys.fields + TrainingLoopSettings.fields.over(loop.configValue)
    // A list stands in the place of the word.
    let list = node["objective"].flatMap { $0.elements == nil && $0.pairs == nil ? nil : $0 }
    let value = checked(list == nil ? node : node.without("objective"), fields, context)
    var training = trainingSettings(node, value, over: base, name, pipeline, registry)
    if list != nil || node["objective"]?.scalar ?? .null == .null {
      training?.objectives = base?.objectives
    }
    guard let value, var keys = decode(StageKeys.self, value, node) else { return nil }
    keys.name = keys.name ?? "stage_\(index + 1)"
    let stageName = keys.name ?? ""
    if stageName.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}/) == nil {
      findings.add(
        node.nearest(["name"]).mark,
        "\(quoted(stageName)) cannot name a stage: expected up to 64 letters, digits, '_', '-' and '.', a letter or digit "
          + "in front")
    }
    if !taken.insert(stageName).inserted {
      findings.add(node.nearest(["name"]).mark, "two stages are called \(quoted(stageName))")
    }
    if training?.epochs == 0 {
      findings.add(
        node.nearest(["epochs"]).mark, "the stage \(quoted(stageName)) trains nothing: it has 0 epochs",
        notes: ["leave the stage out, or set its epochs to 1 or more"])
    }
    if !keys.head.isEmpty, keys.objective != .unimodal {
      findings.add(
        node.nearest(["head"]).mark, "'head' is for the objective unimodal, this stage's is \(keys.objective.rawValue)")
    }
    let isTrainSaid = keys.train != nil
    let frozen = training?.groups.frozenParts ?? []
    keys.train = keys.train ?? (keys.objective == .task ? ["encoders", "fusion", "decoder"] : ["encoders"])
    guard let pipeline else { return nil }
    let parts = parts(keys, node, pipeline, frozen: frozen, isSaid: isTrainSaid)
    if !isTrainSaid, !frozen.isEmpty { keys.train = parts?.map(\.name) }
    let demands = ObjectiveDemands(
      modalities: pipeline.branches.count, task: pipeline.task, batchSize: training?.batchSize ?? .max,
      sideOutputs: pipeline.sideOutputs, trained: parts)
    if let list {
      guard let objectives = objectives(list, "\(name).objective", demands, registry: pipeline.registry) else {
        return nil
      }
      training?.objectives = objectives
      if !objectives.contains(where: { $0.objective.trains && $0.objective.traits.trains.contains(.decoder) }) {
        // What a decoder that nothing trains makes of the validation part tells nothing.
        if node["monitor"] == nil { training?.monitor = "train.loss" }
        if node["early_stopping"]?["metric"] == nil { training?.loop.earlyStopping?.metric = "train.loss" }
      }
    } else if let inherited = training?.objectives, let parts {
      checkInherited(inherited, quoted(stageName), node, demands, parts)
    }
    guard let parts, let training else { return nil }
    return StageSettings(name: stageName, parts: parts, training: training, keys: keys)
  }

  /// The objectives of `training.objective` in a stage that names none.
  private mutating func checkInherited(
    _ objectives: [ObjectiveSettings], _ stage: String, _ node: Node, _ demands: ObjectiveDemands,
    _ parts: [PipelinePart]
  ) {
    for problem in objectives.map(\.objective).problems(training: parts) {
      findings.add(
        node.mark, "\(problem.message), in the stage \(stage), which takes its objectives from 'training.objective'",
        notes: ["give the stage an objective of its own: objective: task, or a list"])
    }
  }

  /// The parts that a stage trains, in the order of the pipeline.
  ///
  /// - Parameters:
  ///   - frozen: those that groups freeze.
  ///   - isSaid: whether the file names what is trained: everything that is not frozen otherwise.
  private mutating func parts(
    _ keys: StageKeys, _ node: Node, _ pipeline: StagedPipeline, frozen: [PipelinePart], isSaid: Bool
  ) -> [PipelinePart]? {
    let before = findings.found.count
    let place = node.nearest(["train"])
    let words = keys.train ?? []
    let stage = quoted(keys.name ?? "")
    if words.isEmpty {
      findings.add(
        place.mark, "the stage \(stage) trains nothing: 'train' is empty",
        notes: ["available: \(pipeline.words.joined(separator: ", "))"])
    }
    var chosen: Set<PipelinePart> = []
    for (index, word) in words.enumerated() {
      let mark = place.elements.flatMap { $0.indices.contains(index) ? $0[index].mark : nil } ?? place.mark
      guard let parts = pipeline.parts(word) else {
        findings.add(
          mark, "the pipeline has no part \(quoted(word))", suggestion: didYouMean(word, among: pipeline.words),
          notes: ["available: \(pipeline.words.joined(separator: ", "))"])
        continue
      }
      if keys.objective != .task, parts == [.fusion] || parts == [.decoder] {
        findings.add(
          mark, "the objective \(keys.objective.rawValue) trains encoders alone, '\(word)' takes no part in it",
          notes: ["train '\(word)' in a stage with the objective task"])
      }
      for part in parts where isSaid && frozen.contains(part) {
        findings.add(
          mark, "the stage \(stage) trains '\(part.name)', which 'groups' freezes",
          notes: ["name the other parts in 'train', or give the stage groups of its own: groups: {}"])
      }
      chosen.formUnion(parts)
    }
    let trained = pipeline.all.filter { chosen.contains($0) && !frozen.contains($0) }
    if trained.isEmpty, !chosen.isEmpty, !isSaid {
      findings.add(
        node.mark, "the stage \(stage) trains nothing: 'groups' freezes all that it could train",
        notes: ["name parts in 'train', or give the stage groups of its own: groups: {}"])
    }
    if keys.objective == .reconstruction { checkMirrors(of: trained, stage, pipeline) }
    if [.memory, .file].contains(keys.cache), keys.objective != .task || !trained.allSatisfy({ !$0.isEncoder }) {
      findings.add(
        node.nearest(["cache"]).mark, "there is nothing to cache: the stage \(stage) trains encoders",
        notes: ["encodings are cached where all encoders are frozen, as by train: [fusion, decoder]"])
    }
    return findings.found.count == before ? trained : nil
  }

  /// At the encoders that have no mirror, which is where another one is chosen.
  private mutating func checkMirrors(of parts: [PipelinePart], _ stage: String, _ pipeline: StagedPipeline) {
    for case .encoder(let modality) in parts {
      guard let branch = pipeline.branches.first(where: { $0.name == modality }), !branch.encoder.hasMirror else {
        continue
      }
      findings.add(
        pipeline.modalities?.nearest([modality, "encoder", "type"]).mark,
        "the encoder '\(branch.encoder.type.name)' of modality '\(modality)' has no mirror, which the stage \(stage) "
          + "needs to rebuild its input",
        notes: ["encoders with a mirror: \(pipeline.mirrored.joined(separator: ", "))"])
    }
  }
}

/// What the stages of a training can refer to.
struct StagedPipeline {
  let branches: [PipelineSpecification.Branch]
  let modalities: Node?
  let task: TaskKind?
  let sideOutputs: [String]?
  let registry: Registry
  /// What `training.groups` says, for the stages that say nothing.
  var groups: Node?

  /// All parts, in order.
  var all: [PipelinePart] { branches.map { .encoder($0.name) } + [.fusion, .decoder] }

  /// Everything that `train` may say.
  var words: [String] { ["encoders"] + all.map(\.name) }

  /// The encoders that a reconstruction can train.
  var mirrored: [String] {
    registry.all(.encoder).filter { $0.type is any AutoencodableEncoder.Type }.map { $0.type.name }
  }

  /// The parts that a word of `train` means; nil: none.
  func parts(_ word: String) -> [PipelinePart]? {
    let found = all.filter { word == $0.name || word == "encoders" && $0.isEncoder }
    return found.isEmpty ? nil : found
  }
}

extension PipelinePart {
  fileprivate var isEncoder: Bool {
    if case .encoder = self { true } else { false }
  }
}

extension Node {
  /// What a section that no file has is read from.
  static func emptyMap(_ mark: Mark) -> Node { Node(content: .mapping([]), mark: mark) }
}
