import AllPlugins
import Foundation
import Testing

private let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL

@Test func theListOfPluginsIsTheFolder() throws {
  func folders(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appending(path: path).path).filter { !$0.contains(".") }
  }
  let manifest = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
  let plugins = try #require(manifest.firstMatch(of: /let plugins = \[(?<names>[^\]]*)\]/)?.names)
  let collections = try #require(manifest.firstMatch(of: /let collections: \[String\] = \[(?<names>[^\]]*)\]/)?.names)
  func names(_ list: Substring) -> [String] { list.matches(of: /"(\w+)"/).map { String($0.1) } }
  let kinds = try folders("Plugins").filter { !names(collections).contains($0) }
  #expect(
    try names(plugins).sorted() == kinds.flatMap { try folders("Plugins/\($0)") }.sorted(),
    "Package.swift's list of plugins and the folders in Plugins/ differ")

  let registry = try Registry.allPlugins()
  let entries = ComponentKind.allCases.flatMap { registry.all($0) }
  let single = entries.filter { !names(collections).contains($0.origin) }
  #expect(single.map(\.origin).sorted() == names(plugins).sorted(), "every plugin registers one component")
  for collection in names(collections) {
    let inside = try folders("Plugins/\(collection)")
    let types = entries.filter { $0.origin == collection }.map { "\($0.type)" }
    #expect(types.sorted() == inside.sorted(), "every folder in Plugins/\(collection) registers one component")
  }
}

@Test func everyPluginDescribesItselfAndItsOptions() throws {
  let registry = try Registry.allPlugins()
  for entry in ComponentKind.allCases.flatMap({ registry.all($0) }) {
    #expect(!entry.type.summary.isEmpty)
    #expect(entry.type.name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil)
    #expect(!entry.type.summary.hasSuffix("."))
    let kind = entry.type.kind.plural.capitalized
    let folder = kind == entry.origin ? kind : "\(kind)/\(entry.origin)"
    let readme = root.appending(path: "Plugins/\(folder)/README.md")
    #expect(FileManager.default.fileExists(atPath: readme.path), "Plugins/\(folder) has no README.md")
  }
}

@Test func aNameTakenTwiceNamesBothOrigins() throws {
  var registry = try Registry.allPlugins()
  let type = try registry.find(.fusion, "late").type
  do {
    try registry.register(type, origin: "elsewhere.so")
    Issue.record("a second 'concat' was accepted")
  } catch {
    #expect(error == .duplicate(kind: .fusion, name: "concat", first: "ConcatFusion", second: "elsewhere.so"))
  }
  let names = registry.all(.encoder).map { $0.type.name }.sorted()
  #expect(throws: RegistryError.self) { try registry.find(.encoder, "lenett") }
  do { _ = try registry.find(.encoder, "lenett") } catch {
    #expect("\(error)".contains("did you mean 'lenet'?"))
    #expect("\(error)".contains(names.joined(separator: ", ")))
  }
}
