import FusionCore

extension SweepSettings {
  /// What sets the parameters to these values, in their order.
  fileprivate func overrides(_ values: [ConfigValue]) -> [Override] {
    zip(parameters, values).flatMap { parameter, value in
      let node = parameter.probes.first { $0.configValue == value } ?? Node(value, mark: parameter.mark)
      return parameter.overrides(node)
    }
  }

  /// What cuts the data: `of` folds of which one is held back, at the key `data.KEY`.
  fileprivate func override(_ fold: FoldSettings?, key: String) -> [Override] {
    guard let fold else { return [] }
    let mark = node.nearest([key == "fold" ? "folds" : "outer_folds"]).mark
    return [Override(steps: ["data", key], value: Node(fold.configValue, mark: mark), mark: mark)]
  }
}

extension SweepParameter {
  fileprivate func overrides(_ value: Node) -> [Override] {
    keys.map { Override(steps: $0.steps, value: value, mark: $0.mark) }
  }
}

extension Node {
  /// A value as if it stood at `mark`.
  init(_ value: ConfigValue, mark: Mark) {
    switch value {
    case .list(let elements): self.init(content: .sequence(elements.map { Node($0, mark: mark) }), mark: mark)
    case .map(let entries):
      let pairs = entries.map { Pair(key: $0.key, keyMark: mark, value: Node($0.value, mark: mark)) }
      self.init(content: .mapping(pairs), mark: mark)
    case .string(let text):
      self.init(content: .scalar(Scalar(text: text, style: .doubleQuoted, value: value)), mark: mark)
    default: self.init(content: .scalar(Scalar(text: value.flowText, style: .plain, value: value)), mark: mark)
    }
  }
}

extension Experiment {
  /// The experiment of one trial on one fold, without its `sweep:`.
  ///
  /// - Parameters:
  ///   - values: one for each parameter of the sweep, in their order.
  ///   - fold: what is held back for validation; nil: what the experiment says.
  ///   - outerFold: what takes the test part's place; nil: what the experiment says.
  ///   - registry: the one that the experiment was read with.
  /// - Throws: ``ConfigError`` with everything that is wrong with this combination, at its places in the file.
  public func trial(
    _ values: [ConfigValue], fold: FoldSettings? = nil, outerFold: FoldSettings? = nil, registry: Registry
  ) throws(ConfigError) -> Experiment {
    guard let sweep else { return self }
    return try with(
      sweep.overrides(values) + sweep.override(fold, key: "fold") + sweep.override(outerFold, key: "outer_fold"),
      registry: registry)
  }

  /// The same experiment, with its sweep, whose reports hold further metrics.
  ///
  /// - Parameter registry: the one that the experiment was read with.
  public func adding(metrics: [String], registry: Registry) throws(ConfigError) -> Experiment {
    let mark = (document["training"] ?? document).mark
    let all = training.metrics + metrics.filter { !training.metrics.contains($0) }
    let override = Override(
      steps: ["training", "metrics"], value: Node(.list(all.map { .string($0) }), mark: mark), mark: mark)
    return try ExperimentReader.read(
      Override.applied([override], to: document), defaultName: name, registry: registry)
  }

  private func with(_ overrides: [Override], registry: Registry) throws(ConfigError) -> Experiment {
    let changed = try Override.applied(overrides, to: document.without("sweep"))
    return try ExperimentReader.read(changed, defaultName: name, registry: registry)
  }

  /// The combinations that a grid or a random search tries, each with its experiment; nil where the sampler proposes
  /// one after the other.
  ///
  /// - Throws: ``ConfigError`` with what is wrong with any of them.
  public func trials(registry: Registry) throws(ConfigError) -> [[ConfigValue]]? {
    guard let sweep, let trials = sweep.trials(seed: seed) else { return nil }
    var findings = Findings()
    for values in trials {
      do throws(ConfigError) { _ = try trial(values, registry: registry) } catch { findings.add(error) }
    }
    try findings.throwIfAny()
    return trials
  }

  /// The same experiment, once every value of its sweep was tried where it is to go, the others being the first of
  /// theirs; ranges know then whether their key takes whole numbers.
  func withCheckedSweep(registry: Registry) throws(ConfigError) -> Experiment {
    guard var sweep else { return self }
    var findings = Findings()
    let first = sweep.parameters.map { $0.overrides($0.probes[0]) }
    for (place, parameter) in sweep.parameters.enumerated() {
      for probe in parameter.probes {
        var overrides = first
        overrides[place] = parameter.overrides(probe)
        do throws(ConfigError) {
          _ = try with(overrides.flatMap { $0 }, registry: registry)
        } catch {
          findings.add(error)
        }
      }
    }
    try findings.throwIfAny()
    let resolved = try with(first.flatMap { $0 }, registry: registry).resolved
    for place in sweep.parameters.indices { sweep.parameters[place].findWhole(in: resolved, &findings) }
    sweep.checkNumberOfTrials(&findings)
    try findings.throwIfAny()
    return Experiment(
      name: name, seed: seed, plugins: plugins, data: data, pipeline: pipeline, transforms: transforms, task: task,
      training: training,
      compared: compared, sweep: sweep, metrics: metrics, registry: registry, document: document)
  }
}

extension SweepParameter {
  /// Whether a key holds a whole number once it is resolved: then the range has whole numbers only.
  fileprivate mutating func findWhole(in resolved: ConfigValue, _ findings: inout Findings) {
    guard case .range(var range) = values else { return }
    range.isWhole = keys.contains { key in
      switch resolved.value(at: key.steps[...]) {
      case .integer, .unsigned: true
      default: false
      }
    }
    values = .range(range)
    guard range.isWhole else { return }
    if let step = range.step, step != step.rounded() {
      findings.add(mark, "the range of '\(name)' has whole numbers: expected a whole number for 'step', got \(step)")
    } else if abs(range.low) > SweepRange.largestWhole || abs(range.high) > SweepRange.largestWhole {
      findings.add(mark, "the range of '\(name)' has whole numbers: expected none beyond 2^53")
    }
  }
}

extension ConfigValue {
  /// What lies at the end of a path of keys and indices.
  fileprivate func value(at path: ArraySlice<String>) -> ConfigValue? {
    guard let step = path.first else { return self }
    if case .list(let elements) = self {
      return Int(step).flatMap { elements.indices.contains($0) ? elements[$0].value(at: path.dropFirst()) : nil }
    }
    return self[step]?.value(at: path.dropFirst())
  }
}

extension SweepSettings {
  /// A grid can be counted, and is not absurd; a random search has as many combinations as trials.
  fileprivate func checkNumberOfTrials(_ findings: inout Findings) {
    switch sampler {
    case .grid:
      let uncounted = parameters.filter { $0.size == nil }
      for parameter in uncounted {
        findings.add(
          parameter.mark, "a grid cannot try all numbers in the range of '\(parameter.name)'",
          notes: ["say which ones with 'step' or 'count', or take the sampler random"])
      }
      let count = combinationCount ?? Int.max
      guard uncounted.isEmpty, count > Self.mostTrials else { return }
      findings.add(
        node.nearest(["parameters"]).mark,
        "the grid has \(count == Int.max ? "more combinations than can be counted" : "\(count) combinations"), more than "
          + "\(Self.mostTrials)", notes: ["take the sampler random, which tries some of them"])
    case .random(let settings):
      guard let count = combinationCount, settings.trials > count else { return }
      findings.add(
        node.nearest(["sampler", "trials"]).mark, "\(settings.trials) trials, and only \(count) combinations",
        notes: ["take the sampler grid, which tries all of them, or fewer trials"])
    case .optuna: return
    }
  }
}
