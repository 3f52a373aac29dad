import FusionCore

// `training.initialise_from`.

extension StrictReader {
  /// Where weights come from, by the parts that they fill.
  ///
  /// - Parameter pipeline: nil where it could not be read; parts are not compared with it then.
  /// - Returns: nil after a finding.
  mutating func weightSources(_ node: Node?, _ pipeline: StagedPipeline?) -> [WeightSource]? {
    guard let node, node.scalar != .null else { return [] }
    let name = "training.\(WeightSource.section)"
    let example =
      "for example: \(WeightSource.section): {encoders.image: outputs/autoencoder, fusion: fusion.safetensors}"
    guard node.pairs != nil else {
      findings.add(node.mark, "expected a map of parts for '\(name)', got \(node.description)", notes: [example])
      return nil
    }
    guard let pipeline else { return nil }
    let before = findings.found.count
    let known = [WeightSource.model] + pipeline.words
    var claims: [PipelinePart: String] = [:]
    var sources: [WeightSource] = []
    // A source that is null is taken away: by a file that extends another, or by `--set`.
    for (pair, steps) in node.pairsOfParts(nested: { $0.pairs != nil }) where pair.value.scalar != .null {
      let parts = pair.key == WeightSource.model ? pipeline.all : pipeline.parts(pair.key)
      guard let parts else {
        findings.add(
          pair.keyMark, "the pipeline has no part \(quoted(pair.key))", suggestion: didYouMean(pair.key, among: known),
          notes: ["available: \(known.joined(separator: ", "))"])
        continue
      }
      guard case .string(let path)? = pair.value.scalar, !path.isEmpty else {
        findings.add(
          pair.value.mark,
          "expected the folder of a run or a safetensors file for '\(name).\(pair.key)', got \(pair.value.description)",
          notes: [example])
        continue
      }
      for part in parts {
        if let first = claims.updateValue(pair.key, forKey: part) {
          findings.add(
            pair.keyMark, "'\(part.name)' gets its weights from two places: '\(first)' and '\(pair.key)'",
            notes: ["name each part once"])
        }
      }
      sources.append(
        WeightSource(key: pair.key, parts: pair.key == WeightSource.model ? nil : parts, path: path, steps: steps))
    }
    return findings.found.count == before ? sources : nil
  }
}

extension Node {
  /// The pairs of a map of parts of a pipeline, with the keys that lead to them. What stands below `encoders` by itself, as
  /// `--set …encoders.image=…` makes it, counts as `encoders.image`, and is laid over what stands there.
  ///
  /// - Parameter nested: whether the value of `encoders` names encoders; of its own keys those whose value is a map do.
  func pairsOfParts(nested: (Node) -> Bool, isPart: (Pair) -> Bool = { _ in true }) -> [(pair: Pair, steps: [String])] {
    var result = (pairs ?? []).map { (pair: $0, steps: [$0.key]) }
    guard let place = result.firstIndex(where: { $0.pair.key == "encoders" && nested($0.pair.value) }) else {
      return result
    }
    let outer = result[place].pair
    let inner = (outer.value.pairs ?? []).filter(isPart)
    let rest = (outer.value.pairs ?? []).filter { pair in !inner.contains { $0.key == pair.key } }
    if rest.isEmpty, !inner.isEmpty {
      result.remove(at: place)
    } else {
      result[place].pair = Pair(
        key: outer.key, keyMark: outer.keyMark, value: Node(content: .mapping(rest), mark: outer.value.mark))
    }
    for pair in inner {
      let key = "encoders.\(pair.key)"
      if let other = result.firstIndex(where: { $0.pair.key == key }) {
        let value = pair.value.merged(over: result[other].pair.value)
        result[other] = (Pair(key: key, keyMark: pair.keyMark, value: value), ["encoders", pair.key])
      } else {
        result.append((Pair(key: key, keyMark: pair.keyMark, value: pair.value), ["encoders", pair.key]))
      }
    }
    return result
  }
}
