import FusionCore
import Foundation

/// Reads `sweep:`; gathers everything that is wrong with it.
struct SweepReader {
  var reader = StrictReader()
  /// The whole document.
  let root: Node

  private static let example = "for example: parameters: {training.batch_size: [32, 64]}"

  /// The settings of a section; nil after a finding.
  mutating func settings(_ node: Node) -> SweepSettings? {
    let context = MapContext("sweep", before: ["sampler"], after: ["parameters"])
    let judging = reader.configuration(SweepJudging.self, node, context)
    let sampler = reader.variant(SamplerSettings.self, node["sampler"], "sweep.sampler")
    guard node.pairs != nil else { return nil }
    let parameters = self.parameters(node)
    guard let judging, let sampler else { return nil }
    check(judging, node)
    guard reader.findings.found.isEmpty else { return nil }
    return SweepSettings(judging: judging, sampler: sampler, parameters: parameters, node: node)
  }

  // MARK: Judging

  private mutating func check(_ judging: SweepJudging, _ node: Node) {
    for (key, count) in [("folds", judging.folds), ("outer_folds", judging.outerFolds)] where count == 1 {
      reader.findings.add(
        node.nearest([key]).mark, "one fold leaves nothing to train on: expected 0, or at least 2, for '\(key)'")
    }
    for (key, count) in [("fold", judging.folds), ("outer_fold", judging.outerFolds)] where count > 0 {
      guard let own = root["data"]?[key], own.scalar != .null else { continue }
      reader.findings.add(own.mark, "'data.\(key)' is what the sweep sets for each run: take one of them out")
    }
    guard judging.metric.wholeMatch(of: /validation\.[a-z][a-z0-9_]*/) == nil else { return }
    let isOfTest = judging.metric.hasPrefix("test.")
    reader.findings.add(
      node.nearest(["metric"]).mark, "expected validation.METRIC for 'metric', got \(quoted(judging.metric))",
      suggestion: isOfTest ? "write validation.\(judging.metric.dropFirst(5))" : nil,
      notes: isOfTest
        ? ["a part that trials are chosen by tests nothing any more"] : ["for example: validation.accuracy"])
  }

  // MARK: Parameters

  private mutating func parameters(_ node: Node) -> [SweepParameter] {
    guard let section = node["parameters"] else {
      reader.findings.add(node.mark, "missing key 'parameters' in sweep", notes: [Self.example])
      return []
    }
    let given = Self.flattened(section.pairs ?? []).filter { $0.value.scalar != .null }
    guard !given.isEmpty else {
      let found = section.pairs == nil ? section.description : "none"
      reader.findings.add(
        section.mark, "expected a map of at least one parameter for 'parameters', got \(found)", notes: [Self.example])
      return []
    }
    let parameters = given.compactMap { parameter($0) }
    checkOverlap(parameters)
    return parameters
  }

  /// `--set sweep.parameters.training.epochs=[1, 2]` arrives as maps in maps: its keys are joined, and it takes the place
  /// of what the file says.
  private static func flattened(_ pairs: [Node.Pair]) -> [Node.Pair] {
    func leaves(_ pair: Node.Pair) -> [Node.Pair] {
      guard pair.keyMark.source.isArgument, let inner = pair.value.pairs,
        !inner.contains(where: { pair in SweepRangeSettings.options.contains { $0.key == pair.key } })
      else { return [pair] }
      return inner.flatMap { child in
        leaves(Node.Pair(key: "\(pair.key).\(child.key)", keyMark: child.keyMark, value: child.value))
      }
    }
    return pairs.flatMap(leaves).reduce(into: []) { result, pair in
      if pair.keyMark.source.isArgument, let place = result.firstIndex(where: { $0.key == pair.key }) {
        result[place] = pair
      } else {
        result.append(pair)
      }
    }
  }

  private mutating func parameter(_ pair: Node.Pair) -> SweepParameter? {
    let keys = pair.key.split(separator: ",", omittingEmptySubsequences: false).map { part in
      let key = part.trimmingCharacters(in: .whitespaces)
      return SweepParameter.Key(
        steps: key.split(separator: ".", omittingEmptySubsequences: false).map(String.init),
        mark: pair.keyMark.moved(to: key))
    }
    for key in keys { check(key) }
    let name = keys.map { $0.steps.joined(separator: ".") }.joined(separator: ", ")
    let bounds = [pair.value["low"], pair.value["high"]].compactMap { $0 }
    return values(pair.value, name: name).map {
      SweepParameter(name: name, keys: keys, values: $0, mark: pair.keyMark, probes: pair.value.elements ?? bounds)
    }
  }

