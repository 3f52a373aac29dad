import Foundation
import FusionCore

/// Lays out the files of a new plugin, in a checkout of FusionKit or in a package of its own.
struct PluginScaffold {
  let name: PluginName
  let template: PluginTemplate

  /// A folder below `Plugins/`, its word in Package.swift, a fixture and an experiment. A kind whose components share one
  /// target has neither word nor README of each.
  func inTree(_ checkout: Checkout) throws -> Scaffold {
    let root = checkout.path
    let kind = name.kind.plural.capitalized
    let folder = "\(root)/Plugins/\(kind)/\(name.type)"
    let isOwnTarget = !checkout.collections.contains(kind)
    guard !FileManager.default.fileExists(atPath: folder) else {
      throw UsageError("\(folder) is there already\n  choose another name, or remove it first")
    }
    var scaffold = Scaffold()
    scaffold.add("\(folder)/\(name.type).swift", name.fill(template.source))
    if isOwnTarget { scaffold.add("\(folder)/README.md", name.fill(ScaffoldTexts.readme(template))) }
    addFixture(to: &scaffold, "\(root)/Tests/Fixtures/plugins")
    scaffold.add(
      "\(root)/configs/\(name.stem).yaml",
      name.fill(ScaffoldTexts.experiment(name.kind, template, extends: "base/avmnist.yaml")))
    if isOwnTarget { scaffold.change("\(root)/Package.swift", try checkout.manifest(entering: name.type)) }
    return scaffold
  }

  /// A package that depends on FusionKit.
  ///
  /// - Parameters:
  ///   - folder: new, or empty.
  ///   - origin: the path of a checkout, or the address of a repository.
  func package(_ folder: String, dependingOn origin: String) throws -> Scaffold {
    let content = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    guard content.isEmpty else {
      throw UsageError("\(folder) is not empty\n  a package gets a folder of its own: --package FOLDER/\(name.type)")
    }
    let isAddress = origin.contains("://") || origin.hasPrefix("git@")
    if !isAddress, Checkout.above(origin) != origin {
      throw UsageError("\(origin) is no checkout of FusionKit: --fusionkit takes its folder or its address")
    }
    var identity = String(origin.split(separator: "/").last ?? "FusionKit")
    if identity.hasSuffix(".git") { identity.removeLast(4) }
    let dependency = isAddress ? "url: \"\(origin)\", branch: \"main\"" : "path: \"\(origin)\""
    var scaffold = Scaffold()
    func add(_ path: String, _ text: String) {
      scaffold.add("\(folder)/\(path)", name.fill(text.replacing("__library__", with: libraryName)))
    }
    add(
      "Package.swift",
      ScaffoldTexts.manifest(template, dependency: dependency).replacing("__package__", with: identity))
    add("Sources/\(name.type)/\(name.type).swift", template.source)
    add("Tests/\(name.type)Tests/\(name.type)Tests.swift", ScaffoldTexts.tests(template))
    addFixture(to: &scaffold, "\(folder)/Tests/\(name.type)Tests/Fixtures")
    add("README.md", ScaffoldTexts.readme(template) + ScaffoldTexts.packageSteps(template))
    add("configs/\(name.stem).yaml", ScaffoldTexts.experiment(name.kind, template, extends: nil))
    if !template.isWhole { add("configs/base.yaml", ScaffoldTexts.base) }
    add(".gitignore", ".build/\noutputs/\n/data/\n")
    return scaffold
  }

  /// What `plugin build` calls the library of the package.
  var libraryName: String { PluginPackage.libraryName(name.type) }

  private func addFixture(to scaffold: inout Scaffold, _ folder: String) {
    guard let fixture = template.fixture else { return }
    scaffold.add("\(folder)/make_\(name.stem).py", name.fill(fixture.script))
    scaffold.add("\(folder)/\(name.stem).json", name.fill(fixture.values))
  }
}
