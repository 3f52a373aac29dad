import AllPlugins
import Foundation
import FusionConformance
import FusionConformanceTesting
import Testing

private let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures")
  .standardizedFileURL.path

/// Every registered plugin keeps every rule of the kit, its list of parameters included.
struct Registered: Sendable, CustomTestStringConvertible {
  let type: any Component.Type
  var testDescription: String { "\(type.kind.rawValue) \(type.name)" }

  static let all: [Registered] = {
    let registry = try? Registry.allPlugins()
    return ComponentKind.allCases.flatMap { registry?.all($0) ?? [] }.map { Registered(type: $0.type) }
  }()
}

@Test(arguments: Registered.all) func aPluginKeepsTheRules(_ plugin: Registered) {
  expectConformance(of: plugin.type, recordedIn: fixtures + "/parameters")
}

@Test func everyPluginIsChecked() { #expect(Registered.all.count > 15) }

/// Plugins that `fusionkit plugin new` started have their fixtures in Tests/Fixtures/plugins.
@Test func scaffoldedPluginsComputeWhatTheirFixturesSay() throws {
  let folder = fixtures + "/plugins"
  let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".json") }
  for file in files.sorted() {
    let fixture = try Fixture(contentsOf: "\(folder)/\(file)")
    let entry = try Registry.allPlugins().find(fixture.kind, fixture.name)
    expectFixture("\(folder)/\(file)", of: entry.type)
  }
}