  private mutating func check(_ key: SweepParameter.Key) {
    let name = quoted(key.steps.joined(separator: "."))
    if key.steps.contains("") {
      reader.findings.add(
        key.mark, "\(name) lacks a key; keys are joined by dots, and several of them by commas", notes: [Self.example])
    } else if ["name", "extends", "plugins", "sweep"].contains(key.steps[0]) {
      reader.findings.add(key.mark, "\(name) cannot be varied")
    } else if key.steps[0] == "data", key.steps.dropFirst().first.map({ ["fold", "outer_fold"].contains($0) }) == true {
      reader.findings.add(key.mark, "\(name) cannot be varied: see sweep.folds and sweep.outer_folds")
    } else if key.steps.count > 32 {
      reader.findings.add(key.mark, "more than 32 keys")
    }
  }

  /// Two parameters of one key, or of a section and a key in it, would undo each other.
  private mutating func checkOverlap(_ parameters: [SweepParameter]) {
    var earlier: [SweepParameter.Key] = []
    for key in parameters.flatMap(\.keys) {
      if let other = earlier.first(where: { $0.steps.starts(with: key.steps) || key.steps.starts(with: $0.steps) }) {
        let (a, b) = (other.steps.joined(separator: "."), key.steps.joined(separator: "."))
        reader.findings.add(
          key.mark, a == b ? "\(quoted(b)) is varied twice" : "\(quoted(b)) and \(quoted(a)) would undo each other",
          notes: a == b ? [] : ["give whole maps as the values of one key"])
      }
      earlier.append(key)
    }
  }

  private mutating func values(_ node: Node, name: String) -> SweepParameter.Values? {
    if let elements = node.elements { return choices(elements, node, name) }
    guard node.pairs != nil else {
      reader.findings.add(
        node.mark, "expected a list of values, or a range, for '\(name)', got \(node.description)",
        notes: ["for example: [0.2, 0.5], or {low: 1e-4, high: 1e-1, log: true}"])
      return nil
    }
    return range(node, name)
  }

  private mutating func choices(_ elements: [Node], _ node: Node, _ name: String) -> SweepParameter.Values? {
    guard elements.count > 1 else {
      reader.findings.add(
        node.mark, elements.isEmpty ? "no values for '\(name)'" : "one value for '\(name)' leaves nothing to search",
        notes: elements.isEmpty ? [] : ["write it into the configuration itself, or give more"])
      return nil
    }
    let values = elements.map(\.configValue)
    for (index, value) in values.enumerated() where values[..<index].contains(value) {
      reader.findings.add(elements[index].mark, "\(elements[index].description) is listed twice for '\(name)'")
    }
    return .choices(values)
  }

  private mutating func range(_ node: Node, _ name: String) -> SweepParameter.Values? {
    guard let settings = reader.configuration(SweepRangeSettings.self, node, MapContext("the range of '\(name)'"))
    else {
      return nil
    }
    guard let low = settings.low, let high = settings.high else {
      for (key, value) in [("low", settings.low), ("high", settings.high)] where value == nil {
        reader.findings.add(
          node.mark, "missing key '\(key)' in the range of '\(name)'", notes: ["for example: {low: 0.1, high: 0.5}"])
      }
      return nil
    }
    let before = reader.findings.found.count
    func refuse(_ key: String, _ message: String, _ hint: String? = nil) {
      reader.findings.add(node.nearest([key]).mark, message, notes: hint.map { [$0] } ?? [])
    }
    if !low.isFinite || !high.isFinite || low >= high {
      refuse("low", "the range of '\(name)' is empty: expected two numbers, 'low' below 'high'")
    } else if settings.log, low <= 0 {
      refuse("low", "expected a number above 0 for 'low' in the range of '\(name)', because 'log' counts ratios")
    } else if let step = settings.step {
      if settings.log {
        refuse("step", "numbers of equal ratio have no 'step'", "say how many with 'count'")
      } else if settings.count != nil {
        refuse("step", "'step' and 'count' both say which numbers: take one of them out")
      } else if step > high - low || (high - low) / step > Double(SweepSettings.mostTrials) {
        refuse("step", "expected from 2 to \(SweepSettings.mostTrials) numbers between 'low' and 'high'")
      }
    }
    guard reader.findings.found.count == before else { return nil }
    return .range(
      SweepRange(
        low: low, high: high, isLogarithmic: settings.log, step: settings.step, count: settings.count))
  }
}

extension Mark {
  /// The place of a word behind this one in the same line; this place, where it is not found.
  fileprivate func moved(to word: some StringProtocol) -> Mark {
    guard !source.isArgument, !word.isEmpty, source.lines.indices.contains(line - 1) else { return self }
    let text = source.lines[line - 1]
    let scalars = text.unicodeScalars
    guard let start = scalars.index(scalars.startIndex, offsetBy: column - 1, limitedBy: scalars.endIndex),
      let found = text[start...].firstRange(of: String(word))
    else { return self }
    return Mark(source, line: line, column: scalars.distance(from: scalars.startIndex, to: found.lowerBound) + 1)
  }
}
