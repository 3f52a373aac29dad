import ArgumentParser
import Foundation
import FusionCore

/// `fusionkit plugin new`: the files of a plugin to start from.
struct NewPluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Makes the files of a new plugin: it builds and passes the conformance kit as it stands.",
    discussion: """
      In a checkout of FusionKit: a folder below Plugins/, its word in Package.swift, a fixture with the script that made \
      it, and an experiment. With --package: a Swift package of its own that depends on FusionKit.

      Examples:
        fusionkit plugin new gated_sum --kind fusion
        fusionkit plugin new gated_sum --kind fusion --package ~/gated-sum
      """)

  @Argument(help: "What configurations will call it: lower-case words joined by underscores.")
  var name: String

  @Option(help: "What it is.")
  var kind: PluginKind

  @Option(help: ArgumentHelp("Make a package of its own in this folder.", valueName: "folder"))
  var package: String?

  @Option(
    help: ArgumentHelp(
      "What the package depends on: a checkout of FusionKit, or the address of its repository. (default: the checkout "
        + "around the current folder, or else the one that this program was built in)", valueName: "path or url"))
  var fusionkit: String?

  func validate() throws {
    if fusionkit != nil, package == nil { throw ValidationError("--fusionkit belongs to --package") }
    if package?.isEmpty == true { throw ValidationError("--package is empty") }
  }

  func run() throws {
    let template = kind.template
    let kind = kind.kind
    let name = try PluginName(name, kind)
    if let entry = try? Registry.complete().find(kind, name.name) {
      throw UsageError(
        "there is \(kind.withArticle) '\(name.name)' already: \(entry.origin)")
    }
    let current = FileManager.default.currentDirectoryPath
    let plugin = PluginScaffold(name: name, template: template)
    guard let package else {
      let scaffold = try plugin.inTree(Checkout(around: current))
      try scaffold.write()
      return try tell(scaffold, in: current, next: inTreeSteps(name))
    }
    let folder = absolute(package, in: current)
    guard
      let origin = fusionkit.map({ $0.contains("://") || $0.hasPrefix("git@") ? $0 : absolute($0, in: current) })
        ?? Checkout.above(current) ?? BuiltCore.checkout
    else {
      throw UsageError(
        "what the package depends on is not known: \(current) is not in a checkout of FusionKit, and the "
          + "one that this program was built in is gone\n"
          + "  add --fusionkit PATH-OR-URL")
    }
    let scaffold = try plugin.package(folder, dependingOn: origin)
    try scaffold.write()
    try tell(
      scaffold, in: current,
      next: [
        "cd \(package.shellWord)", "fusionkit plugin build",
        "fusionkit conformance --plugin \(".build/\(plugin.libraryName)".shellWord)",
      ] + (template.isWhole ? [] : ["fusionkit data demo --out data/demo"])
        + ["fusionkit train configs/\(name.stem).yaml"])
  }

  private func inTreeSteps(_ name: PluginName) -> [String] {
    [
      "swift build -c release --product fusionkit", "fusionkit conformance \(name.name)",
      "fusionkit train configs/\(name.stem).yaml",
    ]
  }

  private func absolute(_ path: String, in folder: String) -> String {
    let expanded = NSString(string: path).expandingTildeInPath
    return URL(filePath: expanded, relativeTo: URL(filePath: folder, directoryHint: .isDirectory)).standardizedFileURL
      .path
  }

  private func tell(_ scaffold: Scaffold, in folder: String, next: [String]) throws {
    func shown(_ path: String) -> String {
      path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : path
    }
    let made = scaffold.files.map { "made     \(shown($0.path))" }
    let changed = scaffold.changed.map { "changed  \(shown($0.path))" }
    try Console.print((made + changed + ["", "next:"] + next.map { "  \($0)" }).joined(separator: "\n"))
  }
}
