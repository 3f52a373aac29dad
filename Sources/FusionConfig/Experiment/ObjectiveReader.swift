import FusionCore

// `training.objective` and the same key of a stage: a list of weighted objectives.

/// What the objectives of a training are compared with.
struct ObjectiveDemands {
  /// How many modalities there are; nil: not known.
  let modalities: Int?
  /// Nil: not known.
  let task: TaskKind?
  /// Samples in a step.
  let batchSize: Int
  /// Of the fusion; nil: not known.
  let sideOutputs: [String]?
  /// The parts that are trained; nil: not known.
  let trained: [PipelinePart]?
}

extension StrictReader {
  /// The objectives of a list, each checked against what it needs; nil after a finding.
  ///
  /// - Parameter name: of the list, for messages.
  mutating func objectives(
    _ node: Node, _ name: String, _ demands: ObjectiveDemands, registry: Registry
  ) -> [ObjectiveSettings]? {
    guard let elements = node.elements, !elements.isEmpty else {
      findings.add(
        node.mark,
        "expected a list of objectives for '\(name)', got \(node.elements == nil ? node.description : "none")",
        suggestion: node.pairs == nil ? nil : "write it as a list: - {type: …}",
        notes: ["for example: objective: [{type: task}, {type: unimodal, weight: 0.5}]   (fusionkit list objectives)"])
      return nil
    }
    let before = findings.found.count
    var taken: Set<String> = []
    let found = elements.enumerated().compactMap { index, element in
      objective(element, "\(name).\(index)", demands, &taken, registry)
    }
    if findings.found.count == before, let trained = demands.trained {
      for problem in found.problems(training: trained) {
        findings.add(node.nearest(problem.path).mark, problem.message, notes: problem.hint.map { [$0] } ?? [])
      }
    }
    return findings.found.count == before ? found.map { ObjectiveSettings($0) } : nil
  }

  private mutating func objective(
    _ node: Node, _ name: String, _ demands: ObjectiveDemands, _ taken: inout Set<String>, _ registry: Registry
  ) -> ConfiguredObjective? {
    guard let type = componentType(.objective, node, name, key: "type", registry: registry) else { return nil }
    guard let type = type as? any Objective.Type else {
      findings.add(
        node.nearest(["type"]).mark,
        "'\(type.name)' is registered as an objective but does not conform to the protocol")
      return nil
    }
    guard let objective = configured(type, node, name) else { return nil }
    if !taken.insert(objective.name).inserted {
      findings.add(
        node.nearest(["type"]).mark, "the objective '\(objective.name)' stands twice in the list",
        notes: ["give it one weight"])
    }
    if let weight = node["weight"] {
      if !objective.traits.hasLoss {
        findings.add(
          weight.mark, "the objective '\(objective.name)' has no loss to be weighted: it changes gradients",
          notes: ["leave 'weight' out"])
      } else if objective.weight < 0, !objective.traits.allowsNegativeWeight {
        findings.add(
          weight.mark, "expected a number of at least 0 for 'weight', got \(weight.description)",
          notes: ["a loss of negative weight would be made as large as possible"])
      }
    }
    for problem in objective.problems(demands) {
      findings.add(node.nearest(problem.path).mark, problem.message, notes: problem.hint.map { [$0] } ?? [])
    }
    return objective
  }

  private mutating func configured<O: Objective>(_ type: O.Type, _ node: Node, _ name: String) -> ConfiguredObjective? {
    let common = ObjectivePartSettings.fields
    let own = O.Configuration.fields.filter { field in !common.contains { $0.key == field.key } }
    let context = MapContext(name, before: ["type"], command: "fusionkit describe \(type.name)")
    guard let value = checked(node, common + own, context), let part = decode(ObjectivePartSettings.self, value, node),
      let configuration = decode(O.Configuration.self, value, node)
    else { return nil }
    return ConfiguredObjective(type, configuration, weight: part.weight)
  }
}

extension ConfiguredObjective {
  fileprivate func problems(_ demands: ObjectiveDemands) -> [Problem] {
    // What is not known cannot be wrong.
    problems(
      modalities: demands.modalities ?? traits.fewestModalities, task: demands.task ?? traits.tasks[0],
      batchSize: demands.batchSize, sideOutputs: demands.sideOutputs)
  }
}
