import AllPlugins
import FusionConformance
import Testing

/// Every registered plugin keeps every rule of the kit.
struct Registered: Sendable, CustomTestStringConvertible {
  let type: any Component.Type
  var testDescription: String { "\(type.kind.rawValue) \(type.name)" }

  static let all: [Registered] = {
    let registry = try? Registry.allPlugins()
    return ComponentKind.allCases.flatMap { registry?.all($0) ?? [] }.map { Registered(type: $0.type) }
  }()
}

@Test(arguments: Registered.all) func aPluginKeepsTheRules(_ plugin: Registered) {
  for failure in Conformance().report(on: plugin.type).failures { Issue.record("\(failure)") }
}

@Test func everyPluginIsChecked() { #expect(Registered.all.count > 15) }
