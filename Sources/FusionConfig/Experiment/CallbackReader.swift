import FusionCore

extension StrictReader {
  /// `training.callbacks`; null, or no key, is none; nil after a finding.
  mutating func callbacks(_ node: Node?, registry: Registry) -> [ConfiguredCallback]? {
    guard let node, node.scalar != .null else { return [] }
    let name = "training.callbacks"
    guard let elements = node.elements else {
      findings.add(
        node.mark, "expected a list of callbacks for '\(name)', got \(node.description)",
        suggestion: node.pairs == nil ? nil : "write it as a list: - {type: …}",
        notes: ["for example: callbacks: [{type: jsonl_logger}]   (fusionkit list callbacks)"])
      return nil
    }
    let before = findings.found.count
    var writers: [String: Int] = [:]
    var callbacks: [ConfiguredCallback] = []
    for (index, element) in elements.enumerated() {
      guard let callback = callback(element, "\(name).\(index)", registry: registry) else { continue }
      callbacks.append(callback)
      for file in callback.files { check(file, of: element, index, &writers) }
    }
    return findings.found.count == before ? callbacks : nil
  }

  private mutating func callback(_ node: Node, _ name: String, registry: Registry) -> ConfiguredCallback? {
    guard let found = component(.callback, node, name, beside: CallbackPartSettings.self, registry: registry) else {
      return nil
    }
    guard let type = found.component.type as? any Callback.Type else {
      findings.add(
        node.nearest(["type"]).mark,
        "'\(found.component.type.name)' is registered as a callback but does not conform to the protocol")
      return nil
    }
    func configured<C: Callback>(_ type: C.Type) -> ConfiguredCallback {
      ConfiguredCallback(
        type, found.component.configuration as! C.Configuration, stopsOnError: found.part.onError == .stop)
    }
    return configured(type)
  }

  /// Refuses a file that is no plain name, that the run itself writes, or that an earlier callback writes.
  private mutating func check(_ file: String, of node: Node, _ index: Int, _ writers: inout [String: Int]) {
    let mark = node.nearest(["file"]).mark
    if file.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}/) == nil || file.contains(".partial-") {
      findings.add(
        mark,
        "\(quoted(file)) cannot name a file of a run's folder: expected up to 100 letters, digits, '_', '-' and '.', a "
          + "letter or digit in front")
    } else if Self.ownFiles.contains(file) || file.hasPrefix("left-") {
      findings.add(
        mark, "'\(file)' is a file of the run itself, a callback cannot write it", notes: ["choose another name"])
    } else if let other = writers[file] {
      findings.add(
        mark, "two callbacks write '\(file)': training.callbacks.\(other) and training.callbacks.\(index)",
        notes: ["give each a file of its own, or leave one out"])
    }
    writers[file] = writers[file] ?? index
  }

  /// What the folder of a run holds without callbacks.
  private static var ownFiles: Set<String> {
    [
      "config.yaml", "environment.json", "metrics.json", "history.csv", "model.safetensors", "checkpoint",
      "predictions.csv", "subsets.json", "log.txt", "beginning", "begun",
    ]
  }
}
