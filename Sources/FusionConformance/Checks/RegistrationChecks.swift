import FusionCore

extension Check {
  static let registration = [
    Check(
      "REG-1", "the name is valid, resolves and is taken once",
      protects: "components that no configuration can name, and aliases that lead elsewhere"
    ) { plugin, findings in
      let origin = "\(plugin.type)"
      var registry = Registry()
      do {
        try registry.register(plugin.type, origin: origin)
      } catch {
        return findings.fail("\(error)", hint: "name and aliases are words such as 'gated_sum', each only once")
      }
      for name in [plugin.name] + plugin.type.aliases {
        let found = try? registry.find(plugin.kind, name).type
        if found.map({ ObjectIdentifier($0) }) != ObjectIdentifier(plugin.type) {
          findings.fail("'\(name)' leads to \(found.map { "\($0)" } ?? "nothing")   expected \(origin)")
        }
      }
      let summary = plugin.type.summary
      if summary.isEmpty || summary.hasSuffix(".") || summary.contains("\n") {
        findings.fail("summary '\(summary)'   expected one line without a full stop")
      }
      let ids = Set(Check.all.map(\.id))
      for (id, reason) in plugin.knownFailures.sorted(by: { $0.key < $1.key }) where !ids.contains(id) || reason.isEmpty
      {
        findings.fail("knownFailures holds [\(id): \(reason)]   expected the id of a check, and a reason")
      }
    }
  ]
}
