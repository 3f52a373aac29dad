import FusionCore

// `training.groups`.

extension StrictReader {
  /// The groups of a training, each a part of the pipeline with keys of its own laid over those of the optimizer.
  ///
  /// - Parameter pipeline: nil where it could not be read; parts are not compared with it then.
  /// - Returns: nil after a finding.
  mutating func groups(
    _ node: Node?, over optimizer: ConfiguredOptimizer?, _ name: String, _ pipeline: StagedPipeline?
  ) -> [GroupSettings]? {
    guard let node, node.scalar != .null else { return [] }
    guard node.pairs != nil else {
      findings.add(
        node.mark, "expected a map of parts for '\(name).groups', got \(node.description)",
        notes: ["for example: groups: {encoders.audio: {learning_rate: 0.01, weight_decay: 0, warmup_epochs: 2}}"])
      return nil
    }
    guard let optimizer, let pipeline else { return nil }
    let before = findings.found.count
    var claims: [PipelinePart: String] = [:]
    var groups: [GroupSettings] = []
    let names = pipeline.branches.map(\.name)
    for (pair, _) in node.pairsOfParts(
      nested: { $0.pairs != nil }, isPart: { names.contains($0.key) && $0.value.pairs != nil })
    {
      guard let parts = pipeline.parts(pair.key) else {
        findings.add(
          pair.keyMark, "the pipeline has no part \(quoted(pair.key))",
          suggestion: didYouMean(pair.key, among: pipeline.words),
          notes: ["available: \(pipeline.words.joined(separator: ", "))"])
        continue
      }
      for part in parts {
        if let first = claims.updateValue(pair.key, forKey: part) {
          findings.add(pair.keyMark, "'\(part.name)' is in two groups: '\(first)' and '\(pair.key)'")
        }
      }
      guard let (own, beside) = group(pair.value, over: optimizer, "\(name).groups.\(pair.key)") else { continue }
      if beside.frozen {
        for other in pair.value.pairs ?? [] where other.key != "frozen" && other.value.scalar != .null {
          findings.add(
            other.keyMark, "'\(pair.key)' is frozen, and has '\(other.key)', which says how it is trained",
            notes: ["leave one of the two out"])
        }
      }
      groups += parts.map {
        GroupSettings(
          name: pair.key, part: $0, optimizer: own, warmupEpochs: beside.warmupEpochs, isFrozen: beside.frozen)
      }
    }
    if findings.found.count == before, pipeline.all.allSatisfy(groups.frozenParts.contains) {
      findings.add(
        node.mark, "nothing is trained: all parts of the pipeline are frozen",
        notes: ["leave a part out of the frozen ones, or set training.epochs to 0 to save the weights as they are"])
    }
    return findings.found.count == before ? groups : nil
  }

  private mutating func group(
    _ node: Node, over optimizer: ConfiguredOptimizer, _ name: String
  ) -> (ConfiguredOptimizer, GroupPartSettings)? {
    func read<O: Optimizer>(_ type: O.Type) -> (ConfiguredOptimizer, GroupPartSettings)? {
      let own = O.Configuration.fields.over(optimizer.configuration.configValue)
      let beside = GroupPartSettings.fields.filter { field in !own.contains { $0.key == field.key } }
      let context = MapContext(name, command: "fusionkit describe \(type.name)")
      guard let value = checked(node, own + beside, context),
        let configuration = decode(O.Configuration.self, value, node),
        let part = decode(GroupPartSettings.self, value, node)
      else { return nil }
      let problems = type.problems(configuration)
      for problem in problems { findings.add(node.nearest(problem.path).mark, problem.message) }
      return problems.isEmpty ? (ConfiguredOptimizer(type, configuration), part) : nil
    }
    return read(optimizer.type)
  }
}
