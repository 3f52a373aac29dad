import Foundation
import Testing

/// Tests are found where a reader looks for them: a target for each module, with its inner folders.
@Suite struct LayoutTests {
  private let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL

  private func folders(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      at: root.appending(path: path), includingPropertiesForKeys: [.isDirectoryKey]
    ).filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }.map(\.lastPathComponent).sorted()
  }

  private func holdsSwift(_ path: String) -> Bool {
    let files = FileManager.default.enumerator(atPath: root.appending(path: path).path)
    return files?.contains { ($0 as? String)?.hasSuffix(".swift") == true } ?? false
  }

  @Test func everyModuleHasItsTests() throws {
    // Programs that run in a build; the list of plugins, and what tests of plugins import: PluginTests is theirs.
    let exempt = ["FingerprintGenerator", "RegistrationGenerator", "AllPlugins", "FusionConformanceTesting"]
    let targets = try folders("Tests")
    let missing = try folders("Sources").filter { module in
      holdsSwift("Sources/\(module)") && !exempt.contains(module) && !targets.contains("\(module)Tests")
    }
    #expect(missing == [])
  }

  @Test func innerFoldersAreThoseOfTheSources() throws {
    // Compiled as they are written by `plugin new`.
    let exempt = ["FusionConformanceTests/Scaffold"]
    for target in try folders("Tests") where target.hasSuffix("Tests") && target != "PluginTests" {
      let inner = try folders("Tests/\(target)").filter { !exempt.contains("\(target)/\($0)") }
      let sources = try folders("Sources/\(target.dropLast("Tests".count))")
      #expect(inner.filter { !sources.contains($0) } == [], "Tests/\(target)")
    }
  }
}
